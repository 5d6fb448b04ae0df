//! One fact, one answer: that a place is a file, is not there, or refuses is said the same way by every operation, at
//! once, whatever the provider.

use super::*;
use crate::support::{Kind, Peer, Provider};

/// How long the answer to a fact may take at most, on a machine that is busy.
const AT_ONCE: Duration = Duration::from_secs(8);

/// A provider whose folder `d` holds `f.txt`.
async fn provider(kind: Kind, console: &Console) -> Option<Provider> {
    let provider = Provider::start(kind, console).await?;
    write(&console.root(), "files/d/f.txt", b"content");
    write(&console.root(), "files/d/g.txt", b"another");
    call(console, "copy", json!({ "source": console.path("files"), "destination": provider.at("") }), StatusCode::OK)
        .await;
    Some(provider)
}

/// Whether its folders are nothing but the beginnings of names.
const fn is_bucket(kind: Kind) -> bool {
    matches!(kind, Kind::Moto | Kind::RcloneS3 | Kind::Crypt)
}

/// Every operation that reads a place, asked about it; what each answered, and how soon.
async fn all(console: &Console, place: &str) -> Vec<(&'static str, StatusCode, Value, Duration)> {
    let out = console.path("out");
    let mut answers = Vec::new();
    for operation in ["list", "list recursive", "size", "copy", "sync", "sync dry", "move", "delete", "mount", "files"]
    {
        let request = match operation {
            "list" | "size" => {
                console.request(Method::GET, &format!("{BASE}/{operation}")).query(&[("remote_path", place)])
            }
            "list recursive" => console
                .request(Method::GET, &format!("{BASE}/list"))
                .query(&[("remote_path", place), ("recursive", "true")]),
            "files" => console.request(Method::GET, "/api/v1/files").query(&[("location", place)]),
            "delete" => console.request(Method::POST, &format!("{BASE}/delete")).json(&json!({ "remote_path": place })),
            "mount" => {
                let body = json!({ "remote_path": place, "mount_point": console.path("mnt") });
                console.request(Method::POST, &format!("{BASE}/mount")).json(&body)
            }
            "sync dry" => {
                let body = json!({ "source": place, "destination": out, "dry_run": true });
                console.request(Method::POST, &format!("{BASE}/sync")).json(&body)
            }
            _ => {
                let body = json!({ "source": place, "destination": out });
                console.request(Method::POST, &format!("{BASE}/{operation}")).json(&body)
            }
        };
        let began = Instant::now();
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let body = answer.json().await.unwrap_or_default();
        answers.push((operation, status, body, began.elapsed()));
    }
    answers
}

/// How a check and a bisync between two places end.
async fn compared(console: &Console, operation: &str, source: &str, destination: &str) -> Value {
    let run = json!({ "operation": operation, "source": source, "destination": destination, "options": { "flags": if operation == "bisync" { json!({ "resync": true }) } else { json!({}) } } });
    let run = console.post("/api/v1/runs", &run, StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

async fn missing(kind: Kind) {
    let console = Console::start();
    let Some(provider) = provider(kind, &console).await else { return };
    for below in ["nosuch", "d/nosuch", "d/f.txt/below"] {
        let place = provider.at(below);
        for (operation, status, answer, took) in all(&console, &place).await {
            // What is written to a mount begins the folder in a bucket.
            if operation == "mount" && is_bucket(kind) {
                // A machine may have no FUSE.
                assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&status), "{kind:?}: {answer}");
                if let Some(id) = answer["id"].as_str() {
                    console.delete(&format!("/api/v1/mounts/{id}"), StatusCode::NO_CONTENT).await;
                }
                continue;
            }
            assert_eq!(
                (status, &answer["code"]),
                (StatusCode::NOT_FOUND, &json!("not_found")),
                "{kind:?} {operation} {below}: {answer}"
            );
            let message = answer["message"].as_str().expect("words");
            assert!(message.contains("does not exist"), "{kind:?} {operation} {below}: {answer}");
            assert!(
                answer["fields"].as_object().is_some_and(|fields| fields.len() == 1),
                "{kind:?} {operation} {below}: {answer}"
            );
            assert!(kind == Kind::Local || !answer.to_string().contains("/root/"), "{kind:?} {operation}: {answer}");
            assert!(took < AT_ONCE, "{kind:?} {operation} {below}: {took:?}");
        }
    }
    for operation in ["check", "bisync"] {
        for (source, destination, word) in [("nosuch", "d", "source"), ("d", "nosuch", "destination")] {
            // The two sides of a bisync may be empty the first time.
            if operation == "bisync" && is_bucket(kind) {
                continue;
            }
            let run = compared(&console, operation, &provider.at(source), &provider.at(destination)).await;
            assert_eq!(run["state"], "blocked", "{kind:?} {operation}: {run}");
            let error = run["error"].as_str().expect("words");
            assert!(
                error.starts_with(&format!("The {word} ")) && error.contains("does not exist"),
                "{kind:?} {operation}: {error}"
            );
        }
    }
    assert!(!console.root().join("out").exists(), "{kind:?}: nothing was made");
}

async fn file(kind: Kind) {
    const SAID: &str = "That is a file, not a folder.";
    let console = Console::start();
    let Some(provider) = provider(kind, &console).await else { return };
    let place = provider.at("d/f.txt");
    for query in [None, Some(("recursive", "true")), Some(("max_depth", "3"))] {
        let query: Vec<_> = [("remote_path", place.as_str())].into_iter().chain(query).collect();
        let error = ask(&console, "list", &query, StatusCode::NOT_FOUND).await;
        assert_eq!((&error["code"], &error["message"]), (&json!("not_found"), &json!(SAID)), "{kind:?}: {error}");
        assert_eq!(error["fields"]["remote_path"], SAID, "{kind:?}");
    }
    let error = call(
        &console,
        "mount",
        json!({ "remote_path": place, "mount_point": console.path("mnt") }),
        StatusCode::NOT_FOUND,
    )
    .await;
    assert_eq!(error["message"], SAID, "{kind:?}: {error}");
    assert!(!console.root().join("mnt").exists(), "{kind:?}");
    let page =
        console.request(Method::GET, "/api/v1/files").query(&[("location", &place)]).send().await.expect("an answer");
    assert_eq!(expect(page, StatusCode::NOT_FOUND).await["fields"]["location"], SAID, "{kind:?}");

    let size = ask(&console, "size", &[("remote_path", &place)], StatusCode::OK).await;
    assert_eq!((&size["objects"], &size["size_bytes"]), (&json!(1), &json!(7)), "{kind:?}");
    for operation in ["copy", "sync"] {
        let to = console.path(&format!("one/{operation}"));
        call(&console, operation, json!({ "source": place, "destination": to }), StatusCode::OK).await;
        assert_eq!(
            fs::read(console.root().join(format!("one/{operation}/f.txt"))).expect("copied"),
            b"content",
            "{kind:?}"
        );
    }
    let run = compared(&console, "bisync", &place, &console.path("one")).await;
    assert_eq!(
        (&run["state"], &run["guard_report"]["reason"]),
        (&json!("blocked"), &json!("source_is_file")),
        "{kind:?}: {run}"
    );
    for operation in ["copy", "sync", "move"] {
        let error = call(
            &console,
            operation,
            json!({ "source": console.path("one"), "destination": place }),
            StatusCode::NOT_FOUND,
        )
        .await;
        assert!(
            error["fields"]["destination"].as_str().expect("words").contains("is a file, not a folder"),
            "{kind:?}: {error}"
        );
    }
    call(&console, "move", json!({ "source": place, "destination": console.path("moved") }), StatusCode::OK).await;
    call(&console, "move", json!({ "source": place, "destination": console.path("moved") }), StatusCode::NOT_FOUND)
        .await;
    call(
        &console,
        "copy",
        json!({ "source": console.path("moved/f.txt"), "destination": provider.at("d") }),
        StatusCode::OK,
    )
    .await;
    call(&console, "delete", json!({ "remote_path": place }), StatusCode::OK).await;
    call(&console, "delete", json!({ "remote_path": place }), StatusCode::NOT_FOUND).await;
}

macro_rules! of_each {
    ($($test:ident: $kind:ident),* $(,)?) => {
        mod what_is_not_there_is_not_found_at_once_by_every_call {
            use super::*;
            $(#[tokio::test]
            async fn $test() {
                missing(Kind::$kind).await;
            })*
        }
        mod a_file_is_said_to_be_one_and_can_be_copied_alone {
            use super::*;
            $(#[tokio::test]
            async fn $test() {
                file(Kind::$kind).await;
            })*
        }
    };
}

of_each! {
    local: Local,
    alias: Alias,
    union: Union,
    moto: Moto,
    rclone_s3: RcloneS3,
    crypt: Crypt,
    openssh: Sftp,
    vsftpd: Ftp,
    mod_dav: ModDav,
    wsgidav: WsgiDav,
    samba: Smb,
}

#[tokio::test]
async fn a_remote_that_refuses_says_so_at_once_and_the_same_to_all() {
    let (console, s3) = (Console::start(), S3::start());
    write(&console.root(), "files/x", b"x");
    let mut config = s3.config();
    config["secret_access_key"] = json!("another");
    configure(&console, "s3-bad", "s3", config).await;
    let mut refusing = vec!["s3-bad:bucket/d".to_owned()];
    let mut peers = Vec::new();
    for kind in ["sftp", "webdav"] {
        let peer = Peer::start(kind).await;
        let mut config = peer.config(kind);
        config["pass"] = json!("wrong");
        configure(&console, &format!("{kind}-bad"), kind, config).await;
        refusing.push(format!("{kind}-bad:d"));
        peers.push(peer);
    }
    for place in &refusing {
        let mut said: Option<Value> = None;
        for (operation, status, answer, took) in all(&console, place).await {
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{place} {operation}: {answer}");
            assert_eq!(answer["code"], "rclone_failed", "{place} {operation}: {answer}");
            let words = said.get_or_insert_with(|| answer["message"].clone());
            assert_eq!(*words, answer["message"], "{place} {operation}");
            assert!(took < AT_ONCE, "{place} {operation}: {took:?}");
        }
        let said = said.expect("words");
        assert!(said.as_str().expect("words").contains("refused"), "{said}");
        for (source, destination) in [(place.as_str(), console.path("files")), (&console.path("files"), place.clone())]
        {
            for operation in ["check", "bisync", "copy", "sync"] {
                let run = compared(&console, operation, source, &destination).await;
                assert_eq!((&run["state"], &run["error"]), (&json!("failed"), &said), "{operation} {source}: {run}");
            }
        }
    }
    assert!(!console.root().join("mnt").exists(), "nothing was mounted");
}

#[tokio::test]
async fn a_run_whose_source_appears_while_it_waits_finds_it() {
    let console = Console::start();
    write(&console.root(), "a/large", &vec![7; 1 << 20]);
    let slow = json!({ "operation": "copy", "source": console.path("a"), "destination": console.path("b"), "options": { "bwlimit": "1M" } });
    console.post("/api/v1/runs", &slow, StatusCode::ACCEPTED).await;
    let next = json!({ "operation": "copy", "source": console.path("b"), "destination": console.path("c") });
    let next = console.post("/api/v1/runs", &next, StatusCode::ACCEPTED).await;
    let ended = console.ended(next["id"].as_str().expect("an id")).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_eq!(names(&console, "c"), ["large"]);
}

#[tokio::test]
async fn an_empty_source_that_is_meant_is_synced_from_a_bucket_too() {
    let (console, s3) = (Console::start(), S3::start());
    configure(&console, "s3", "s3", s3.config()).await;
    write(&console.root(), "dst/x", b"x");
    let sync = |guards: Value| json!({ "operation": "sync", "source": "s3:bucket/none", "destination": console.path("dst"), "guards": guards });
    let run = console.post("/api/v1/runs", &sync(json!({})), StatusCode::ACCEPTED).await;
    let run = console.ended(run["id"].as_str().expect("an id")).await;
    assert_eq!((&run["state"], &run["guard_report"]["reason"]), (&json!("blocked"), &json!("source_empty")), "{run}");
    assert!(console.root().join("dst/x").exists());
    // A bucket and a folder that are there and empty are no riddle.
    let list = ask(&console, "list", &[("remote_path", "s3:bucket")], StatusCode::OK).await;
    assert_eq!(list, json!([]));
    fs::create_dir(console.root().join("empty")).expect("made");
    for place in [console.path("empty").as_str(), "s3:bucket"] {
        assert_eq!(ask(&console, "size", &[("remote_path", place)], StatusCode::OK).await["objects"], 0);
        call(&console, "copy", json!({ "source": place, "destination": console.path("o") }), StatusCode::OK).await;
    }
    let run = console.post("/api/v1/runs", &sync(json!({ "allow_empty_source": true })), StatusCode::ACCEPTED).await;
    let run = console.ended(run["id"].as_str().expect("an id")).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    assert!(!console.root().join("dst/x").exists());
}

#[tokio::test]
async fn a_pipe_is_not_waited_for() {
    let console = Console::start();
    let pipe = console.root().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    configure(&console, "al", "alias", json!({ "remote": console.path("") })).await;
    for place in [console.path("pipe"), "al:pipe".into()] {
        for (operation, status, answer, took) in all(&console, &place).await {
            assert_eq!(status, StatusCode::NOT_FOUND, "{operation}: {answer}");
            assert!(
                answer["message"].as_str().expect("words").contains("is a file, not a folder"),
                "{operation}: {answer}"
            );
            assert!(took < AT_ONCE, "{operation}: {took:?}");
        }
    }
}

#[tokio::test]
async fn a_folder_that_a_bucket_marks_or_a_link_leads_to_is_there() {
    let console = Console::start();
    let s3 = crate::support::ExactS3::start(&["marked/", "a/b"]);
    configure(&console, "s3", "s3", s3.config()).await;
    write(&console.root(), "real/x", b"x");
    std::os::unix::fs::symlink(console.root().join("real"), console.root().join("link")).expect("a link");
    configure(&console, "al", "alias", json!({ "remote": console.path("") })).await;
    assert_eq!(ask(&console, "list", &[("remote_path", "s3:b/marked")], StatusCode::OK).await, json!([]));
    for (place, files) in [("s3:b/marked", 0), ("s3:b/a", 1), ("s3:b", 1), ("al:link", 1), (&console.path("link"), 1)] {
        assert_eq!(ask(&console, "size", &[("remote_path", place)], StatusCode::OK).await["objects"], files, "{place}");
        let copied =
            call(&console, "copy", json!({ "source": place, "destination": console.path("out") }), StatusCode::OK)
                .await;
        assert_eq!(copied["files_transferred"], files, "{place}: {copied}");
        fs::remove_dir_all(console.root().join("out")).unwrap_or_default();
    }
    // A file at the root of a remote is one as well.
    write(&console.root(), "top.txt", b"1234");
    assert_eq!(ask(&console, "size", &[("remote_path", "al:top.txt")], StatusCode::OK).await["size_bytes"], 4);
    assert_eq!(
        ask(&console, "list", &[("remote_path", "al:top.txt")], StatusCode::NOT_FOUND).await["message"],
        "That is a file, not a folder."
    );
}
