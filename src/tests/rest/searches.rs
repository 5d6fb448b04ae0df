//! Searches find what people see, wherever one searches: whatever the case, the accents and the Unicode form, and
//! nothing is trimmed.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, expect, write};

/// A name as it lies there, and what people type for it.
const SEEN: [(&str, &str); 8] = [
    ("Café", "cafe"),
    ("Cafe\u{301} nfd", "CAFÉ NFD"),
    ("Straße 5", "STRASSE"),
    ("ΆΝΘΡΩΠΟΣ", "άνθρωπος"),
    ("Łódź", "lodz"),
    ("ﬁle", "FILE"),
    ("か\u{3099}き", "がき"),
    ("İstanbul", "istanbul"),
];
/// A name, and what is not it.
const OTHERS: [(&str, &str); 3] = [("plain", " plain"), ("plain", "plain "), ("がき", "かき")];

async fn search(console: &Console, path: &str, query: &[(&str, &str)]) -> Value {
    expect(console.request(Method::GET, path).query(query).send().await.expect("an answer"), StatusCode::OK).await
}

#[tokio::test]
async fn every_search_finds_a_name_as_people_see_it() {
    let console = Console::start();
    for (name, _) in SEEN.into_iter().chain(OTHERS) {
        write(&console.root(), &format!("all/{name}"), b"x");
        write(&console.root(), &format!("{name}/x"), b"x");
        let job = json!({ "name": format!("job {name}"), "operation": "copy", "source": console.path(name), "destination": console.path("out") });
        let answer = console.request(Method::POST, "/api/v1/jobs").json(&job).send().await.expect("an answer");
        assert!([StatusCode::CREATED, StatusCode::CONFLICT].contains(&answer.status()), "{name}");
        let run = json!({ "operation": "copy", "source": console.path(name), "destination": console.path("out") });
        let run = console.post("/api/v1/runs", &run, StatusCode::ACCEPTED).await;
        console.ended(run["id"].as_str().expect("an id")).await;
    }
    let run = json!({ "operation": "copy", "source": console.path("all"), "destination": console.path("copied") });
    let run = console.post("/api/v1/runs", &run, StatusCode::ACCEPTED).await;
    let id = run["id"].as_str().expect("an id").to_owned();
    // Names that are one in Unicode are there: rclone takes one of each, and that is said.
    assert_eq!(console.ended(&id).await["state"], "warning");
    let (all, files, log) = (console.path("all"), format!("/api/v1/runs/{id}/files"), format!("/api/v1/runs/{id}/log"));
    let places = [
        ("/api/v1/files", "filter", "entries", vec![("location", all.as_str())]),
        (&files, "search", "files", vec![("outcome", "copied")]),
        (&log, "search", "lines", vec![]),
        ("/api/v1/runs", "search", "runs", vec![]),
        ("/api/v1/jobs", "search", "jobs", vec![]),
        ("/api/v1/audit", "target", "entries", vec![]),
    ];
    for (path, field, list, more) in places {
        for (name, typed) in SEEN {
            for typed in [typed, name] {
                let query: Vec<_> = more.iter().copied().chain([(field, typed)]).collect();
                let found = search(&console, path, &query).await;
                let found = found[list].as_array().expect("a list");
                assert!(!found.is_empty(), "{path}: {typed:?} does not find {name:?}");
                assert!(found.iter().all(|found| !found.to_string().contains("plain")), "{path} {typed}");
            }
        }
        // A path ends where the search goes on; in sentences a name stands between spaces.
        if list == "entries" && path == "/api/v1/files" || list == "files" {
            for (name, typed) in OTHERS {
                let query: Vec<_> = more.iter().copied().chain([(field, typed)]).collect();
                let found = search(&console, path, &query).await;
                assert!(found[list].as_array().is_some_and(Vec::is_empty), "{path}: {typed:?} finds {name:?}: {found}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_for_jobs_goes_on_page_by_page() {
    let console = Console::start();
    write(&console.root(), "a/x", b"x");
    for n in 0..12 {
        let name = if n % 2 == 0 { format!("Ménage {n:02}") } else { format!("other {n:02}") };
        let job =
            json!({ "name": name, "operation": "copy", "source": console.path("a"), "destination": console.path("b") });
        console.post("/api/v1/jobs", &job, StatusCode::CREATED).await;
    }
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("search", "menage"), ("limit", "4")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = search(&console, "/api/v1/jobs", &query).await;
        found.extend(
            page["jobs"].as_array().expect("jobs").iter().map(|job| job["name"].as_str().expect("a name").to_owned()),
        );
        match page["cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(found, [0, 2, 4, 6, 8, 10].map(|n| format!("Ménage {n:02}")));
}

#[tokio::test]
async fn a_name_is_typed_in_either_unicode_form_to_approve_and_in_no_other_way() {
    let console = Console::start();
    let (there, typed) = ("Ordner Ü", "Ordner U\u{308}");
    for n in 0..30 {
        write(&console.root(), &format!("{there}/f{n}"), b"x");
    }
    write(&console.root(), "src/one", b"x");
    let sync = |more: Value| {
        let mut body =
            json!({ "operation": "sync", "source": console.path("src"), "destination": console.path(there) });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let preview =
        console.post("/api/v1/runs", &sync(json!({ "options": { "dry_run": true } })), StatusCode::ACCEPTED).await;
    let preview = preview["id"].as_str().expect("an id");
    assert_eq!(console.ended(preview).await["state"], "succeeded");
    let approve = |confirm: String| sync(json!({ "approval": { "preview": preview, "confirm": confirm } }));
    for wrong in [
        console.path("ordner Ü"),
        console.path("Ordner U"),
        console.path("Ordner Ü "),
        format!(" {}", console.path(there)),
        "Ordner Ü".into(),
    ] {
        let error = console.post("/api/v1/runs", &approve(wrong.clone()), StatusCode::CONFLICT).await;
        assert!(error["fields"]["approval.confirm"].is_string(), "{wrong:?}: {error}");
    }
    let run = console.post("/api/v1/runs", &approve(console.path(typed)), StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(run["id"].as_str().expect("an id")).await["state"], "succeeded");

    // The delete of older clients.
    let delete = |confirm: &str| json!({ "remote_path": console.path(there), "confirm": confirm });
    let path = "/api/v1/backups/rclone/delete";
    console.post(path, &delete(&console.path("ordner ü")), StatusCode::BAD_REQUEST).await;
    console.post(path, &delete(&console.path(typed)), StatusCode::OK).await;
}
