//! SFTP, as most people have it: an OpenSSH server, a key, and rclone's `sftp` over it.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use super::support::{Console, tree, until, write};

/// OpenSSH's server on a free port, for whoever runs the tests and one key.
struct Sshd {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Sshd {
    /// `None` where OpenSSH's server is missing, said aloud; in CI that is a failure.
    fn start() -> Option<Self> {
        let Some(program) = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].map(PathBuf::from).into_iter().find(|path| path.exists()) else {
            assert!(std::env::var_os("CI").is_none(), "OpenSSH's server is missing (Debian: apt install openssh-server)");
            eprintln!("SKIPPED: OpenSSH's server is missing (Debian: apt install openssh-server)");
            return None;
        };
        let dir = tempfile::tempdir().expect("a folder");
        for key in ["host", "user"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(dir.path().join(key)).status();
            assert!(made.expect("ssh-keygen").success());
        }
        // The server that runs as root wants the folder into which it locks the part that has not signed in yet.
        if rustix::process::geteuid().is_root() {
            fs::create_dir_all("/run/sshd").expect("/run/sshd");
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host\nAuthorizedKeysFile {0}/user.pub\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n",
            dir.path().display()
        );
        fs::write(dir.path().join("config"), config).expect("a configuration");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
        let mut sshd = Command::new(program);
        sshd.arg("-D").arg("-e").arg("-f").arg(dir.path().join("config")).stdin(Stdio::null()).stderr(Stdio::null());
        Some(Self { child: sshd.spawn().expect("sshd"), port, dir })
    }

    /// What it takes to make it a remote; the key as rclone wants it, on one line.
    fn remote(&self, name: &str, key: &Path) -> serde_json::Value {
        let pem = fs::read_to_string(key).expect("a key").trim_end().replace('\n', "\\n");
        let output = Command::new("id").arg("-un").output().expect("id");
        let user = String::from_utf8(output.stdout).expect("text").trim().to_owned();
        json!({ "name": name, "provider": "sftp", "config": {
            "host": "127.0.0.1", "port": self.port.to_string(), "user": user, "key_pem": pem,
        }})
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn files_go_to_an_openssh_server_and_a_wrong_key_is_told() {
    let Some(sshd) = Sshd::start() else { return };
    until("sshd listens", async || std::net::TcpStream::connect(("127.0.0.1", sshd.port)).ok()).await;
    let console = Console::start();
    console.post("/api/v1/remotes", &sshd.remote("nas", &sshd.dir.path().join("user")), StatusCode::CREATED).await;
    let test = console.post("/api/v1/remotes/nas/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], true, "{test}");

    for n in 0..40u8 {
        write(&console.root(), &format!("out/dir{}/file {n}", n % 3), &vec![n; usize::from(n) * 1000]);
    }
    let target = console.path("in");
    let id = console.copy(&console.path("out"), &format!("nas:{target}"), json!({})).await;
    let run = console.ended(&id).await;
    // A path that begins with a slash lies in the remote's own folder: the person's home.
    assert_eq!(run["state"], "succeeded", "{run}");
    let page = console.get(&format!("/api/v1/files?location=nas:{target}"), StatusCode::OK).await;
    assert_eq!(page["total"], 3, "{page}");
    let back = console.copy(&format!("nas:{target}"), &console.path("back"), json!({})).await;
    assert_eq!(console.ended(&back).await["state"], "succeeded");
    assert!(tree(&console.root().join("out")) == tree(&console.root().join("back")), "the trees differ");
    if let Some(home) = std::env::home_dir() {
        let _ = fs::remove_dir_all(home.join(target.trim_start_matches('/')));
    }

    console.post("/api/v1/remotes", &sshd.remote("wrong", &sshd.dir.path().join("host")), StatusCode::CREATED).await;
    let test = console.post("/api/v1/remotes/wrong/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], false, "{test}");
    assert!(!test["message"].as_str().expect("words").contains("PRIVATE"), "{test}");
}
