//! A server that says again what it was sent, in every way it can: nobody reads a secret out of that, wherever it
//! leaves.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Console;

/// What no answer may hold.
const SECRETS: [&str; 7] = [
    "pass&word of \"eva\"",
    "abc.def-bearer.ghi",
    "k3y-of-the-header",
    "SigSig+Sig/1234567890=",
    "s3cr3t-of-the-archive",
    "cookie-0f-crumbs",
    "in/the:address@of-it",
];

/// Answers each request with a refusal that holds its target and its headers: as they are, decoded, in base64, escaped
/// for an address, as JSON.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        let said: Vec<String> =
            head.iter().filter(|line| !line.starts_with("User-Agent")).flat_map(|line| forms(line)).collect();
        let body = format!(
            "<Error><Code>Teapot</Code><Message>{}</Message></Error>",
            json!(said).to_string().replace('<', "&lt;")
        );
        let reason = said.join(" | ");
        write!(
            stream,
            "HTTP/1.1 418 {reason}\r\nX-Ms-Error-Code: Teapot\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .ok()?;
    }
}

fn forms(line: &str) -> Vec<String> {
    let mut forms = vec![line.to_owned(), json!(line).to_string(), BASE64_STANDARD.encode(line)];
    for word in line.split([' ', ',', ':', '=', '&', '?']).filter(|word| word.len() > 5) {
        if let Some(text) = BASE64_STANDARD.decode(word).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            forms.extend([
                text.clone(),
                json!(text).to_string(),
                json!(json!(text).to_string()).to_string(),
                percent(&text),
            ]);
            forms.extend(text.split(':').map(|part| BASE64_STANDARD.encode(part)));
        }
    }
    forms
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// In which ways an answer could hold a secret.
fn canaries() -> Vec<String> {
    let mut canaries = Vec::new();
    for secret in SECRETS {
        let json = json!(secret).to_string();
        let twice = json!(json).to_string();
        canaries.extend([
            secret.to_owned(),
            json.trim_matches('"').to_owned(),
            twice.trim_matches(['"', '\\']).to_owned(),
        ]);
        canaries.extend([percent(secret), percent(secret).to_lowercase().replace("%2b", "%2B")]);
        let base64 = BASE64_STANDARD.encode(secret);
        canaries.push(base64[..base64.len() - 4].to_owned());
    }
    let basic = BASE64_STANDARD.encode(format!("eva:{}", SECRETS[0]));
    canaries.push(basic[8..basic.len() - 4].to_owned());
    canaries
}

#[tokio::test]
async fn what_a_server_says_again_holds_no_secret_wherever_it_leaves() {
    let console = Console::start();
    let url = echo();
    console.person("vic", "viewer").await;
    let viewer = console.token_of("vic", "viewer");
    let sas = format!("{url}/box?sv=2022-11-02&sr=c&sig={}&se=2099-01-01", percent(SECRETS[3]));
    let remotes = [
        ("basic", "webdav", json!({ "url": url, "vendor": "other", "user": "eva", "pass": SECRETS[0] })),
        ("bearer", "webdav", json!({ "url": url, "vendor": "other", "bearer_token": SECRETS[1] })),
        (
            "header",
            "http",
            json!({ "url": url, "headers": format!("X-Api-Key,{},Cookie,id={}", SECRETS[2], SECRETS[5]) }),
        ),
        (
            "address",
            "webdav",
            json!({ "url": url.replace("//", &format!("//eva:{}@", percent(SECRETS[6]))), "vendor": "other" }),
        ),
        ("azure", "azureblob", json!({ "sas_url": sas })),
        (
            "archive",
            "internetarchive",
            json!({ "access_key_id": "AKACCESSKEY", "secret_access_key": SECRETS[4], "endpoint": url, "front_endpoint": url }),
        ),
    ];
    let mut said = Vec::new();
    for (name, provider, config) in &remotes {
        let remote = json!({ "name": name, "provider": provider, "config": config });
        console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
        for path in [
            format!("/api/v1/files?location={name}:box"),
            format!("/api/v1/backups/rclone/list?remote_path={name}:box/file"),
            format!("/api/v1/backups/rclone/size?remote_path={name}:box"),
        ] {
            let answer = console.anonymous(Method::GET, &path).bearer_auth(&viewer).send().await.expect("an answer");
            said.push((path, answer.text().await.expect("text")));
        }
        let path = format!("/api/v1/backups/rclone/check?remote_name={name}");
        let answer = console.request(Method::POST, &path).send().await.expect("an answer");
        said.push((path, answer.text().await.expect("text")));
        let run = json!({ "operation": "copy", "source": format!("{name}:box"), "destination": console.path("to"), "options": { "flags": { "retries": 1, "low_level_retries": 1 } } });
        let answer = console.request(Method::POST, "/api/v1/runs").json(&run).send().await.expect("an answer");
        let run: Value = answer.json().await.expect("JSON");
        if let Some(id) = run["id"].as_str() {
            console.ended(id).await;
            for path in ["", "/log", "/log/raw", "/files?outcome=failed", "/series"] {
                let path = format!("/api/v1/runs/{id}{path}");
                let answer =
                    console.anonymous(Method::GET, &path).bearer_auth(&viewer).send().await.expect("an answer");
                said.push((format!("{name} {path}"), answer.text().await.expect("text")));
            }
        } else {
            said.push((format!("{name} run"), run.to_string()));
        }
    }
    for path in ["/api/v1/audit?limit=1000", "/metrics", "/api/v1/runs", "/api/v1/remotes"] {
        said.push((
            path.to_owned(),
            console.request(Method::GET, path).send().await.expect("an answer").text().await.expect("text"),
        ));
    }
    // That the server said it again, and that it is read.
    let told = said.iter().filter(|(_, text)| text.contains("***")).count();
    assert!(told >= 5, "{said:#?}");
    let canaries = canaries();
    let leaks: Vec<_> = said
        .iter()
        .flat_map(|(place, text)| {
            canaries.iter().filter(|canary| text.contains(canary.as_str())).map(move |canary| (place, canary, text))
        })
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}
