//! Secrets stay where they belong: in rclone's configuration. They are looked for, in every form that they take, in
//! everything that the console answers, writes, logs, and hands to other programs.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::support::{Console, PASSWORD, Peer, S3, sign_in, tree, write};

/// Given for the remote that encrypts.
const CRYPT: [&str; 2] = ["crypt/canary+1 &a%", "salt?canary=2;é"];

/// What is looked for, and what it is.
struct Canary {
    what: String,
    text: String,
}

/// All forms of all secrets: plain, as JSON writes it, in base64, in an address, and as rclone obscures it.
fn canaries(data: &Path) -> Vec<Canary> {
    let mut canaries = Vec::new();
    let mut add = |what: String, text: String| canaries.push(Canary { what, text });
    for secret in [S3::SECRET, Peer::PASSWORD, CRYPT[0], CRYPT[1], PASSWORD] {
        add(format!("{secret} plain"), secret.to_owned());
        // Without what depends on its neighbours: the last group.
        let base64 = BASE64_STANDARD.encode(secret);
        add(format!("{secret} in base64"), base64[..base64.len() - 4].to_owned());
        add(
            format!("{secret} in base64 for addresses"),
            BASE64_URL_SAFE_NO_PAD.encode(secret)[..base64.len() - 4].to_owned(),
        );
        add(format!("{secret} in a page"), secret.replace('&', "&amp;"));
        let by_bytes = |keep: fn(u8) -> bool| -> String {
            secret.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
        };
        add(format!("{secret} in an address"), by_bytes(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)));
        add(
            format!("{secret} in a form"),
            by_bytes(|b| b.is_ascii_alphanumeric() || b"-._* ".contains(&b)).replace(' ', "+"),
        );
    }
    let basic = BASE64_STANDARD.encode(format!("{}:{}", Peer::USER, Peer::PASSWORD));
    add("the header of a sign-in".to_owned(), basic);
    for line in fs::read_to_string(data.join("rclone.conf")).expect("the configuration").lines() {
        if let Some((option @ ("pass" | "password" | "password2" | "secret_access_key"), value)) =
            line.split_once(" = ")
        {
            add(format!("{option} as rclone keeps it"), value.to_owned());
        }
    }
    canaries
}

/// The command lines of everything that works for this console, seen again and again until it is stopped.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<BTreeSet<String>>,
}

impl Watch {
    fn start(data: &Path) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let (stopped, data) = (stop.clone(), data.to_str().expect("text").to_owned());
        let thread = thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !stopped.load(Ordering::Relaxed) {
                for entry in fs::read_dir("/proc").expect("Linux").flatten() {
                    let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                    let line = String::from_utf8_lossy(&line).replace('\0', " ");
                    if line.contains(&data) {
                        seen.insert(line);
                    }
                }
                // An rclone lives for 50 ms at least.
                thread::park_timeout(Duration::from_millis(10));
            }
            seen
        });
        Self { stop, thread }
    }

    fn stop(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().expect("no panic")
    }
}

/// Every call by GET of the API's own description, as it is made here.
async fn addresses(console: &Console, run: &str, user: &str, job: &str) -> Vec<String> {
    let api = console.get("/api/v1/openapi.json", StatusCode::OK).await;
    let paths = api["paths"].as_object().expect("paths").iter();
    let mut addresses = vec!["/api/v1/openapi.json".to_owned(), "/healthz".to_owned(), "/readyz".to_owned()];
    for (path, _) in paths.filter(|(_, methods)| methods["get"].is_object()) {
        let id = match path {
            path if path.contains("/users/") => user,
            path if path.contains("/jobs/") => job,
            _ => run,
        };
        let query = match path.as_str() {
            "/api/v1/files" => "?location=safe-crypt:",
            "/api/v1/backups/rclone/list" => "?remote_path=safe-crypt:&recursive=true",
            "/api/v1/backups/rclone/size" => "?remote_path=cloud:",
            "/api/v1/runs/{id}/files" => "?outcome=copied",
            "/api/v1/tokens" => "?user=*",
            _ => "",
        };
        addresses.push(format!(
            "{}{query}",
            path.replace("{id}", id).replace("{operation}", "sync").replace("{name}", "cloud")
        ));
    }
    assert!(addresses.len() >= 15, "{addresses:?}");
    addresses
}

#[tokio::test]
async fn no_secret_is_answered_written_logged_or_handed_on() {
    let (console, s3) = (Console::start_talkative(), S3::start());
    let webdav = Peer::start("webdav").await;
    let watch = Watch::start(&console.data());
    let mut told = Vec::new();
    let configure = async |name: &str, provider: &str, config: Value, more: Value, status: StatusCode| {
        let mut body = json!({ "remote_name": name, "provider": provider, "config": config });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        console.post("/api/v1/backups/rclone/configure", &body, status).await
    };
    configure("cloud", "webdav", webdav.config("webdav"), json!({}), StatusCode::OK).await;
    let encrypt = json!({ "encrypt": true, "encrypt_config": { "remote": "bucket", "password": CRYPT[0], "password2": CRYPT[1] } });
    // The one answer that has them: losing these means losing the files.
    let made = configure("safe", "s3", s3.config(), encrypt.clone(), StatusCode::OK).await;
    assert_eq!(
        (&made["crypt"]["password"], &made["crypt"]["password2"]),
        (&json!(CRYPT[0]), &json!(CRYPT[1])),
        "{made}"
    );
    // Refused, each after the secrets were read.
    told.push(("a name that is taken", configure("safe", "s3", s3.config(), encrypt, StatusCode::CONFLICT).await));
    let mut odd = webdav.config("webdav");
    odd[Peer::PASSWORD] = json!(Peer::PASSWORD);
    // Only this caller learns that there is no such option.
    configure("odd", "webdav", odd, json!({}), StatusCode::BAD_REQUEST).await;
    let mut odd = s3.config();
    odd["chunk_size"] = json!(S3::SECRET);
    told.push(("a secret as a number", configure("odd", "s3", odd, json!({}), StatusCode::BAD_REQUEST).await));
    let mut wrong = s3.config();
    wrong["access_key_id"] = json!("WRONGKEYWRONGKEY");
    configure("wrong", "s3", wrong, json!({}), StatusCode::OK).await;
    for name in ["wrong", "cloud", "safe", "safe-crypt"] {
        told.push((
            "a check",
            console.post(&format!("/api/v1/backups/rclone/check?remote_name={name}"), &json!({}), StatusCode::OK).await,
        ));
    }
    let new = json!({ "name": "new", "provider": "webdav", "config": webdav.config("webdav") });
    told.push(("a remote", console.post("/api/v1/remotes", &new, StatusCode::CREATED).await));

    write(&console.root(), "a/letter", &vec![7; 300_000]);
    let over_webdav = console.copy(&console.path("a"), "cloud:a", json!({})).await;
    assert_eq!(console.ended(&over_webdav).await["state"], "succeeded");
    let run = console.copy(&console.path("a"), "safe-crypt:a", json!({ "bwlimit": "100k" })).await;
    console
        .run_until(&run, "bytes move", |run| run["state"] == "running" && run["stats"]["bytes"].as_u64() > Some(0))
        .await;

    let user = console.person("eva", "viewer").await;
    let job =
        json!({ "name": "letters", "operation": "sync", "source": console.path("a"), "destination": "safe-crypt:a" });
    let job = console.post("/api/v1/jobs", &job, StatusCode::CREATED).await["id"].as_str().expect("an id").to_owned();
    for address in addresses(&console, &run, &user, &job).await {
        let mut answer = console.request(Method::GET, &address).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{address}");
        let text = if address.ends_with("/events") {
            let first = answer.chunk().await.expect("a piece").expect("a snapshot");
            String::from_utf8_lossy(&first).into_owned()
        } else {
            answer.text().await.expect("text")
        };
        told.push(("GET", json!(format!("{address}\n{text}"))));
    }
    let session = sign_in(&console).await;
    for page in [
        "/",
        "/runs",
        &format!("/runs/{run}"),
        "/remotes",
        "/remotes/new",
        "/browse/cloud/",
        "/audit",
        "/settings/people",
    ] {
        let answer = console.anonymous(Method::GET, page).header("cookie", &session).send().await.expect("a page");
        assert_eq!(answer.status(), StatusCode::OK, "{page}");
        told.push(("a page", json!(format!("{page}\n{}", answer.text().await.expect("text")))));
    }
    assert_eq!(console.ended(&run).await["state"], "succeeded");
    let lines = watch.stop();
    for kind in [" serve ", " rcd ", " shim ", " copy ", " lsf "] {
        assert!(lines.iter().any(|line| line.contains(kind)), "nobody saw {kind:?}: {lines:?}");
    }

    let canaries = canaries(&console.data());
    let mut found = Vec::new();
    let mut search = |place: &str, text: &str| {
        found.extend(
            canaries
                .iter()
                .filter(|canary| text.contains(&canary.text))
                .map(|canary| format!("{place}: {}", canary.what)),
        );
    };
    for (what, answer) in &told {
        // As text, so that what JSON escapes is plain again.
        let text = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        search(
            &format!("{what}, {}", text.lines().next().unwrap_or_default().chars().take(80).collect::<String>()),
            &text,
        );
    }
    for line in &lines {
        search("a command line", line);
    }
    let said = console.said();
    assert!(said.contains("TRACE"), "the log says little: {said}");
    search("the log", &said);
    let (mut files, mut kept) = (0, 0);
    for (path, content) in tree(&console.data()) {
        let text = String::from_utf8_lossy(&content);
        if path.file_name().is_some_and(|name| name == "rclone.conf") {
            kept += canaries.iter().filter(|canary| text.contains(&canary.text)).count();
        } else {
            files += 1;
            search(path.to_str().expect("text"), &text);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    // That the search finds what is there: in the one place where it belongs.
    assert!(files >= 5 && kept >= 5, "{files} files were searched, {kept} secrets are in the configuration");
}
