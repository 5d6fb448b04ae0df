//! SFTP, as OpenSSH speaks it: with a key, and as root with a password too.

use super::{super::*, daemon};

/// OpenSSH's server.
pub struct Sshd {
    daemon: daemon::Daemon,
    /// Who may sign in.
    pub user: String,
}

impl Sshd {
    /// `None` where it is missing, said aloud; in CI that is a failure.
    pub async fn start() -> Option<Self> {
        let (openssl, program) = (program("openssl", "openssl"), program("sshd", "openssh-server")?);
        let dir = daemon::folder(&["files"]);
        for key in ["host", "user", "other"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(dir.path().join(key))
                .status();
            assert!(made.expect("ssh-keygen").success());
        }
        let root = rustix::process::geteuid().is_root();
        // The server that runs as root wants the folder into which it locks the part that has not signed in yet.
        let user = if root {
            fs::create_dir_all("/run/sshd").expect("/run/sshd");
            openssl?;
            daemon::account(dir.path(), &dir.path().join("files"));
            super::USER.to_owned()
        } else {
            let output = Command::new("id").arg("-un").output().expect("id");
            String::from_utf8(output.stdout).expect("text").trim().to_owned()
        };
        let daemon = daemon::Daemon::start(dir, |dir, port| {
            fs::write(dir.join("config"), config(dir, port, root)).expect("written");
            let mut command = if root { daemon::with_account(dir, &[], &program) } else { Command::new(&program) };
            command.args(["-D", "-e", "-f"]).arg(dir.join("config"));
            command
        });
        Some(Self { daemon: daemon.await, user })
    }

    /// The home of its account, where a path without a leading slash begins. `None` where that is the home of who runs
    /// the tests.
    pub fn dir(&self) -> Option<PathBuf> {
        (self.user == super::USER).then(|| self.daemon.dir().join("files"))
    }

    /// A key: `user` may sign in, `other` may not, `host` is its own.
    pub fn key(&self, name: &str) -> PathBuf {
        self.daemon.dir().join(name)
    }

    /// Its options as a remote of the type `sftp`, with the key that may sign in.
    pub fn config(&self) -> Value {
        self.config_with_key("user")
    }

    /// The same, with one of its keys; as rclone wants it, on one line.
    pub fn config_with_key(&self, name: &str) -> Value {
        let pem = fs::read_to_string(self.key(name)).expect("a key").trim_end().replace('\n', "\\n");
        json!({ "host": "127.0.0.1", "port": self.daemon.port.to_string(), "user": self.user, "key_pem": pem })
    }

    /// The same, with a password. `None` where the tests do not run as root: who runs them has not told theirs.
    pub fn config_with_password(&self) -> Option<Value> {
        self.dir()?;
        Some(
            json!({ "host": "127.0.0.1", "port": self.daemon.port.to_string(), "user": self.user, "pass": super::SECRET }),
        )
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.daemon.port
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }
}

fn config(dir: &Path, port: u16, root: bool) -> String {
    let (passwords, dir) = (if root { "yes" } else { "no" }, dir.display());
    format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {dir}/host\nAuthorizedKeysFile {dir}/user.pub\nPidFile none\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication {passwords}\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 100\nMaxSessions 100\n\
         Subsystem sftp internal-sftp\n"
    )
}
