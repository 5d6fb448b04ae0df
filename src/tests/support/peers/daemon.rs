//! A server that somebody else wrote, at work in a folder of its own.

use std::{
    fs::File,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
};

use super::super::*;

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(30);
/// How long it may take to end.
const END: Duration = Duration::from_secs(5);

/// A server, until it is dropped.
pub struct Daemon {
    child: Child,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// All that it has.
    dir: TempDir,
}

impl Daemon {
    /// Starts what `command` says for a folder and a port, and waits until it listens there. A port that somebody else
    /// took meanwhile is no reason to fail: it tries another.
    pub async fn start(dir: TempDir, command: impl Fn(&Path, u16) -> Command) -> Self {
        for _ in 0..5 {
            let port = free_port();
            let log = File::create(dir.path().join("log")).expect("a log");
            let mut command = until_we_end(&command(dir.path(), port));
            command.stdin(Stdio::piped()).stdout(log.try_clone().expect("a log")).stderr(log);
            let mut child = command.spawn().expect("starts");
            if listens(&mut child, port).await {
                return Self { child, port, dir };
            }
        }
        panic!("it does not start: {}", fs::read_to_string(dir.path().join("log")).unwrap_or_default());
    }

    /// The folder of all that it has.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // Politely first: most have children, which would go on without them.
        signal(self.child.id().cast_signed(), rustix::process::Signal::TERM);
        let began = Instant::now();
        while began.elapsed() < END && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let group = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The command, in a process group of its own, since Apache ends its whole group when it ends; it gets a signal when
/// the tests end without having stopped it. Samba, which loses that signal with its change of accounts, ends with its
/// input.
fn until_we_end(command: &Command) -> Command {
    let mut wrapped = Command::new("setpriv");
    wrapped.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program()).args(command.get_args()).process_group(0);
    wrapped
}

/// Whether it listens at last; or it ended before.
async fn listens(child: &mut Child, port: u16) -> bool {
    let began = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(25));
    while began.elapsed() < START && matches!(child.try_wait(), Ok(None)) {
        tick.tick().await;
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return matches!(child.try_wait(), Ok(None));
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// A folder for a server, with these folders in it. Others than root may look into it: some servers give up root's
/// rights.
pub fn folder(inside: &[&str]) -> TempDir {
    let dir = tempfile::Builder::new().prefix("longshore-peer-").tempdir().expect("a folder");
    for name in inside {
        fs::create_dir_all(dir.path().join(name)).expect("a folder");
    }
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    dir
}

/// Whether the tests run as root. Where they do not, what needs it is skipped aloud; in CI that is a failure.
pub fn root(what: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        assert!(std::env::var_os("CI").is_none(), "{what} needs root");
        eprintln!("SKIPPED: {what} needs root");
    }
    root
}

/// Gives `dir` an account [`super::USER`] with [`super::SECRET`]: files that [`with_account`] puts over those of the
/// system. It has the rights of who runs the tests, so that these can read and write what it has.
pub fn account(dir: &Path, home: &Path) {
    let (user, id) = (super::USER, rustix::process::geteuid().as_raw());
    let hash = openssl(&["passwd", "-6", super::SECRET]);
    let more = |file: &str, line: String| {
        let text = fs::read_to_string(Path::new("/etc").join(file)).expect("a file of accounts");
        fs::write(dir.join(file), format!("{}\n{line}\n", text.trim_end())).expect("written");
    };
    more("passwd", format!("{user}:x:{id}:{id}::{}:/bin/sh", home.display()));
    more("shadow", format!("{user}:{}:19000:0:99999:7:::", hash.trim()));
    fs::set_permissions(dir.join("shadow"), fs::Permissions::from_mode(0o600)).expect("a mode");
}

/// A command that sees the files of `dir` at these places, and nobody else does: it has mounts of its own.
pub fn with_account(dir: &Path, over: &[(&str, &str)], program: &Path) -> Command {
    let mut script = String::from("cd \"$1\" && shift");
    for (file, place) in [("passwd", "/etc/passwd"), ("shadow", "/etc/shadow")].iter().chain(over) {
        script.push_str(&format!(" && mount --bind {file} {place}"));
    }
    script.push_str(" && exec \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", &script, "sh"]).arg(dir).arg(program);
    command
}

/// What `openssl` prints.
pub fn openssl(args: &[&str]) -> String {
    let output = Command::new("openssl").args(args).stdin(Stdio::null()).output().expect("openssl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Makes `cert.pem` and `key.pem`: a certificate for 127.0.0.1 that only itself has signed (RSA: vsftpd offers nothing
/// else).
pub fn certificate(dir: &Path) {
    let at = |name: &str| dir.join(name).to_str().expect("text").to_owned();
    let (certificate, key) = (at("cert.pem"), at("key.pem"));
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/CN=peer",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]);
}
