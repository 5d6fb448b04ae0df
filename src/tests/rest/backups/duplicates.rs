//! Providers that have one name several times: no page loses an entry or has one twice, and each is different from the
//! others.

use super::*;
use crate::support::{ExactS3, sign_in};

/// All pages of a listing, of `limit` entries each.
async fn pages(console: &Console, place: &str, recursive: bool, limit: usize) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let limit = limit.to_string();
        let mut query =
            vec![("remote_path", place), ("limit", &limit), ("recursive", if recursive { "true" } else { "false" })];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let answer =
            console.request(Method::GET, &format!("{BASE}/list")).query(&query).send().await.expect("an answer");
        cursor = answer.headers().get("x-next-cursor").map(|cursor| cursor.to_str().expect("text").to_owned());
        let page = expect(answer, StatusCode::OK).await;
        let page = page.as_array().expect("entries");
        assert!(page.len() <= limit.parse().expect("a number"));
        all.extend(page.iter().cloned());
        if cursor.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_hold_what_the_whole_listing_holds() {
    let console = Console::start();
    for (n, keys) in [
        &["a", "a", "a", "b", "c"][..],
        &["a", "b", "b", "b", "b"],
        &["a", "a/x", "a", "a/x", "b/y", "b"],
        &["e\u{301}", "é", "é", "E\u{301}", "e"],
        &["z", "y", "x", "x", "a b", "a b", " a", " a"],
        &["same/one", "same/one", "same/two", "same/one", "same"],
    ]
    .into_iter()
    .enumerate()
    {
        let s3 = ExactS3::start(keys);
        configure(&console, &format!("dup{n}"), "s3", s3.config()).await;
        let place = format!("dup{n}:b");
        for recursive in [false, true] {
            let recursively = if recursive { "true" } else { "false" };
            let whole =
                ask(&console, "list", &[("remote_path", &place), ("recursive", recursively)], StatusCode::OK).await;
            let whole = whole.as_array().expect("entries");
            assert!(
                !recursive || whole.iter().filter(|entry| entry["is_dir"] == false).count() == keys.len(),
                "{keys:?}: {whole:?}"
            );
            for limit in 1..=whole.len() {
                assert_eq!(pages(&console, &place, recursive, limit).await, *whole, "{keys:?}, {limit} a page");
            }
        }
        let size = ask(&console, "size", &[("remote_path", &place)], StatusCode::OK).await;
        assert_eq!(size["objects"], keys.len(), "{keys:?}");
    }
}

#[tokio::test]
async fn a_page_is_of_the_listing_that_its_cursor_was_given_for() {
    let (console, s3) = (Console::start(), ExactS3::start(&["a", "a", "b", "c"]));
    configure(&console, "dup", "s3", s3.config()).await;
    write(&console.root(), "one", b"1");
    let first = console
        .request(Method::GET, &format!("{BASE}/list?remote_path=dup:b&limit=2"))
        .send()
        .await
        .expect("an answer");
    let cursor = first.headers()["x-next-cursor"].to_str().expect("text").to_owned();
    // What is written meanwhile belongs to a listing that begins later; a run that ends makes nobody forget this one.
    s3.add("aa");
    call(
        &console,
        "copy",
        json!({ "source": console.path("one"), "destination": console.path("out") }),
        StatusCode::OK,
    )
    .await;
    let rest =
        ask(&console, "list", &[("remote_path", "dup:b"), ("limit", "10"), ("cursor", &cursor)], StatusCode::OK).await;
    let names: Vec<_> =
        rest.as_array().expect("entries").iter().map(|entry| entry["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["b", "c"]);
    for (place, recursive) in [("dup:", "false"), ("dup:b", "true")] {
        let query = [("remote_path", place), ("limit", "2"), ("recursive", recursive), ("cursor", cursor.as_str())];
        let error = ask(&console, "list", &query, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"]["cursor"].is_string(), "{error}");
    }
    for bad in ["YQ", "", "%00", &cursor[1..], &format!("{cursor}0000000000000000000")] {
        let error = ask(
            &console,
            "list",
            &[("remote_path", "dup:b"), ("limit", "2"), ("cursor", bad)],
            StatusCode::BAD_REQUEST,
        )
        .await;
        assert!(error["fields"]["cursor"].is_string(), "{bad}: {error}");
    }
}

#[tokio::test]
async fn a_cursor_outlives_the_console_unless_something_changed() {
    let (mut console, s3) = (Console::start(), ExactS3::start(&["a", "a", "b", "b"]));
    configure(&console, "dup", "s3", s3.config()).await;
    let first = console
        .request(Method::GET, &format!("{BASE}/list?remote_path=dup:b&limit=3"))
        .send()
        .await
        .expect("an answer");
    let cursor = first.headers()["x-next-cursor"].to_str().expect("text").to_owned();
    console.kill();
    console.restart();
    let query = [("remote_path", "dup:b"), ("limit", "3"), ("cursor", cursor.as_str())];
    let rest = ask(&console, "list", &query, StatusCode::OK).await;
    assert_eq!((rest.as_array().map(Vec::len), &rest[0]["name"]), (Some(1), &json!("b")));
    console.kill();
    s3.add("c");
    console.restart();
    let error = ask(&console, "list", &query, StatusCode::CONFLICT).await;
    assert!(error["message"].as_str().expect("words").contains("Start again"), "{error}");
}

#[tokio::test]
async fn a_screen_tells_entries_of_one_name_apart_and_says_that_there_are_such() {
    let (console, s3) = (Console::start(), ExactS3::start(&["a", "a", "a", "b", "a/x"]));
    configure(&console, "dup", "s3", s3.config()).await;
    let page = console.get("/api/v1/files?location=dup:b", StatusCode::OK).await;
    let mut keys: Vec<_> = page["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| (entry["name"].as_str().expect("a name"), entry["duplicate"].as_u64().unwrap_or(0)))
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("b", 0)]);
    assert_eq!((&page["total"], &page["duplicates"]), (&json!(5), &json!(2)), "{page}");
    let request = console.anonymous(Method::GET, "/browse/dup/b").header("cookie", sign_in(&console).await);
    let html = request.send().await.expect("a page").text().await.expect("text");
    assert!(html.contains("2 entries have the name of another"), "{html}");
}
