//! Remotes by REST: made, tested, used, deleted; and what is refused.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, S3, expect, write};

#[tokio::test]
async fn a_remote_is_made_tested_browsed_and_deleted() {
    let (console, s3) = (Console::start(), S3::start());
    write(s3.dir.path(), "bucket/a.txt", b"hello");
    let made = console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CREATED).await;
    assert_eq!((&made["name"], &made["type"]), (&json!("store"), &json!("s3")));
    assert!(made.get("tested").is_none_or(Value::is_null), "{made}");
    let test = console.post("/api/v1/remotes/store/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], true, "{test}");
    let list = console.get("/api/v1/remotes", StatusCode::OK).await;
    assert_eq!(list[0]["tested"]["result"]["connected"], true, "{list}");
    let page = console.get("/api/v1/files?location=store:bucket", StatusCode::OK).await;
    assert_eq!((&page["entries"][0]["name"], &page["entries"][0]["size"]), (&json!("a.txt"), &json!(5)));
    let taken = console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CONFLICT).await;
    assert_eq!(taken["code"], "conflict", "{taken}");
    let gone = console.request(Method::DELETE, "/api/v1/remotes/store").send().await.expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    console.get("/api/v1/files?location=store:bucket", StatusCode::NOT_FOUND).await;
    assert!(s3.dir.path().join("bucket/a.txt").exists(), "never its files");
}

#[tokio::test]
async fn a_wrong_key_is_told_in_words_and_without_the_secret() {
    let (console, s3) = (Console::start(), S3::start());
    let mut remote = s3.remote("store");
    remote["config"]["secret_access_key"] = json!("wrong-canary-1b2c");
    console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
    let test = console.post("/api/v1/remotes/store/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], false);
    let text = test.to_string();
    assert!(text.contains("403") || text.contains("refused"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    let unknown = console.request(Method::POST, "/api/v1/remotes/nosuch/test").send().await.expect("an answer");
    expect(unknown, StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn options_that_run_programs_or_lead_out_of_bounds_are_refused_by_name() {
    let console = Console::start();
    let canary = console.path("canary");
    let run = format!("touch {canary}");
    for (provider, option, value) in [
        ("sftp", "ssh", run.as_str()),
        ("sftp", "server_command", &run),
        ("sftp", "md5sum_command", &run),
        ("sftp", "sha1sum_command", &run),
        ("sftp", "key_file", "/etc/shadow"),
        ("sftp", "known_hosts_file", "/etc/shadow"),
        ("s3", "shared_credentials_file", "/etc/shadow"),
        ("s3", "nosuch", "x"),
        ("s3", "global.metadata_mapper", &run),
        ("s3", "override.metadata_mapper", &run),
        ("s3", "type", "local"),
        ("alias", "remote", "/etc"),
        ("alias", "remote", ":sftp,ssh=id:"),
        ("alias", "remote", "nosuch:"),
        ("s3", "access_key_id", "a\nssh = x"),
    ] {
        let mut config = json!({ "host": "localhost", "provider": "Rclone", "remote": console.path("") });
        config.as_object_mut().expect("options").retain(|name, _| match provider {
            "sftp" => name == "host",
            "alias" => name == "remote",
            _ => name == "provider",
        });
        config[option] = json!(value);
        let body = json!({ "name": "evil", "provider": provider, "config": config });
        let error = console.post("/api/v1/remotes", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"].as_object().is_some_and(|fields| fields.keys().any(|key| key.contains(option))), "{option}: {error}");
    }
    for (name, provider) in [("a:b", "alias"), ("-x", "alias"), ("", "alias"), ("x", "nosuch"), ("x", ""), ("x\ny", "alias")] {
        let body = json!({ "name": name, "provider": provider, "config": { "remote": console.path("") } });
        let error = console.post("/api/v1/remotes", &body, StatusCode::BAD_REQUEST).await;
        assert!(!error["fields"].as_object().expect("fields").is_empty(), "{name:?} {provider}: {error}");
    }
    let missing = json!({ "name": "x", "provider": "sftp", "config": {} });
    let error = console.post("/api/v1/remotes", &missing, StatusCode::BAD_REQUEST).await;
    assert!(error["fields"]["host"].is_string(), "{error}");
    assert_eq!(console.get("/api/v1/remotes", StatusCode::OK).await, json!([]));
    assert!(!fs::exists(&canary).expect("the folder is there"), "a program was run");
}

#[tokio::test]
async fn an_alias_leads_where_it_may() {
    let console = Console::start();
    write(&console.root(), "photos/a.jpg", b"x");
    let body = json!({ "name": "photos", "provider": "alias", "config": { "remote": console.path("photos") } });
    console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
    let page = console.get("/api/v1/files?location=photos:", StatusCode::OK).await;
    assert_eq!(page["entries"][0]["name"], "a.jpg");
}

#[tokio::test]
async fn a_secret_is_nowhere_to_be_found() {
    let (console, s3) = (Console::start(), S3::start());
    console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CREATED).await;
    write(&console.root(), "a/b", b"x");
    let id = console.copy(&console.path("a"), "store:bucket/a", json!({})).await;
    assert_eq!(console.ended(&id).await["state"], "succeeded");
    for path in ["/api/v1/remotes".to_owned(), format!("/api/v1/runs/{id}"), format!("/api/v1/runs/{id}/log")] {
        assert!(!console.get(&path, StatusCode::OK).await.to_string().contains(S3::SECRET), "{path}");
    }
    for (path, content) in crate::support::tree(&console.data()) {
        let configuration = path.extension().is_some_and(|extension| extension == "conf");
        let text = String::from_utf8_lossy(&content);
        assert!(configuration || !text.contains(S3::SECRET), "{}", path.display());
    }
}
