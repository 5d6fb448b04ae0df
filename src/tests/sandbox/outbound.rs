//! Where rclone connects to: metadata services and the console itself never, private networks as the admin chose;
//! whatever the spelling, the door or a redirect. A real server records who came.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::kept;
use crate::rest::mounts::{can_mount, is_mounted};
use crate::support::{Console, write};

/// A web server that counts who connects, and answers everybody the same.
struct Recorder {
    port: u16,
    came: Arc<AtomicUsize>,
}

impl Recorder {
    fn start(answer: String) -> Self {
        let listener = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0")).expect("a port");
        let (port, came) = (listener.local_addr().expect("an address").port(), Arc::<AtomicUsize>::default());
        let count = Arc::clone(&came);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                std::thread::spawn(move || reply(stream, &answer));
            }
        });
        Self { port, came }
    }

    /// One that has a file to show.
    fn with_file() -> Self {
        let page = "<html><body><a href=\"f\">f</a></body></html>";
        Self::start(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        ))
    }

    /// One that sends everybody elsewhere.
    fn redirecting(to: &str) -> Self {
        Self::start(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

fn reply(mut stream: TcpStream, answer: &str) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(read) if read > 0 => request.extend_from_slice(&part[..read]),
            _ => return,
        }
    }
    let _ = stream.write_all(answer.as_bytes());
}

/// Asks for what is in a remote by every door that starts or asks an rclone, and gives what was said.
async fn all_doors(console: &Console, remote: &str) -> Vec<String> {
    let test = console.post(&format!("/api/v1/remotes/{remote}/test"), &json!({}), StatusCode::OK).await;
    let list = console.request(reqwest::Method::GET, "/api/v1/files").query(&[("location", format!("{remote}:"))]);
    let list = list.send().await.expect("an answer").text().await.expect("text");
    let flags = json!({ "flags": { "retries": 1, "low_level_retries": 1, "contimeout": "2s", "timeout": "5s" } });
    let run = console.ended(&console.copy(&format!("{remote}:"), &console.path("into"), flags).await).await;
    vec![test["message"].to_string(), list, run["error"].to_string() + &run["message"].to_string()]
}

/// A configuration that somebody wrote by hand: nothing checked it.
fn by_hand(sections: &[(String, String)]) -> Console {
    let text: String = sections.iter().map(|(name, options)| format!("[{name}]\n{options}\n")).collect();
    Console::start_in(|dir| write(&dir.join("data"), "rclone.conf", text.as_bytes()))
}

#[tokio::test]
async fn nothing_connects_to_a_private_network_that_is_refused_however_it_is_written() {
    if !kept() {
        return;
    }
    let server = Recorder::with_file();
    let port = server.port;
    let urls = [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "user@127.0.0.1",
        "user:pass@127.0.0.1",
        "example.org@127.0.0.1",
    ];
    let mut sections: Vec<_> = urls
        .iter()
        .enumerate()
        .map(|(n, host)| (format!("u{n}"), format!("type = http\nurl = http://{host}:{port}/\n")))
        .collect();
    sections.extend([
        ("dav".to_owned(), format!("type = webdav\nurl = http://127.0.0.1:{port}/\n")),
        (
            "bucket".to_owned(),
            format!("type = s3\nprovider = Other\nendpoint = http://127.0.0.1:{port}\naccess_key_id = a\nsecret_access_key = b\n"),
        ),
        ("ssh".to_owned(), format!("type = sftp\nhost = 127.0.0.1\nport = {port}\nuser = a\nkey_pem = x\n")),
        ("ftp".to_owned(), format!("type = ftp\nhost = 127.0.0.1\nport = {port}\nuser = a\n")),
        ("smb".to_owned(), format!("type = smb\nhost = 127.0.0.1\nport = {port}\nuser = a\n")),
    ]);
    let mut console = by_hand(&sections);
    console.kill();
    console.restart_with_env(&[("LONGSHORE_PRIVATE_NETWORKS", "refuse")]);
    for (name, options) in &sections {
        let test = console.post(&format!("/api/v1/remotes/{name}/test"), &json!({}), StatusCode::OK).await;
        assert_eq!(test["connected"], false, "{options}: {test}");
        assert_eq!(server.came(), 0, "{options} got there: {test}");
    }
    for said in all_doors(&console, "u0").await {
        assert!(said.contains("does not connect to this address"), "{said}");
    }
    assert_eq!(server.came(), 0, "a door led there");
    console.kill();
    console.restart();
    let said = all_doors(&console, "u0").await;
    assert!(server.came() > 0, "nobody came where it is allowed: {said:?}");
}

#[tokio::test]
async fn no_redirect_leads_to_a_metadata_service_or_to_the_console() {
    if !kept() {
        return;
    }
    let to_metadata = Recorder::redirecting("http://169.254.169.254/latest/meta-data/");
    let console = by_hand(&[
        ("moved".to_owned(), format!("type = http\nurl = http://127.0.0.1:{}/\n", to_metadata.port)),
        ("davmoved".to_owned(), format!("type = webdav\nurl = http://127.0.0.1:{}/\n", to_metadata.port)),
        ("v6".to_owned(), "type = http\nurl = http://[fd00:ec2::254]/\n".to_owned()),
        ("mapped".to_owned(), "type = webdav\nurl = http://[::ffff:169.254.169.254]/\n".to_owned()),
        (
            "cloud".to_owned(),
            "type = s3\nprovider = Other\nendpoint = http://100.100.100.200\naccess_key_id = a\nsecret_access_key = b\n".to_owned(),
        ),
        ("role".to_owned(), "type = s3\nprovider = AWS\nenv_auth = true\nregion = eu-west-1\n".to_owned()),
        ("identity".to_owned(), "type = azureblob\naccount = x\nenv_auth = true\n".to_owned()),
    ]);
    for name in ["moved", "v6", "mapped", "cloud", "role", "identity"] {
        let test = console.post(&format!("/api/v1/remotes/{name}/test"), &json!({}), StatusCode::OK).await;
        let message = test["message"].as_str().expect("words");
        assert!(message.contains("does not connect to this address"), "{name}: {test}");
        assert_eq!(test["connected"], false, "{name}: {test}");
    }
    assert!(to_metadata.came() > 0, "the redirect was read");
    console.post("/api/v1/remotes/davmoved/test", &json!({}), StatusCode::OK).await;
    let own = format!("{}/healthz", console.origin());
    let to_console = Recorder::redirecting(&own);
    let made = json!({ "name": "loop", "provider": "http", "config": { "url": format!("http://127.0.0.1:{}/", to_console.port) } });
    console.post("/api/v1/remotes", &made, StatusCode::CREATED).await;
    for said in all_doors(&console, "loop").await {
        assert!(said.contains("does not connect to this address"), "{said}");
    }
    assert!(to_console.came() > 0, "the redirect was read");
}

#[tokio::test]
async fn a_remote_is_not_made_with_an_address_that_is_refused_and_is_told_why() {
    let console = Console::start();
    let own = format!("{}/api/v1", console.origin());
    let cases = [
        ("http", "url", "http://169.254.169.254/", "metadata"),
        ("webdav", "url", "http://169.254.169.254/latest", "metadata"),
        ("http", "url", "http://2852039166/", "metadata"),
        ("http", "url", "http://0xa9fea9fe/", "metadata"),
        ("http", "url", "http://0251.0376.0251.0376/", "metadata"),
        ("http", "url", "http://169.254.169.254./", "metadata"),
        ("http", "url", "http://good@169.254.169.254/", "metadata"),
        ("http", "url", "http://[::ffff:a9fe:a9fe]/", "metadata"),
        ("http", "url", "http://[fd00:ec2::254]/", "metadata"),
        ("http", "url", "http://[64:ff9b::a9fe:a9fe]/", "metadata"),
        ("http", "url", "http://metadata.google.internal/", "metadata"),
        ("http", "url", "http://100.100.100.200/", "metadata"),
        ("s3", "endpoint", "168.63.129.16", "metadata"),
        ("s3", "endpoint", "http://169.254.170.2", "metadata"),
        ("sftp", "host", "169.254.169.254", "metadata"),
        ("ftp", "host", "[fd00:ec2::254]", "metadata"),
        ("http", "url", own.as_str(), "this console"),
    ];
    for (provider, option, value, words) in cases {
        let extra = match provider {
            "s3" => json!({ "provider": "Other", "access_key_id": "a", "secret_access_key": "b" }),
            "sftp" | "ftp" => json!({ "user": "bob", "pass": "secret" }),
            "webdav" => json!({ "vendor": "other" }),
            _ => json!({}),
        };
        let mut config = extra;
        config[option] = json!(value);
        let body = json!({ "name": "x", "provider": provider, "config": config });
        let refused = console.post("/api/v1/remotes", &body, StatusCode::BAD_REQUEST).await;
        let why = refused["fields"].to_string();
        assert!(why.contains(words) && why.contains(option), "{value}: {refused}");
    }
    let none: Value = console.get("/api/v1/remotes", StatusCode::OK).await;
    assert_eq!(none, json!([]), "none was saved");
}

#[tokio::test]
async fn nothing_is_mounted_that_leads_to_a_refused_address() {
    if !can_mount() {
        return;
    }
    let console = by_hand(&[
        ("imds".to_owned(), "type = http\nurl = http://169.254.169.254/\n".to_owned()),
        ("behind".to_owned(), "type = alias\nremote = imds:latest\n".to_owned()),
    ]);
    for remote in ["imds", "behind"] {
        let body = json!({ "location": format!("{remote}:"), "mount_point": console.path("mnt") });
        let refused = console.post("/api/v1/mounts", &body, StatusCode::SERVICE_UNAVAILABLE).await;
        let message = refused["message"].as_str().expect("words");
        assert!(
            message.contains("“imds” cannot be mounted. Its option url") && message.contains("metadata"),
            "{refused}"
        );
        assert!(!is_mounted(&console.path("mnt")), "{refused}");
    }
}
