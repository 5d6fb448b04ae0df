//! Servers of rclone's own, over folders that vanish.

use super::super::*;

/// An S3 server, rclone's own, over a folder.
pub struct S3 {
    child: Child,
    /// Its address.
    pub endpoint: String,
    /// Its buckets are the folders in here.
    pub dir: TempDir,
}

impl S3 {
    /// The key that it takes.
    pub const KEY: &str = "KEYIDKEYIDKEYID1";
    /// And the secret.
    pub const SECRET: &str = "s3cr3t/canary+7f1d=";

    /// Starts one with the bucket `bucket`.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("bucket")).expect("a bucket");
        let mut command = Command::new(rclone_path());
        command.args(["serve", "s3", "--addr", "127.0.0.1:0", "--auth-key"]).arg(format!(
            "{},{}",
            Self::KEY,
            Self::SECRET
        ));
        command.arg("--config=").arg(dir.path());
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("rclone serve s3");
        let endpoint = address(child.stderr.take().expect("its log"));
        Self { child, endpoint, dir }
    }

    /// What it takes to make it a remote.
    pub fn remote(&self, name: &str) -> Value {
        json!({ "name": name, "provider": "s3", "config": self.config() })
    }

    /// Its options as a remote.
    pub fn config(&self) -> Value {
        json!({
            "provider": "Rclone", "endpoint": self.endpoint, "access_key_id": Self::KEY, "secret_access_key": Self::SECRET,
            "force_path_style": "true",
        })
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Another server of rclone's own, over a folder, with one person.
pub struct Peer {
    child: Child,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// What it serves.
    pub dir: TempDir,
}

impl Peer {
    /// Who may.
    pub const USER: &str = "peer";
    /// And the password.
    pub const PASSWORD: &str = "p4ss canary/9c2e&%";

    /// Starts `rclone serve KIND`.
    pub async fn start(kind: &str) -> Self {
        Self::start_with(kind, &[]).await
    }

    /// The same, with more flags.
    pub async fn start_with(kind: &str, flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let port = free_port();
        fs::create_dir(dir.path().join("files")).expect("made");
        let child = Self::serve(kind, port, dir.path(), flags).await;
        Self { child, port, dir }
    }

    async fn serve(kind: &str, port: u16, dir: &Path, flags: &[&str]) -> Child {
        let mut command = Command::new(rclone_path());
        command.args([
            "serve",
            kind,
            "--config=",
            "--addr",
            &format!("127.0.0.1:{port}"),
            "--user",
            Self::USER,
            "--pass",
            Self::PASSWORD,
        ]);
        // Keys of servers and what is cached of files stay in a folder that vanishes.
        command.args(flags);
        command.arg("--cache-dir").arg(dir.join(".cache")).arg("--").arg(dir.join("files"));
        let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("rclone serve");
        until("the peer listens", async || std::net::TcpStream::connect(("127.0.0.1", port)).ok()).await;
        child
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Starts it again where it was.
    pub async fn start_again(&mut self, kind: &str) {
        self.child = Self::serve(kind, self.port, self.dir.path(), &[]).await;
    }

    /// Its options as a remote of rclone's type `kind`.
    pub fn config(&self, kind: &str) -> Value {
        match kind {
            "webdav" => {
                json!({ "url": format!("http://127.0.0.1:{}", self.port), "user": Self::USER, "pass": Self::PASSWORD })
            }
            _ => {
                json!({ "host": "127.0.0.1", "port": self.port.to_string(), "user": Self::USER, "pass": Self::PASSWORD })
            }
        }
    }

    /// The folder that it serves.
    pub fn files(&self) -> PathBuf {
        self.dir.path().join("files")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
