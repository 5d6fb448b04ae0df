//! First trust: a server shows who it is before a password goes to it, and who it was is remembered.

use std::{
    fs,
    io::{self, Write as _},
    net::{Shutdown, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Console, Mute, Vsftpd, free_port, program, until, write};

/// OpenSSH's server for the user that runs the tests and one key, with these host keys and lines of configuration.
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
        let port = free_port();
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
        let output = Command::new("ssh-keygen")
            .arg("-lf")
            .arg(self.dir.path().join(format!("{kind}.pub")))
            .output()
            .expect("ssh-keygen");
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
        until("sshd starts again", async || (self.said().matches("Server listening").count() > restarts).then_some(()))
            .await;
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
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f"]).arg(path).stdin(Stdio::null()).status();
    assert!(made.expect("ssh-keygen").success());
}

/// The port of a web server that answers every request with 400.
fn web_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.shutdown(Shutdown::Write);
            // Closed with something unread, what was said could be lost.
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    port
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
    assert_eq!(
        (&first["identity"]["kind"], &first["identity"]["algorithm"]),
        (&json!("host_key"), &json!("ssh-ed25519")),
        "{first}"
    );
    assert!(
        words(&first).contains(&sshd.fingerprint("ed25519")) && words(&first).contains("Nothing was sent"),
        "{first}"
    );
    assert!(!sshd.said().contains("userauth"), "nobody signs in: {}", sshd.said());

    let other = test(&console, "sftp", &config, &sshd.fingerprint("rsa")).await;
    assert!(other["connected"] == false && words(&other).contains("a different host key"), "{other}");
    assert!(!sshd.said().contains("userauth"), "{}", sshd.said());

    let trusted = test(&console, "sftp", &config, &sshd.fingerprint("ed25519")).await;
    assert_eq!(trusted["connected"], true, "{trusted}");
    let new = json!({ "name": "nas", "provider": "sftp", "config": config, "trust": sshd.fingerprint("ed25519") });
    let made = console.post("/api/v1/remotes", &new, StatusCode::CREATED).await;
    assert_eq!((&made["server_check"], made.get("trusted_on_first_use")), (&json!("pinned"), None), "{made}");
    let wrong = json!({ "name": "b", "provider": "sftp", "config": config, "trust": "SHA256:x" });
    let refused = console.post("/api/v1/remotes", &wrong, StatusCode::BAD_REQUEST).await;
    assert!(refused["fields"]["trust"].as_str().expect("a field").contains("a different host key"), "{refused}");
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
        let refused =
            console.post("/api/v1/remotes/nas/trust", &json!({ "fingerprint": wrong }), StatusCode::BAD_REQUEST).await;
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
        (
            &["ed25519"],
            "KexAlgorithms diffie-hellman-group14-sha1\nCiphers chacha20-poly1305@openssh.com\n",
            None,
            "ed25519",
        ),
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
    let (closed, web) = (json!({ "host": "127.0.0.1", "port": "1", "pass": "x" }), web_server().to_string());
    for (config, expected) in [
        (closed, "refused the connection"),
        (json!({ "host": "127.0.0.1", "port": web, "pass": "x" }), "not an SSH server"),
        (json!({ "host": "nosuch.invalid", "pass": "x" }), "no server with this name"),
        (json!({ "host": "nas", "pass": "x", "socks_proxy": "127.0.0.1:1" }), "Nothing was sent yet"),
    ] {
        let shown = test(&console, "sftp", &config, "").await;
        assert!(shown["connected"] == false && words(&shown).contains(expected), "{shown}");
    }
    // Configured all the same, and marked: a server may be down.
    let mute = Mute::start();
    let body = json!({ "name": "mute", "provider": "sftp", "config": { "host": "127.0.0.1", "port": mute.port().to_string(), "pass": "x" } });
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
        (
            "sftp",
            json!({ "host": "nas", "pass": "x", "host_keys": "SHA256:uNiVztksCsDhcc0u9e8BrrJXHKnuZGZFp+LFAOjnl5o" }),
            "host_keys",
        ),
        ("sftp", json!({ "host": "nas", "key_pem": "PuTTY-User-Key-File-3: ssh-ed25519" }), "key_pem"),
        ("sftp", json!({ "host": "nas", "key_pem": "ssh-ed25519 AAAA me@here" }), "key_pem"),
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

/// nginx with a certificate and the key of that.
struct Tls {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Tls {
    /// With a certificate that only itself has signed, for these names and days.
    async fn start(names: &str, days: &str) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        openssl(
            dir.path(),
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=nas -keyout key.pem -out request.pem",
        );
        let names = if names.is_empty() { String::new() } else { format!("subjectAltName={names}\n") };
        fs::write(dir.path().join("extensions"), format!("basicConstraints=CA:TRUE\n{names}")).expect("written");
        openssl(
            dir.path(),
            &format!("x509 -req -in request.pem -signkey key.pem -days {days} -extfile extensions -out cert.pem"),
        );
        Self::serve(dir).await
    }

    /// With a certificate that an authority of the house has signed, which comes along.
    async fn start_with_authority() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        openssl(dir.path(), "req -x509 -newkey rsa:2048 -nodes -days 3 -subj /CN=house -keyout ca.key -out ca.pem");
        Self::sign(dir.path());
        Self::serve(dir).await
    }

    fn sign(dir: &Path) {
        openssl(
            dir,
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=nas -keyout key.pem -out request.pem",
        );
        fs::write(dir.join("extensions"), "subjectAltName=IP:127.0.0.1\n").expect("written");
        openssl(
            dir,
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out leaf.pem",
        );
        let chain =
            ["leaf.pem", "ca.pem"].map(|name| fs::read_to_string(dir.join(name)).expect("a certificate")).concat();
        fs::write(dir.join("cert.pem"), chain).expect("written");
    }

    async fn serve(dir: TempDir) -> Option<Self> {
        let program = program("nginx", "nginx")?;
        let port = free_port();
        fs::create_dir_all(dir.path().join("files")).expect("a folder");
        write(dir.path(), "files/a.txt", b"hello");
        let at = dir.path().display();
        let scratch: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {at}/scratch;\n"))
            .collect();
        let user = if rustix::process::geteuid().is_root() { "user root;\n" } else { "" };
        let config = format!(
            "daemon off;\nmaster_process off;\n{user}pid {at}/pid;\nerror_log {at}/errors;\nworker_processes 1;\nevents {{}}\nhttp {{ access_log off;\n\
             {scratch} server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {at}/cert.pem; ssl_certificate_key {at}/key.pem; root {at}/files; \
             autoindex on; }} }}\n"
        );
        fs::write(dir.path().join("nginx.conf"), config).expect("written");
        let child = nginx(&program, dir.path());
        let tls = Self { child, port, dir };
        tls.listens().await;
        Some(tls)
    }

    async fn listens(&self) {
        until("nginx listens", async || std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()).await;
    }

    /// Serves what is in its folder now.
    async fn restart(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.child = nginx(&program("nginx", "nginx").expect("it was there"), self.dir.path());
        self.listens().await;
    }

    fn fingerprint(&self, name: &str) -> String {
        let said = openssl(self.dir.path(), &format!("x509 -noout -fingerprint -sha256 -in {name}"));
        said.trim().split('=').nth(1).expect("a fingerprint").to_owned()
    }

    fn config(&self) -> Value {
        json!({ "url": format!("https://127.0.0.1:{}/", self.port) })
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn nginx(program: &Path, dir: &Path) -> Child {
    let mut command = Command::new(program);
    command
        .arg("-e")
        .arg(dir.join("errors"))
        .arg("-c")
        .arg(dir.join("nginx.conf"))
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("nginx")
}

fn openssl(dir: &Path, words: &str) -> String {
    let output =
        Command::new("openssl").args(words.split(' ')).current_dir(dir).stdin(Stdio::null()).output().expect("openssl");
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_shown_and_trusted_by_one_remote_alone() {
    let Some(mut tls) = Tls::start("IP:127.0.0.1", "3").await else { return };
    let console = Console::start();
    let shown = test(&console, "http", &tls.config(), "").await;
    let own = tls.fingerprint("cert.pem");
    let facts = &shown["identity"]["certificate"];
    assert_eq!((&shown["connected"], &shown["identity"]["fingerprint"]), (&json!(false), &json!(own)), "{shown}");
    assert_eq!(
        (&facts["subject"], &facts["issuer"], &facts["names"]),
        (&json!("CN=nas"), &json!("CN=nas"), &json!(["127.0.0.1"])),
        "{shown}"
    );
    assert!(words(&shown).contains("certificate is not trusted"), "{shown}");
    let wrong = test(&console, "http", &tls.config(), "AA:BB").await;
    assert!(wrong["connected"] == false && words(&wrong).contains("a different certificate"), "{wrong}");
    let trusted = test(&console, "http", &tls.config(), &own).await;
    assert_eq!(trusted["connected"], true, "{trusted}");

    let new = json!({ "name": "nas", "provider": "http", "config": tls.config(), "trust": own });
    let made = console.post("/api/v1/remotes", &new, StatusCode::CREATED).await;
    assert_eq!(made["server_check"], "pinned", "{made}");
    let page = console.get("/api/v1/files?location=nas:", StatusCode::OK).await;
    assert_eq!(page["entries"][0]["name"], "a.txt", "{page}");
    let id = console.copy("nas:", &console.path("in"), json!({})).await;
    assert_eq!(console.ended(&id).await["state"], "succeeded");
    // Trusted by this remote, and by no other.
    let other = json!({ "name": "other", "provider": "http", "config": tls.config() });
    console.post("/api/v1/remotes", &other, StatusCode::CREATED).await;
    let refused = console.post("/api/v1/remotes/other/test", &json!({}), StatusCode::OK).await;
    assert!(refused["connected"] == false && refused["identity"]["fingerprint"] == own, "{refused}");
    let kept = fs::read_dir(console.data().join("certificates")).expect("a folder").count();
    assert_eq!(kept, 1);

    // The server gets another one.
    let dir = tls.dir.path().to_owned();
    openssl(
        &dir,
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=nas -keyout key.pem -out request.pem",
    );
    openssl(&dir, "x509 -req -in request.pem -signkey key.pem -days 2 -extfile extensions -out cert.pem");
    tls.restart().await;
    let refused = console.post("/api/v1/remotes/nas/test", &json!({}), StatusCode::OK).await;
    assert_eq!(refused["identity"]["fingerprint"], tls.fingerprint("cert.pem"), "{refused}");
    let body = json!({ "fingerprint": tls.fingerprint("cert.pem") });
    console.post("/api/v1/remotes/nas/trust", &body, StatusCode::OK).await;
    let test = console.post("/api/v1/remotes/nas/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], true, "{test}");
}

#[tokio::test]
async fn an_authority_of_the_house_is_trusted_for_what_it_signs_next() {
    let Some(mut tls) = Tls::start_with_authority().await else { return };
    let console = Console::start();
    let shown = test(&console, "http", &tls.config(), "").await;
    let authority = tls.fingerprint("ca.pem");
    assert_eq!(
        shown["identity"]["certificate"]["authority"],
        json!({ "subject": "CN=house", "fingerprint": authority }),
        "{shown}"
    );
    let new = json!({ "name": "nas", "provider": "http", "config": tls.config(), "trust": authority });
    console.post("/api/v1/remotes", &new, StatusCode::CREATED).await;
    Tls::sign(tls.dir.path());
    tls.restart().await;
    let test = console.post("/api/v1/remotes/nas/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], true, "{test}");
}

#[tokio::test]
async fn what_trust_does_not_help_is_said_and_can_not_be_trusted() {
    let console = Console::start();
    for (names, days, expected) in [
        ("IP:127.0.0.1", "-1", "expired"),
        ("DNS:other.example", "3", "is for other.example"),
        ("", "3", "subjectAltName"),
    ] {
        let Some(tls) = Tls::start(names, days).await else { return };
        let shown = test(&console, "http", &tls.config(), "").await;
        let problem = shown["identity"]["certificate"]["problem"].as_str().expect("a problem");
        assert!(shown["connected"] == false && problem.contains(expected), "{shown}");
        let own = tls.fingerprint("cert.pem");
        let refused = test(&console, "http", &tls.config(), &own).await;
        assert!(refused["connected"] == false && words(&refused).contains(expected), "{refused}");
        let new = json!({ "name": "nas", "provider": "http", "config": tls.config(), "trust": own });
        let refused = console.post("/api/v1/remotes", &new, StatusCode::BAD_REQUEST).await;
        assert!(refused["fields"]["trust"].as_str().expect("a field").contains(expected), "{refused}");
    }
}

#[tokio::test]
async fn a_certificate_of_an_ftp_server_is_trusted_whatever_other_servers_were_used_before() {
    let (Some(plain), Some(ftps)) = (Vsftpd::start().await, Vsftpd::start_tls().await) else { return };
    let console = Console::start();
    write(&plain.dir(), "plain.txt", b"x");
    write(&ftps.dir(), "tls.txt", b"x");
    let new = json!({ "name": "plain", "provider": "ftp", "config": plain.config() });
    console.post("/api/v1/remotes", &new, StatusCode::CREATED).await;
    let listed =
        async |location: &str| console.get(&format!("/api/v1/files?location={location}"), StatusCode::OK).await;
    assert_eq!(listed("plain:").await["entries"][0]["name"], "plain.txt", "rclone now has its certificates");

    let mut config = ftps.config();
    let unchecked = test(&console, "ftp", &config, "").await;
    assert!(unchecked["connected"] == true && words(&unchecked).contains("certificate is not checked"), "{unchecked}");
    config.as_object_mut().expect("an object").remove("no_check_certificate");
    let shown = test(&console, "ftp", &config, "").await;
    let own = shown["identity"]["fingerprint"].as_str().expect("a fingerprint").to_owned();
    assert_eq!(shown["connected"], false, "{shown}");
    let trusted = test(&console, "ftp", &config, &own).await;
    assert_eq!(trusted["connected"], true, "{trusted}");
    let new = json!({ "name": "tls", "provider": "ftp", "config": config, "trust": own });
    let made = console.post("/api/v1/remotes", &new, StatusCode::CREATED).await;
    assert_eq!(made["server_check"], "pinned", "{made}");
    let entry = until("the warm rclone has it", async || {
        let page = console.request(Method::GET, "/api/v1/files?location=tls:").send().await.expect("an answer");
        (page.status() == StatusCode::OK).then_some(page)
    })
    .await;
    assert_eq!(entry.json::<Value>().await.expect("JSON")["entries"][0]["name"], "tls.txt");
    assert_eq!(listed("plain:").await["entries"][0]["name"], "plain.txt");
    assert_eq!(listed("tls:").await["entries"][0]["name"], "tls.txt");
    let id = console.copy("tls:", &console.path("in"), json!({})).await;
    assert_eq!(console.ended(&id).await["state"], "succeeded");
}
