//! A name that another thing of its kind has: 409 for everything that can be made, the field that holds the name is
//! marked, and the words are the same whether it was there before or was made meanwhile.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::mounts::can_mount;
use crate::support::{Console, PASSWORD, write};

/// Something that can be made, the same again, and what the second answer is about.
struct Case {
    what: &'static str,
    path: &'static str,
    first: Value,
    second: Value,
    field: &'static str,
    words: String,
}

fn cases(console: &Console) -> Vec<Case> {
    let (source, point) = (console.path("source"), console.path("point"));
    let remote = |name: &str| json!({ "name": name, "provider": "alias", "config": { "remote": source } });
    let job = |name: &str| json!({ "name": name, "operation": "copy", "source": source, "destination": console.path("copy") });
    let user = |name: &str| json!({ "name": name, "role": "viewer", "password": PASSWORD });
    let named = |kind: &str, name: &str| format!("A {kind} named “{name}” already exists. Choose another name.");
    let encrypted = json!({ "name": "vault", "provider": "alias", "config": { "remote": source }, "encrypt": true });
    let case = |what, path, first, second, words| Case { what, path, first, second, field: "name", words };
    let mut cases = vec![
        case("a remote", "/api/v1/remotes", remote("nas"), remote("nas"), named("remote", "nas")),
        case(
            "the remote over another",
            "/api/v1/remotes",
            remote("vault-crypt"),
            encrypted,
            named("remote", "vault-crypt"),
        ),
        case("a job", "/api/v1/jobs", job("Photos"), job("Photos"), named("job", "Photos")),
        case("a job in other letters", "/api/v1/jobs", job("Über uns"), job("ÜBER UNS"), named("job", "ÜBER UNS")),
        case(
            "a job with spaces around",
            "/api/v1/jobs",
            job("Nightly"),
            job("nightly\u{a0} "),
            named("job", "nightly"),
        ),
        case("a user", "/api/v1/users", user("eva"), user("eva"), named("user", "eva")),
        case("a user in other letters", "/api/v1/users", user("Müller"), user("MÜLLER"), named("user", "MÜLLER")),
    ];
    if can_mount() {
        let mount = json!({ "location": source, "mount_point": point });
        cases.push(Case {
            what: "a mount",
            path: "/api/v1/mounts",
            first: mount.clone(),
            second: mount,
            field: "mount_point",
            words: format!("Something is already mounted at {point}. Unmount it first, or choose another folder."),
        });
    }
    cases
}

fn check(case: &Case, error: &Value) {
    let Case { what, field, words, .. } = case;
    assert_eq!(error["code"], "conflict", "{what}: {error}");
    assert_eq!(error["message"], json!(words), "{what}: {error}");
    assert_eq!(error["fields"], json!({ *field: words }), "{what}: {error}");
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_at_its_field_for_everything_that_can_be_made() {
    let console = Console::start();
    write(&console.root(), "source/file", b"x");
    for case in cases(&console) {
        let made = console.post(case.path, &case.first, StatusCode::CREATED).await;
        let error = console.post(case.path, &case.second, StatusCode::CONFLICT).await;
        check(&case, &error);
        if case.what == "a job" {
            // A job gets the name of another.
            let mut other = case.first.clone();
            other["name"] = json!("Other");
            let other_id = console.post(case.path, &other, StatusCode::CREATED).await["id"].clone();
            let path = format!("/api/v1/jobs/{}", other_id.as_str().expect("an id"));
            let change = json!({ "version": 1, "job": case.second });
            check(&case, &console.patch(&path, &change, StatusCode::CONFLICT).await);
        }
        if let (true, Some(id)) = (case.field == "mount_point", made["id"].as_str()) {
            console.delete(&format!("/api/v1/mounts/{id}"), StatusCode::NO_CONTENT).await;
        }
    }
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_said_in_the_same_words() {
    let console = Console::start();
    write(&console.root(), "source/file", b"x");
    for case in cases(&console).into_iter().filter(|case| case.first == case.second && case.field == "name") {
        let ask = async || {
            let answer = console.request(Method::POST, case.path).json(&case.first).send().await.expect("an answer");
            (answer.status(), answer.json::<Value>().await.expect("JSON"))
        };
        let (a, b, c) = tokio::join!(ask(), ask(), ask());
        let (made, refused): (Vec<_>, Vec<_>) =
            [a, b, c].into_iter().partition(|(status, _)| *status == StatusCode::CREATED);
        assert_eq!((made.len(), refused.len()), (1, 2), "{}: {made:?} {refused:?}", case.what);
        refused.iter().for_each(|(_, error)| check(&case, error));
    }
}

#[tokio::test]
async fn a_name_that_looks_like_anothers_is_refused_at_its_field() {
    let console = Console::start();
    console.person("marlene", "viewer").await;
    for name in ["m\u{430}rlene", "rnarlene", "MARLEN\u{435}", "marl\u{435}n\u{435}"] {
        let user = json!({ "name": name, "role": "viewer", "password": PASSWORD });
        let answer = console.request(Method::POST, "/api/v1/users").json(&user).send().await.expect("an answer");
        let (status, error): (_, Value) = (answer.status(), answer.json().await.expect("JSON"));
        if status == StatusCode::BAD_REQUEST {
            assert!(error["fields"]["name"].is_string(), "{name}: {error}");
            continue;
        }
        assert_eq!(status, StatusCode::CONFLICT, "{name}: {error}");
        assert_eq!(error["fields"]["name"], error["message"], "{name}: {error}");
    }
}
