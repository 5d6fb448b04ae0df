//! Files by REST: what is there, in what order, and what is out of bounds.

use std::os::unix::fs::symlink;

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{Console, write};

fn names(page: &Value) -> Vec<&str> {
    page["entries"].as_array().expect("entries").iter().map(|entry| entry["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn a_folder_is_listed_sorted_filtered_and_windowed() {
    let console = Console::start();
    for n in 0..300 {
        write(&console.root(), &format!("many/file{n}.txt"), &vec![0; n]);
    }
    write(&console.root(), "many/sub/x", b"");
    let base = format!("/api/v1/files?location={}", console.path("many"));
    let page = console.get(&base, StatusCode::OK).await;
    assert_eq!((&page["total"], &page["matched"], names(&page).len()), (&301.into(), &301.into(), 200));
    assert_eq!(names(&page)[..3], ["sub", "file0.txt", "file1.txt"]);
    assert_eq!(page["bytes"], (0..300).sum::<u64>());
    let page = console.get(&format!("{base}&sort=size&descending=true&limit=2"), StatusCode::OK).await;
    assert_eq!(names(&page), ["sub", "file299.txt"]);
    let page = console.get(&format!("{base}&filter=FILE29&offset=1&limit=3"), StatusCode::OK).await;
    assert_eq!((&page["matched"], names(&page)), (&11.into(), vec!["file290.txt", "file291.txt", "file292.txt"]));
    let again = console.get(&format!("{base}&limit=501"), StatusCode::BAD_REQUEST).await;
    assert!(again["fields"]["limit"].is_string(), "{again}");
}

#[tokio::test]
async fn what_changed_is_seen_when_asked_for() {
    let console = Console::start();
    write(&console.root(), "dir/a", b"");
    let base = format!("/api/v1/files?location={}", console.path("dir"));
    assert_eq!(names(&console.get(&base, StatusCode::OK).await), ["a"]);
    write(&console.root(), "dir/b", b"");
    assert_eq!(names(&console.get(&format!("{base}&refresh=true"), StatusCode::OK).await), ["a", "b"]);
}

#[tokio::test]
async fn nothing_outside_of_the_allowed_folders_is_reached() {
    let console = Console::start();
    symlink("/etc", console.root().join("out")).expect("a link");
    for location in ["/etc", "/", &console.path("out"), &console.path("out/ssh"), &console.data().display().to_string()]
    {
        let error = console.get(&format!("/api/v1/files?location={location}"), StatusCode::FORBIDDEN).await;
        assert_eq!(error["code"], "forbidden", "{location}");
    }
    for location in [":local:/etc", "relative", ":sftp,ssh=id:", "local,x=y:/etc", "-v", "/a/../etc", "x%00y:"] {
        let location = reqwest::Url::parse_with_params("http://x/", [("location", location)]).expect("an address");
        let error = console
            .get(&format!("/api/v1/files?{}", location.query().expect("a query")), StatusCode::BAD_REQUEST)
            .await;
        assert!(error["fields"]["location"].is_string(), "{error}");
    }
    let error = console.get("/api/v1/files?location=nosuch:", StatusCode::NOT_FOUND).await;
    assert!(error["message"].as_str().expect("words").contains("nosuch"));
    console.get(&format!("/api/v1/files?location={}", console.path("nosuch")), StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn hostile_names_are_listed_as_they_are() {
    let console = Console::start();
    let hostile = ["<img src=x onerror=alert(1)>", "-rf", "a\"b'c`$(id)", "\u{202e}gpj.exe", "ünï cödé", "a:b,c=d"];
    for name in hostile {
        write(&console.root(), &format!("hostile/{name}"), b"");
    }
    let page = console.get(&format!("/api/v1/files?location={}", console.path("hostile")), StatusCode::OK).await;
    for name in hostile {
        assert!(names(&page).contains(&name), "{name}");
    }
}
