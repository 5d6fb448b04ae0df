//! The power fails: the data folder is on a drive that loses, at a call by chance, all that was not synced. What was
//! answered is there afterwards, nothing is damaged, and every run comes to an end.

use std::{cell::RefCell, collections::BTreeMap, collections::BTreeSet, fs, process::Command, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Chance, count, file};
use crate::{
    drive::{Drive, Trouble},
    support::{Console, kill, rclone_path, until},
};

/// The most calls that change something before the power is cut: some seconds of work.
const MOST_CALLS: usize = 1500;

/// What was answered, and has to be there.
#[derive(Default)]
struct Answered {
    runs: Vec<String>,
    /// The runs that were reported as ended, and how.
    ended: BTreeMap<String, Value>,
    jobs: BTreeMap<String, String>,
    tokens: BTreeMap<String, String>,
    /// Those that open nothing any more.
    revoked: Vec<String>,
    remotes: Vec<String>,
}

/// People and programs who ask for things until the power fails.
struct People<'a> {
    console: &'a Console,
    drive: &'a Drive,
    round: usize,
    answered: RefCell<Answered>,
}

impl People<'_> {
    /// The answer, when it is `status`. Without a cut it is.
    async fn ask(&self, method: Method, path: &str, body: &Value, status: StatusCode) -> Option<Value> {
        let told = match self.console.request(method, path).json(body).send().await {
            Ok(answer) if answer.status() == status => answer.json().await.ok(),
            Ok(answer) => {
                let (status, words) = (answer.status(), answer.text().await.unwrap_or_default());
                assert!(self.drive.is_dead(), "{path}: {status} {words}");
                None
            }
            Err(_) => None,
        };
        assert!(told.is_some() || self.drive.is_dead(), "{path}: no answer");
        told
    }

    async fn make(&self, path: &str, body: &Value) -> Option<Value> {
        self.ask(Method::POST, path, body, StatusCode::CREATED).await
    }

    async fn runs(&self, who: usize, limit: Option<&str>) {
        let mut tick = tokio::time::interval(Duration::from_millis(25));
        for number in 0.. {
            let (from, to) =
                (self.console.path("src"), self.console.path(&format!("dst{}/{who}-{number}", self.round)));
            let run = json!({ "source": from, "destination": to, "options": { "bwlimit": limit } });
            let Some(run) = self.ask(Method::POST, "/api/v1/runs", &run, StatusCode::ACCEPTED).await else { return };
            let id = run["id"].as_str().expect("an id").to_owned();
            self.answered.borrow_mut().runs.push(id.clone());
            loop {
                let Some(run) = self.ask(Method::GET, &format!("/api/v1/runs/{id}"), &json!({}), StatusCode::OK).await
                else {
                    return;
                };
                if !run["ended_at"].is_null() {
                    self.answered.borrow_mut().ended.insert(id, run["state"].clone());
                    break;
                }
                if self.drive.is_dead() {
                    return;
                }
                tick.tick().await;
            }
        }
    }

    async fn jobs(&self) {
        for number in 0.. {
            let name = format!("job {} {number}", self.round);
            let job = json!({ "name": name, "source": self.console.path("src"), "destination": self.console.path("elsewhere") });
            let Some(job) = self.make("/api/v1/jobs", &job).await else { return };
            self.answered.borrow_mut().jobs.insert(job["id"].as_str().expect("an id").to_owned(), name);
        }
    }

    async fn tokens(&self) {
        for number in 0.. {
            let label = format!("token {} {number}", self.round);
            let Some(made) = self.make("/api/v1/tokens", &json!({ "label": label, "role": "viewer" })).await else {
                return;
            };
            let secret = made["token"].as_str().expect("a token").to_owned();
            let id = made["id"].as_str().expect("an id").to_owned();
            if number % 4 == 0 {
                self.answered.borrow_mut().tokens.insert(id, secret);
                continue;
            }
            let revoked = self.console.request(Method::DELETE, &format!("/api/v1/tokens/{id}")).send().await;
            if !revoked.is_ok_and(|answer| answer.status() == StatusCode::NO_CONTENT) {
                assert!(self.drive.is_dead(), "a token is not revoked");
                return;
            }
            self.answered.borrow_mut().revoked.push(id);
        }
    }

    async fn remotes(&self) {
        for number in 0.. {
            let name = format!("remote{}-{number}", self.round);
            let remote = json!({ "name": name, "provider": "alias", "config": { "remote": self.console.path("src") } });
            if self.make("/api/v1/remotes", &remote).await.is_none() {
                return;
            }
            self.answered.borrow_mut().remotes.push(name);
        }
    }
}

/// What survived, before anybody works with it: the database is whole, and rclone reads its configuration.
async fn is_whole(console: &Console, answered: &Answered) {
    // On a copy: who opens it last would fold the log into it.
    let (copy, data) = (tempfile::tempdir().expect("a folder"), console.data());
    for name in ["longshore.db", "longshore.db-wal"] {
        if data.join(name).exists() {
            fs::copy(data.join(name), copy.path().join(name)).expect("copied");
        }
    }
    let url = format!("sqlite://{}", copy.path().join("longshore.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.expect("opened");
    assert_eq!(
        sqlx::query_scalar::<_, String>("PRAGMA integrity_check").fetch_one(&pool).await.expect("checked"),
        "ok"
    );
    pool.close().await;
    let listed = Command::new(rclone_path())
        .arg("listremotes")
        .arg("--config")
        .arg(data.join("rclone.conf"))
        .output()
        .expect("rclone");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).expect("text");
    let listed: BTreeSet<_> = listed.lines().collect();
    for name in &answered.remotes {
        assert!(listed.contains(&*format!("{name}:")), "{name} is lost");
    }
}

/// All that was answered is there, with its rows in the audit log.
async fn is_there(console: &Console, answered: &Answered, since: &str) {
    for id in &answered.runs {
        let run = console.run(id).await;
        if let Some(state) = answered.ended.get(id) {
            assert_eq!(&run["state"], state, "{run}");
        }
    }
    for (id, name) in &answered.jobs {
        assert_eq!(console.get(&format!("/api/v1/jobs/{id}"), StatusCode::OK).await["name"], name.as_str());
    }
    for secret in answered.tokens.values() {
        console.ask(secret, Method::GET, "/api/v1/remotes", &json!({}), StatusCode::OK).await;
    }
    let tokens = console.get("/api/v1/tokens", StatusCode::OK).await.to_string();
    assert!(answered.revoked.iter().all(|id| !tokens.contains(id)), "one that was revoked is back: {tokens}");
    let remotes = console.get("/api/v1/remotes", StatusCode::OK).await.to_string();
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = console.get(&format!("/api/v1/audit?since={since}&limit=100{cursor}"), StatusCode::OK).await;
        rows.extend(page["entries"].as_array().expect("rows").clone());
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let told = |action: &str, field: &str, what: &str| {
        assert!(
            rows.iter().any(|row| row["action"] == action && row[field] == what),
            "{action} {what} is not in the audit log"
        );
    };
    for name in &answered.remotes {
        assert!(remotes.contains(&format!("\"{name}\"")), "{name}: {remotes}");
        told("rclone.configure", "target", name);
    }
    answered.jobs.values().for_each(|name| told("job.create", "target", name));
    answered.runs.iter().for_each(|id| told("run.start", "run_id", id));
    answered.ended.keys().for_each(|id| told("rclone.copy", "run_id", id));
    let count = |action: &str| rows.iter().filter(|row| row["action"] == action).count();
    assert!(
        count("token.create") >= answered.tokens.len() + answered.revoked.len()
            && count("token.delete") >= answered.revoked.len()
    );
}

/// No run is left that has not ended.
async fn all_end(console: &Console) {
    until("every run ends", async || {
        let runs = console.get("/api/v1/runs?limit=100", StatusCode::OK).await;
        runs["runs"].as_array().expect("runs").iter().all(|run| run["ended_at"].is_string()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_was_answered_is_there_after_the_power_failed() {
    if !Drive::can_be_had() {
        return;
    }
    let times = count("LONGSHORE_SUITE_CUTS", 2);
    let mut drive = None;
    let mut console = Console::start_in(|dir| drive = Some(Drive::mount(&dir.join("data"))));
    let mut drive = drive.expect("mounted");
    (0..3).for_each(|part| file(&console, &format!("src/part{part}"), 64));
    let (mut counted, mut slowest) = ([0; 6], Duration::ZERO);
    for round in 0..times {
        let mut chance = Chance::of(round);
        let since = longshore::server::platform::clock::Clock::system().now().rfc3339();
        drive.arm(chance.between(1, MOST_CALLS), Trouble::Cut);
        let people = People { console: &console, drive: &drive, round, answered: RefCell::default() };
        tokio::join!(
            people.runs(0, None),
            people.runs(1, None),
            people.runs(2, Some("64k")),
            people.jobs(),
            people.tokens(),
            people.remotes()
        );
        let answered = people.answered.into_inner();
        assert!(drive.is_dead());
        console.kill();
        let data = console.data().to_str().expect("text").to_owned();
        until("all is gone", async || {
            let left = console.processes(&data);
            left.iter().for_each(|(pid, _)| kill(*pid));
            left.is_empty().then_some(())
        })
        .await;
        drive.power_on(|limit| chance.below(limit));
        is_whole(&console, &answered).await;
        let began = std::time::Instant::now();
        console.restart();
        slowest = slowest.max(began.elapsed());
        is_there(&console, &answered, &since).await;
        all_end(&console).await;
        is_there(&console, &answered, &since).await;
        // A person may have a hundred.
        for id in answered.tokens.keys() {
            console
                .ask(
                    console.token(),
                    Method::DELETE,
                    &format!("/api/v1/tokens/{id}"),
                    &json!({}),
                    StatusCode::NO_CONTENT,
                )
                .await;
        }
        let counts = [
            answered.runs.len(),
            answered.ended.len(),
            answered.jobs.len(),
            answered.tokens.len(),
            answered.revoked.len(),
            answered.remotes.len(),
        ];
        counted.iter_mut().zip(counts).for_each(|(all, these)| *all += these);
    }
    assert!(!console.said().contains("panicked"));
    let [runs, ended, jobs, tokens, revoked, remotes] = counted;
    eprintln!(
        "{times} cuts; answered before: {runs} runs and {ended} ends of runs, {jobs} jobs, {tokens} tokens and {revoked} that were revoked, \
         {remotes} remotes: none is lost; at most {slowest:?} until the console listens"
    );
}
