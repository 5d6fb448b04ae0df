//! SMB, as Samba speaks it.

use super::{super::*, daemon};

/// Samba with the share `share`.
pub struct Samba(daemon::Daemon);

impl Samba {
    /// `None` where it is missing or where the tests do not run as root, said aloud; in CI that is a failure.
    pub async fn start() -> Option<Self> {
        let (smbd, passwd) = (program("smbd", "samba")?, program("smbpasswd", "samba")?);
        if !daemon::root("Samba") {
            return None;
        }
        program("openssl", "openssl")?;
        let dir = daemon::folder(&["files", "private", "lock", "state", "cache", "pid", "rpc"]);
        daemon::account(dir.path(), &dir.path().join("files"));
        let config = dir.path().join("smb.conf");
        fs::write(&config, settings(dir.path(), 445)).expect("written");
        let mut command = daemon::with_account(dir.path(), &[], &passwd);
        command
            .args(["-s", "-a", "-c"])
            .arg(&config)
            .arg(super::USER)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("smbpasswd");
        write!(child.stdin.take().expect("an input"), "{0}\n{0}\n", super::SECRET).expect("takes input");
        assert!(child.wait().expect("ends").success(), "smbpasswd");
        let daemon = daemon::Daemon::start(dir, |dir, port| {
            fs::write(dir.join("smb.conf"), settings(dir, port)).expect("written");
            let mut command = daemon::with_account(dir, &[], &smbd);
            command.args(["-F", "--no-process-group", "-s"]).arg(dir.join("smb.conf"));
            command
        });
        Some(Self(daemon.await))
    }

    /// The folder that is shared.
    pub fn dir(&self) -> PathBuf {
        self.0.dir().join("files")
    }

    /// Its options as a remote of the type `smb`.
    pub fn config(&self) -> Value {
        json!({ "host": "127.0.0.1", "port": self.0.port.to_string(), "user": super::USER, "pass": super::SECRET })
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        self.0.stop();
        // What answers for the list of shares has a session of its own, and would wait a while for others to ask.
        let pid = fs::read_to_string(self.0.dir().join("pid/samba-dcerpcd.pid")).ok();
        if let Some(pid) = pid.and_then(|pid| pid.trim().parse().ok()) {
            signal(pid, rustix::process::Signal::TERM);
        }
    }
}

impl Drop for Samba {
    fn drop(&mut self) {
        self.stop();
    }
}

fn settings(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "[global]\nsmb ports = {port}\ninterfaces = 127.0.0.1\nbind interfaces only = yes\nprivate dir = {dir}/private\n\
         lock directory = {dir}/lock\nstate directory = {dir}/state\ncache directory = {dir}/cache\npid directory = {dir}/pid\n\
         ncalrpc dir = {dir}/rpc\nlog file = {dir}/smb.log\ndisable netbios = yes\nserver role = standalone server\npassdb backend = tdbsam\n\
         load printers = no\n[share]\npath = {dir}/files\nread only = no\n"
    )
}
