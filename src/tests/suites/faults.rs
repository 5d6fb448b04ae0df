//! Each call that changes something fails once, or from then on: with a remote that is made or deleted, a job that is
//! saved, a run that is started. Either it is done, or it is refused in words and nothing has changed; and the console
//! works afterwards.

use std::{fs, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Chance, count, end, file, tree};
use crate::{
    drive::{BROKEN, Drive, NO_ROOM, Trouble},
    support::Console,
};

/// More points than any of these has.
const ALL: usize = 1000;

/// The console, the drive that holds its data, and what was seen.
struct Setup {
    console: Console,
    drive: Drive,
    points: usize,
    refused: usize,
    done: usize,
}

impl Setup {
    fn start() -> Option<Self> {
        if !Drive::can_be_had() {
            return None;
        }
        let mut drive = None;
        let console = Console::start_in(|dir| drive = Some(Drive::mount(&dir.join("data"))));
        file(&console, "src/part", 64);
        drive.map(|drive| Self { console, drive, points: 0, refused: 0, done: 0 })
    }

    /// Asks while the drive fails at a call: the answer's status and words, and the calls that failed.
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
        after: usize,
        trouble: Trouble,
    ) -> (StatusCode, String) {
        self.drive.arm(after, trouble);
        let answer = self.console.request(method, path).json(body).send().await.expect("an answer, whatever fails");
        (answer.status(), answer.text().await.expect("a body"))
    }

    /// Notes a point. A refusal says in words that it is one.
    fn note(&mut self, status: StatusCode, words: &str, failed: &[String]) -> bool {
        self.points += usize::from(!failed.is_empty());
        if status.is_success() {
            self.done += usize::from(!failed.is_empty());
            return true;
        }
        self.refused += 1;
        let error: Value = serde_json::from_str(words).expect("JSON");
        assert!(error["message"].as_str().is_some_and(|words| !words.is_empty()), "{error}");
        assert!(matches!(status.as_u16(), 500 | 503 | 507), "{status} {error} at {failed:?}");
        assert!(!failed.is_empty(), "nothing failed, and it is refused: {error}");
        false
    }

    fn conf(&self) -> Vec<u8> {
        fs::read(self.console.data().join("rclone.conf")).expect("read")
    }

    async fn lists(&self, path: &str, name: &str) -> bool {
        self.console.get(path, StatusCode::OK).await.to_string().contains(&format!("\"{name}\""))
    }
}

/// The calls that are made to fail, of so many that there are: all, or some by chance.
fn points(of: usize, part: usize) -> Vec<usize> {
    let (wanted, mut chance) = (count("LONGSHORE_SUITE_FAULTS", 2), Chance::of(part));
    if wanted >= of { (0..ALL).collect() } else { (0..wanted).map(|_| chance.below(of)).collect() }
}

/// What may go wrong. Each with its number, for names.
const TROUBLES: [Trouble; 4] =
    [Trouble::Once(NO_ROOM), Trouble::Once(BROKEN), Trouble::Lasting(NO_ROOM), Trouble::Lasting(BROKEN)];

fn told(what: &str, place: &Setup) {
    let Setup { points, refused, done, .. } = place;
    eprintln!("{what}: {points} calls that failed, {refused} refused and nothing changed, {done} done all the same");
    assert!(!place.console.said().contains("panicked"), "{}", place.console.said());
}

#[tokio::test]
async fn a_remote_is_made_or_deleted_or_rclones_configuration_is_what_it_was() {
    let Some(mut place) = Setup::start() else { return };
    let remote = |name: &str, place: &Setup| json!({ "name": name, "provider": "alias", "config": { "remote": place.console.path("src") } });
    place.console.post("/api/v1/remotes", &remote("first", &place), StatusCode::CREATED).await;
    let before = place.drive.calls();
    place.console.post("/api/v1/remotes", &remote("second", &place), StatusCode::CREATED).await;
    let calls = place.drive.calls() - before;
    for (kind, trouble) in TROUBLES.into_iter().enumerate() {
        for after in points(calls, kind) {
            let (name, conf) = (format!("remote{kind}-{after}"), place.conf());
            let body = remote(&name, &place);
            let (status, words) = place.ask(Method::POST, "/api/v1/remotes", &body, after, trouble).await;
            let failed = place.drive.disarm();
            let made = place.note(status, &words, &failed);
            assert_eq!(place.lists("/api/v1/remotes", &name).await, made, "{failed:?}: {status} {words}");
            if made {
                assert!(String::from_utf8(place.conf()).expect("text").contains(&format!("[{name}]")), "{failed:?}");
            } else {
                assert!(place.conf() == conf, "{failed:?}: {words}");
                place.console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
            }
            // What is there is deleted in the same way.
            let (address, conf) = (format!("/api/v1/remotes/{name}"), place.conf());
            let (status, words) = place.ask(Method::DELETE, &address, &json!({}), after, trouble).await;
            let failed_too = place.drive.disarm();
            let deleted = place.note(status, &words, &failed_too);
            assert_eq!(place.lists("/api/v1/remotes", &name).await, !deleted, "{failed_too:?}: {status} {words}");
            assert!(deleted || place.conf() == conf, "{failed_too:?}: {words}");
            if failed.is_empty() && failed_too.is_empty() {
                break;
            }
        }
    }
    told("remotes", &place);
}

#[tokio::test]
async fn a_job_is_saved_or_it_is_not_there() {
    let Some(mut place) = Setup::start() else { return };
    let job = |name: &str, place: &Setup| json!({ "name": name, "source": place.console.path("src"), "destination": place.console.path("dst") });
    let before = place.drive.calls();
    place.console.post("/api/v1/jobs", &job("first", &place), StatusCode::CREATED).await;
    let calls = place.drive.calls() - before;
    for (kind, trouble) in TROUBLES.into_iter().enumerate() {
        for after in points(calls, kind) {
            let name = format!("job{kind}-{after}");
            let body = job(&name, &place);
            let (status, words) = place.ask(Method::POST, "/api/v1/jobs", &body, after, trouble).await;
            let failed = place.drive.disarm();
            let saved = place.note(status, &words, &failed);
            assert_eq!(place.lists("/api/v1/jobs", &name).await, saved, "{failed:?}: {status} {words}");
            if !saved {
                place.console.post("/api/v1/jobs", &body, StatusCode::CREATED).await;
            }
            if failed.is_empty() {
                break;
            }
        }
    }
    told("jobs", &place);
}

#[tokio::test]
async fn a_run_is_started_and_ends_as_it_did_or_it_is_not_there() {
    let Some(mut place) = Setup::start() else { return };
    let run =
        |to: &str, place: &Setup| json!({ "source": place.console.path("src"), "destination": place.console.path(to) });
    let before = place.drive.calls();
    place.console.ended(&super::begin(&place.console, &run("first", &place)).await).await;
    let calls = place.drive.calls() - before;
    let (mut succeeded, mut others) = (0, 0);
    for (kind, trouble) in TROUBLES.into_iter().enumerate() {
        for after in points(calls, kind) {
            let to = format!("dst{kind}-{after}");
            let body = run(&to, &place);
            let (status, words) = place.ask(Method::POST, "/api/v1/runs", &body, after, trouble).await;
            // What lasts is over when it was answered: nothing could be written about this run else.
            let mut failed = if matches!(trouble, Trouble::Lasting(_)) { place.drive.disarm() } else { Vec::new() };
            if status == StatusCode::ACCEPTED {
                let id = serde_json::from_str::<Value>(&words).expect("JSON")["id"].as_str().expect("an id").to_owned();
                let ended = tokio::time::timeout(Duration::from_secs(60), end(&place.console, &id)).await;
                failed.extend(place.drive.disarm());
                let ended = ended.unwrap_or_else(|_| panic!("{id} does not end after {failed:?}"));
                let same = tree(&place.console.root().join("src")) == tree(&place.console.root().join(&to));
                assert!(same || ended["state"] != "succeeded", "{failed:?}: {ended}");
                assert!(ended["state"] == "succeeded" || ended["error"].is_string(), "{failed:?}: {ended}");
                if ended["state"] == "succeeded" { succeeded += 1 } else { others += 1 }
            } else {
                failed.extend(place.drive.disarm());
                assert!(!place.lists("/api/v1/runs", &place.console.path(&to)).await, "{failed:?}: {status} {words}");
            }
            place.note(status, &words, &failed);
            if failed.is_empty() {
                break;
            }
        }
    }
    let again = super::begin(&place.console, &run("again", &place)).await;
    assert_eq!(end(&place.console, &again).await["state"], "succeeded");
    told("runs", &place);
    eprintln!("{succeeded} of the runs that were begun succeeded, {others} tell what failed");
}
