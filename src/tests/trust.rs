//! First trust: a server shows who it is before a password goes to it, and who it was is remembered.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Console, Mute, program, until, write};

/// OpenSSH's server for who runs the tests and one key, with these host keys and lines of configuration.
struct Sshd {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Sshd {
    /// `None` where it is missing, said aloud; in CI that is a failure.
    async fn start(keys: &[&str], lines: &str) -> Option<Self> {
        let program = program("sshd", "openssh-server")?;
        let dir = tempfile::tempdir().expect("a folder");
        keygen("ed25519", &dir.path().join("user"));
        if rustix::process::geteuid().is_root() {
            fs::create_dir_all("/run/sshd").expect("/run/sshd");
        }
        for kind in keys {
            keygen(kind, &dir.path().join(kind));
        }
        let host_keys: String = keys.iter().map(|kind| format!("HostKey {}/{kind}\n", dir.path().display())).collect();
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\n{host_keys}AuthorizedKeysFile {0}/user.pub\nPidFile none\nStrictModes no\nUsePAM no\n\
             LogLevel DEBUG1\nMaxStartups 100\nSubsystem sftp internal-sftp\n{lines}",
            dir.path().display()
        );
        fs::write(dir.path().join("config"), config).expect("written");
        let log = fs::File::create(dir.path().join("log")).expect("a log");
        let mut sshd = Command::new(program);
        sshd.arg("-D").arg("-e").arg("-f").arg(dir.path().join("config")).stdin(Stdio::null()).stderr(log);
        let sshd = Self { child: sshd.spawn().expect("sshd"), port, dir };
        sshd.listens().await;
        Some(sshd)
    }

    async fn listens(&self) {
        until("sshd listens", async || std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()).await;
    }

    /// What OpenSSH itself says of a host key.
    fn fingerprint(&self, kind: &str) -> String {
        let output = Command::new("ssh-keygen").arg("-lf").arg(self.dir.path().join(format!("{kind}.pub"))).output().expect("ssh-keygen");
        String::from_utf8(output.stdout).expect("text").split(' ').nth(1).expect("a fingerprint").to_owned()
    }

    /// The server is set up again, at the same port.
    async fn renew(&mut self, kind: &str) {
        let path = self.dir.path().join(kind);
        fs::remove_file(&path).expect("removed");
        keygen(kind, &path);
        let restarts = self.said().matches("Server listening").count();
        let pid = rustix::process::Pid::from_raw(self.child.id().cast_signed()).expect("a process");
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).expect("told");
        until("sshd starts again", async || (self.said().matches("Server listening").count() > restarts).then_some(())).await;
        self.listens().await;
    }

    fn said(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).expect("a log")
    }

    fn config(&self) -> Value {
        let pem = fs::read_to_string(self.dir.path().join("user")).expect("a key").trim_end().replace('\n', "\\n");
        let output = Command::new("id").arg("-un").output().expect("id");
        let user = String::from_utf8(output.stdout).expect("text").trim().to_owned();
        json!({ "host": "127.0.0.1", "port": self.port.to_string(), "user": user, "key_pem": pem })
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keygen(kind: &str, path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f"]).arg(path).stdin(Stdio::null()).status();
    assert!(made.expect("ssh-keygen").success());
}

/// As the wizard tests.
async fn test(console: &Console, provider: &str, config: &Value, trust: &str) -> Value {
    let remote = json!({ "remote": { "name": "", "provider": provider, "config": config, "trust": trust } });
    let answer = console.request(Method::POST, "/api/fn/remotes/test").json(&remote).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.expect("JSON")
}

fn words(test: &Value) -> &str {
    test["message"].as_str().expect("words")
}

#[tokio::test]
async fn the_wizard_shows_the_host_key_before_anything_is_sent_and_goes_on_once_it_is_trusted() {
    let Some(sshd) = Sshd::start(&["ed25519", "rsa"], "").await else { return };
    let (console, config) = (Console::start(), sshd.config());
    let first = test(&console, "sftp", &config, "").await;
    assert_eq!(first["connected"], false, "{first}");
    assert_eq!(first["identity"]["fingerprint"], sshd.fingerprint("ed25519"), "{first}");
    assert_eq!((&first["identity"]["kind"], &first["identity"]["algorithm"]), (&json!("host_key"), &json!("ssh-ed25519")), "{first}");
    assert!(words(&first).contains(&sshd.fingerprint("ed25519")) && words(&first).contains("Nothing was sent"), "{first}");
    assert!(!sshd.said().contains("userauth"), "nobody signs in: {}", sshd.said());

    let other = test(&console, "sftp", &config, &sshd.fingerprint("rsa")).await;
    assert!(other["connected"] == false && words(&other).contains("another host key"), "{other}");
    assert!(!sshd.said().contains("userauth"), "{}", sshd.said());

    let trusted = test(&console, "sftp", &config, &sshd.fingerprint("ed25519")).await;
    assert_eq!(trusted["connected"], true, "{trusted}");
    let new = json!({ "name": "nas", "provider": "sftp", "config": config, "trust": sshd.fingerprint("ed25519") });
    let made = console.post("/api/v1/remotes", &new, StatusCode::CREATED).await;
    assert_eq!((&made["server_check"], made.get("trusted_on_first_use")), (&json!("pinned"), None), "{made}");
    let wrong = json!({ "name": "b", "provider": "sftp", "config": config, "trust": "SHA256:x" });
    let refused = console.post("/api/v1/remotes", &wrong, StatusCode::BAD_REQUEST).await;
    assert!(refused["fields"]["trust"].as_str().expect("a field").contains("another host key"), "{refused}");
}

#[tokio::test]
async fn the_first_host_key_is_kept_and_another_one_is_refused_in_words_until_it_is_trusted() {
    let Some(mut sshd) = Sshd::start(&["ed25519"], "").await else { return };
    let console = Console::start();
    let old = sshd.fingerprint("ed25519");
    let body = json!({ "remote_name": "nas", "provider": "sftp", "config": sshd.config() });
    let made = console.post("/api/v1/backups/rclone/configure", &body, StatusCode::OK).await;
    assert_eq!(made["trusted_on_first_use"]["fingerprint"], old, "{made}");
    assert_eq!(console.get("/api/v1/remotes", StatusCode::OK).await[0]["server_check"], "pinned");
    let test = console.post("/api/v1/remotes/nas/test", &json!({}), StatusCode::OK).await;
    assert_eq!((&test["connected"], test.get("identity")), (&json!(true), None), "{test}");

    sshd.renew("ed25519").await;
    let new = sshd.fingerprint("ed25519");
    assert_ne!(old, new);
    let refused = console.post("/api/v1/remotes/nas/test", &json!({}), StatusCode::OK).await;
    let said = words(&refused).to_owned();
    for part in [&old, &new, "has changed", "trust it"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(refused["identity"]["fingerprint"], new, "{refused}");
    // A run says it in the same words, and a listing.
    write(&console.root(), "a/b.txt", b"x");
    let id = console.copy(&console.path("a"), "nas:never", json!({})).await;
    let run = console.ended(&id).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(run["error"].as_str().expect("words").contains(&said), "{run}");

    let shown = console.get("/api/v1/remotes/nas/trust", StatusCode::OK).await;
    assert_eq!((&shown["trusted"], &shown["offered"]["fingerprint"]), (&json!([old]), &json!(new)), "{shown}");
    for wrong in [old.as_str(), "", "SHA256:", "x"] {
        let refused = console.post("/api/v1/remotes/nas/trust", &json!({ "fingerprint": wrong }), StatusCode::BAD_REQUEST).await;
        assert!(refused["fields"]["fingerprint"].as_str().expect("a field").contains(&new), "{refused}");
    }
    let trusted = console.post("/api/v1/remotes/nas/trust", &json!({ "fingerprint": new }), StatusCode::OK).await;
    assert_eq!(trusted["server_check"], "pinned", "{trusted}");
    let test = console.post("/api/v1/remotes/nas/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], true, "{test}");
    let audit = console.get("/api/v1/audit?action=remote.trust", StatusCode::OK).await.to_string();
    assert!(audit.contains(&old) && audit.contains(&new), "{audit}");
}

#[tokio::test]
async fn a_remote_that_was_there_says_that_its_host_key_is_not_checked_and_can_get_one() {
    let Some(sshd) = Sshd::start(&["ed25519"], "").await else { return };
    let config = sshd.config();
    let text = format!(
        "[old]\ntype = sftp\nhost = 127.0.0.1\nport = {}\nuser = {}\nkey_pem = {}\n\n[none]\ntype = sftp\nhost = 127.0.0.1\nport = {0}\n\
         user = x\npass = x\nknown_hosts_file = none\n\n[dav]\ntype = webdav\nurl = https://127.0.0.1:1/\noverride.no_check_certificate = true\n",
        sshd.port,
        config["user"].as_str().expect("a user"),
        config["key_pem"].as_str().expect("a key")
    );
    let console = Console::start_in(|dir| {
        fs::create_dir_all(dir.join("data")).expect("a folder");
        fs::write(dir.join("data/rclone.conf"), text).expect("written");
    });
    let list = console.get("/api/v1/remotes", StatusCode::OK).await;
    for remote in list.as_array().expect("a list") {
        assert_eq!(remote["server_check"], "not_checked", "{remote}");
    }
    let test = console.post("/api/v1/remotes/old/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], true, "{test}");
    assert!(words(&test).ends_with("The server's host key is not checked."), "{test}");
    let fingerprint = test["identity"]["fingerprint"].as_str().expect("a fingerprint").to_owned();
    assert_eq!(fingerprint, sshd.fingerprint("ed25519"));
    console.post("/api/v1/remotes/old/trust", &json!({ "fingerprint": fingerprint }), StatusCode::OK).await;
    let test = console.post("/api/v1/remotes/old/test", &json!({}), StatusCode::OK).await;
    assert!(test["connected"] == true && !words(&test).contains("not checked"), "{test}");
}

#[tokio::test]
async fn the_host_key_is_read_from_old_and_new_servers_and_what_is_none_is_said() {
    let console = Console::start();
    for (keys, lines, option, expected) in [
        (&["ed25519", "ecdsa", "rsa"][..], "", None, "ed25519"),
        (&["rsa"], "", None, "rsa"),
        (&["ecdsa"], "", None, "ecdsa"),
        (&["ed25519", "rsa"], "", Some(("host_key_algorithms", "rsa-sha2-512")), "rsa"),
        (&["ed25519"], "KexAlgorithms curve25519-sha256@libssh.org\n", None, "ed25519"),
        (&["ed25519"], "KexAlgorithms ecdh-sha2-nistp256\nCiphers aes256-ctr\nMACs hmac-sha2-512\n", None, "ed25519"),
        (&["rsa"], "KexAlgorithms diffie-hellman-group14-sha256\n", None, "rsa"),
        (
            &["ed25519"],
            "KexAlgorithms diffie-hellman-group16-sha512\nBanner /etc/hostname\n",
            Some(("key_exchange", "diffie-hellman-group16-sha512")),
            "ed25519",
        ),
        (&["ed25519"], "KexAlgorithms diffie-hellman-group14-sha1\nCiphers chacha20-poly1305@openssh.com\n", None, "ed25519"),
    ] {
        let Some(sshd) = Sshd::start(keys, lines).await else { return };
        let mut config = sshd.config();
        if let Some((name, value)) = option {
            config[name] = json!(value);
        }
        let shown = test(&console, "sftp", &config, "").await;
        let fingerprint = sshd.fingerprint(expected);
        assert_eq!(shown["identity"]["fingerprint"], fingerprint, "{keys:?} {lines}: {shown}");
        let trusted = test(&console, "sftp", &config, &fingerprint).await;
        assert_eq!(trusted["connected"], true, "{keys:?} {lines}: {trusted}");
    }
    let (closed, web) =
        (json!({ "host": "127.0.0.1", "port": "1", "pass": "x" }), console.origin().rsplit(':').next().expect("a port").to_owned());
    for (config, expected) in [
        (closed, "refused the connection"),
        (json!({ "host": "127.0.0.1", "port": web, "pass": "x" }), "not an SSH server"),
        (json!({ "host": "nosuch.invalid", "pass": "x" }), "no server with this name"),
    ] {
        let shown = test(&console, "sftp", &config, "").await;
        assert!(shown["connected"] == false && words(&shown).contains(expected), "{shown}");
    }
    // Configured all the same, and marked: a server may be down.
    let mute = Mute::start();
    let body =
        json!({ "name": "mute", "provider": "sftp", "config": { "host": "127.0.0.1", "port": mute.port().to_string(), "pass": "x" } });
    let made = console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
    assert_eq!((&made["server_check"], made.get("trusted_on_first_use")), (&json!("not_checked"), None), "{made}");
}

#[tokio::test]
async fn what_is_wrong_by_its_form_is_refused_by_its_field() {
    let console = Console::start();
    for (provider, config, field) in [
        ("sftp", json!({ "host": "nas", "port": "99999", "pass": "x" }), "port"),
        ("sftp", json!({ "host": "sftp://nas", "pass": "x" }), "host"),
        ("sftp", json!({ "host": "nas:22", "pass": "x" }), "host"),
        ("sftp", json!({ "host": "nas" }), "pass"),
        ("sftp", json!({ "host": "nas", "pass": "x", "host_keys": "SHA256:uNiVztksCsDhcc0u9e8BrrJXHKnuZGZFp+LFAOjnl5o" }), "host_keys"),
        ("ftp", json!({ "host": "ftp://nas", "user": "x", "pass": "x" }), "host"),
        ("ftp", json!({ "host": "nas", "tls": "true", "explicit_tls": "true" }), "explicit_tls"),
        ("smb", json!({ "host": "//nas/share" }), "host"),
        ("webdav", json!({ "url": "nas.local/dav" }), "url"),
        ("http", json!({ "url": "127.0.0.1:80/" }), "url"),
        ("s3", json!({ "provider": "Wasabii" }), "provider"),
        ("s3", json!({ "provider": "Minio", "access_key_id": "x", "endpoint": "http://h" }), "secret_access_key"),
        ("s3", json!({ "provider": "Minio", "endpoint": "http://h", "chunk_size": "1Mi" }), "chunk_size"),
        ("azureblob", json!({ "account": "a", "key": "not base64!" }), "key"),
    ] {
        let body = json!({ "remote_name": "x", "provider": provider, "config": config });
        let refused = console.post("/api/v1/backups/rclone/configure", &body, StatusCode::BAD_REQUEST).await;
        assert!(refused["fields"][field].is_string(), "{provider} {config}: {refused}");
    }
}
