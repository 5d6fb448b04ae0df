//! Work that is bounded: listings and sizes of one person at once, what waits for its turn, and answers that are made
//! while they are sent.

use std::{collections::BTreeSet, fs, time::Duration};

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{interval, timeout};

use crate::support::{Console, expect, until, write};

const LIST: &str = "/api/v1/backups/rclone/list";
const SIZE: &str = "/api/v1/backups/rclone/size";
/// How long somebody else may wait at the very most.
const PATIENCE: Duration = Duration::from_secs(30);

/// Processes of this console that count what lies in `many`.
fn sizes(console: &Console) -> usize {
    let data = console.data();
    let processes = console.processes(data.to_str().expect("text"));
    processes.iter().filter(|(_, line)| line.contains("/many") && line.split(' ').any(|word| word == "size")).count()
}

#[tokio::test]
async fn sixty_sizes_of_one_person_are_three_at_a_time_and_the_others_are_told_to_wait() {
    let console = Console::start();
    for n in 0..500 {
        write(&console.root(), &format!("many/{n}"), b"x");
    }
    console.person("vera", "viewer").await;
    let token = console.token_of("vera", "viewer");
    let (place, own) = (console.path("many"), console.path("."));
    let ask = || console.anonymous(Method::GET, SIZE).bearer_auth(&token).query(&[("remote_path", &place)]).send();
    let flood = join_all((0..60).map(|_| ask()));
    let watch = async {
        let (mut most, mut tick) = (0, interval(Duration::from_millis(20)));
        loop {
            tick.tick().await;
            most = most.max(sizes(&console));
            if most > 3 {
                return most;
            }
        }
    };
    let others = async {
        let request = console.request(Method::GET, SIZE).query(&[("remote_path", &own)]);
        expect(timeout(PATIENCE, request.send()).await.expect("in time").expect("an answer"), StatusCode::OK).await
    };
    let answers = tokio::select! {
        (answers, _) = async { tokio::join!(flood, others) } => answers,
        most = watch => panic!("{most} processes at once"),
    };
    let (mut done, mut refused) = (0, 0);
    for answer in answers {
        let answer = answer.expect("an answer");
        match answer.status() {
            StatusCode::OK => done += 1,
            StatusCode::TOO_MANY_REQUESTS => {
                assert_eq!(answer.headers()["retry-after"], "5");
                let error = expect(answer, StatusCode::TOO_MANY_REQUESTS).await;
                let message = error["message"].as_str().expect("words");
                assert!(message.contains("of your size calls are running and 8 wait"), "{message}");
                refused += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(done >= 11 && refused > 0, "{done} done, {refused} refused");
    expect(ask().await.expect("an answer"), StatusCode::OK).await;
}

#[tokio::test]
async fn an_answer_that_is_made_piece_by_piece_is_whole_whatever_its_length() {
    let console = Console::start();
    for count in [0_usize, 1, 255, 256, 257, 512, 700] {
        let folder = format!("n{count}");
        fs::create_dir(console.root().join(&folder)).expect("a folder");
        (0..count).for_each(|n| write(&console.root(), &format!("{folder}/\"quoted\\ {n:03}"), b"x"));
        let list = async |query: &[(&str, &str)]| {
            let path = console.path(&folder);
            let request = console.request(Method::GET, LIST).query(&[("remote_path", path.as_str())]).query(query);
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.headers()["content-type"], "application/json");
            let next = answer.headers().get("x-next-cursor").map(|cursor| cursor.to_str().expect("text").to_owned());
            let Value::Array(entries) = expect(answer, StatusCode::OK).await else { panic!("an array") };
            (entries, next)
        };
        let names = |entries: &[Value]| {
            entries.iter().map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        let (whole, next) = list(&[]).await;
        assert_eq!((whole.len(), next), (count, None));
        assert_eq!(names(&whole).iter().collect::<BTreeSet<_>>().len(), count, "each once");
        let (mut pages, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let (page, next) = match &cursor {
                None => list(&[("limit", "300")]).await,
                Some(cursor) => list(&[("limit", "300"), ("cursor", cursor)]).await,
            };
            pages.extend(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(names(&pages), names(&whole), "{count} in pages");
    }
}

#[tokio::test]
async fn one_person_who_reads_slowly_keeps_two_listings_and_nobody_else_waits() {
    let console = Console::start();
    // An answer larger than all buffers between here and there.
    let long = "x".repeat(200);
    for n in 0..20_000 {
        write(&console.root(), &format!("many/{}/{long}{n}", n % 50), b"");
    }
    write(&console.root(), "few/a", b"x");
    console.person("vera", "viewer").await;
    let token = console.token_of("vera", "viewer");
    let list = |token: &str, place: &str| {
        let query = [("remote_path", console.path(place)), ("recursive", "true".to_owned())];
        console.anonymous(Method::GET, LIST).bearer_auth(token).query(&query)
    };
    // The head has come, and the rest is left unread.
    let slow =
        [list(&token, "many").send().await.expect("an answer"), list(&token, "many").send().await.expect("an answer")];
    assert!(slow.iter().all(|answer| answer.status() == StatusCode::OK));
    let third = tokio::spawn(list(&token, "few").send());
    let others = timeout(PATIENCE, list(console.token(), "many").send()).await.expect("in time").expect("an answer");
    assert_eq!(expect(others, StatusCode::OK).await.as_array().map(Vec::len), Some(20_050));
    assert!(!third.is_finished(), "two of theirs are not read yet");
    let [one, other] = slow;
    drop(one);
    let third = timeout(PATIENCE, third).await.expect("its turn").expect("no panic").expect("an answer");
    expect(third, StatusCode::OK).await;
    assert_eq!(expect(other, StatusCode::OK).await.as_array().map(Vec::len), Some(20_050), "slow is not wrong");
}

#[tokio::test]
async fn reading_without_end_writes_a_few_rows_and_they_tell_how_often() {
    let mut console = Console::start();
    write(&console.root(), "a/x", b"x");
    console.person("vera", "viewer").await;
    let token = console.token_of("vera", "viewer");
    let query = [("remote_path", console.path("a")), ("limit", "1".to_owned())];
    for _ in 0..50 {
        let request = console.anonymous(Method::GET, LIST).bearer_auth(&token).query(&query);
        expect(request.send().await.expect("an answer"), StatusCode::OK).await;
    }
    let rows = console.get("/api/v1/audit?user=vera&action=rclone.list", StatusCode::OK).await;
    assert_eq!(rows["entries"].as_array().map(Vec::len), Some(1), "{rows}");
    assert!(console.terminate().0.success());
    console.restart();
    let rows = until("the sum is there", async || {
        let rows = console.get("/api/v1/audit?user=vera&action=rclone.list", StatusCode::OK).await;
        (rows["entries"].as_array().map(Vec::len) == Some(2)).then_some(rows)
    })
    .await;
    let sum = &rows["entries"][0];
    assert_eq!((&sum["detail"]["more"], &sum["target"]), (&Value::from(49), &Value::from(console.path("a"))), "{sum}");
}
