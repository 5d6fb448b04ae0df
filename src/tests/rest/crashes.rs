//! The console killed while a mount is being made, at each of the moments that differ: what the next one finds is
//! either there or gone, can be removed, and has left nothing dead and nobody behind.

use std::{
    fs::{self, File},
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::mounts::{can_mount, is_mounted};
use crate::support::{Console, Mute, kill, until, write};

/// How often at each moment, and with each end of the processes.
const TIMES: usize = 5;
/// How long the next console may take until it answers.
const RECOVERY: Duration = Duration::from_secs(10);

/// What the dying console had come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The row is committed. Nothing else is there.
    Row,
    /// The folder of the mount is there, its process perhaps.
    Folder,
    /// rclone runs. It has perhaps mounted.
    Process,
    /// rclone runs, and waits for a remote that never answers.
    Waiting,
    /// The kernel has it. No answer was sent.
    Mounted,
}

/// What is mounted, and how the console got as far as this moment.
struct Attempt<'a> {
    console: &'a mut Console,
    moment: Moment,
    place: String,
}

impl Attempt<'_> {
    /// Begins to mount, and kills the console at the moment.
    async fn crash(&mut self) {
        let data = self.console.data();
        // Who makes a mount looks at the configuration first, under its lock: while it is ours, the row is there and no
        // process.
        let lock =
            File::options().create(true).truncate(false).write(true).open(data.join("run/vault.lock")).expect("a lock");
        if self.moment == Moment::Row {
            lock.lock().expect("locked");
        }
        let location = if self.moment == Moment::Waiting { "mute:dir".to_owned() } else { self.console.path("source") };
        let body = json!({ "remote_path": location, "mount_point": self.place });
        let request = self.console.request(Method::POST, "/api/v1/backups/rclone/mount").json(&body);
        let asked = tokio::spawn(request.send());
        let began = Instant::now();
        while !self.has_come(&asked).await {
            assert!(began.elapsed() < Duration::from_secs(60), "{:?} does not come", self.moment);
            // Not by a clock: some of these moments last a millisecond.
            tokio::task::yield_now().await;
        }
        self.console.kill();
        let answer = asked.await.expect("no panic");
        assert!(answer.is_err() || self.moment == Moment::Mounted, "{:?}: it was answered before", self.moment);
    }

    async fn has_come<T>(&self, asked: &tokio::task::JoinHandle<T>) -> bool {
        let folders =
            || fs::read_dir(self.console.data().join("mounts")).expect("a folder").flatten().map(|entry| entry.path());
        let has = |name: &str| folders().any(|folder| folder.join(name).exists());
        match self.moment {
            Moment::Row => !rows(self.console).await.is_empty(),
            Moment::Folder => folders().next().is_some(),
            Moment::Process => has("pids.json"),
            Moment::Waiting => has("pids.json") && rows(self.console).await[0]["state"] == "starting",
            Moment::Mounted => is_mounted(&self.place) || asked.is_finished(),
        }
    }
}

async fn rows(console: &Console) -> Vec<Value> {
    console.get("/api/v1/mounts", StatusCode::OK).await.as_array().expect("a list").clone()
}

/// What is left of a mount that has to be gone.
fn left(console: &Console, id: &str, place: &str) -> Vec<String> {
    let mut left: Vec<_> = console.processes(id).into_iter().map(|(pid, line)| format!("{pid} {line}")).collect();
    left.extend(is_mounted(place).then(|| format!("{place} is mounted")));
    left
}

#[tokio::test]
async fn a_console_that_is_killed_while_it_mounts_leaves_nothing_that_can_not_be_removed() {
    if !can_mount() {
        return;
    }
    let (mut console, mute) = (Console::start(), Mute::start());
    write(&console.root(), "source/file", b"content");
    let remote = json!({ "remote_name": "mute", "provider": "webdav", "config": { "url": mute.url() } });
    console.post("/api/v1/backups/rclone/configure", &remote, StatusCode::OK).await;
    let place = console.path("mnt");
    let mut states = std::collections::BTreeMap::<_, usize>::new();
    let mut slowest = Duration::ZERO;
    for moment in [Moment::Row, Moment::Folder, Moment::Process, Moment::Waiting, Moment::Mounted] {
        for powerless in [false, true] {
            for _ in 0..TIMES {
                Attempt { console: &mut console, moment, place: place.clone() }.crash().await;
                if powerless {
                    // As when the machine loses its power: the processes of the mount are gone as well.
                    let data = console.data();
                    let data = data.to_str().expect("text");
                    until("all are gone", async || {
                        console.processes(data).iter().for_each(|(pid, _)| kill(*pid));
                        console.processes(data).is_empty().then_some(())
                    })
                    .await;
                }
                let began = Instant::now();
                console.restart();
                let mounts = rows(&console).await;
                slowest = slowest.max(began.elapsed());
                assert_eq!(mounts.len(), 1, "{moment:?} {powerless}: {mounts:?}");
                let id = mounts[0]["id"].as_str().expect("an id").to_owned();
                let state = settled(&console, moment).await;
                *states
                    .entry(format!(
                        "{moment:?}, {}: {state}",
                        if powerless { "all killed" } else { "the console killed" }
                    ))
                    .or_default() += 1;
                match state.as_str() {
                    "mounted" => {
                        assert!(!powerless, "{moment:?}");
                        assert_eq!(fs::read(format!("{place}/file")).expect("read through the mount"), b"content");
                    }
                    "starting" => assert!(!powerless && moment == Moment::Waiting, "{moment:?}"),
                    _ => {
                        assert_eq!(left(&console, &id, &place), [""; 0], "{moment:?} {powerless}");
                        assert_eq!(fs::read_dir(&place).expect("a folder again").count(), 0);
                    }
                }
                console.delete(&format!("/api/v1/mounts/{id}?force=true"), StatusCode::NO_CONTENT).await;
                assert_eq!(left(&console, &id, &place), [""; 0], "{moment:?} {powerless}: removed");
                assert!(rows(&console).await.is_empty() && !console.data().join("mounts").join(&id).exists());
            }
        }
    }
    eprintln!("{states:#?}, at most {slowest:?} until the next console answers");
    assert_eq!(states.values().sum::<usize>(), 50);
    assert!(slowest < RECOVERY, "{slowest:?}");
    // What is between the moments was met from both sides.
    let met = |state: &str| states.keys().any(|key| key.ends_with(state));
    assert!(met("mounted") && met("starting") && met("gone"), "{states:?}");
}

/// How the mount is when it has come to rest: one that waits for a remote that never answers does not.
async fn settled(console: &Console, moment: Moment) -> String {
    until("the mount is there or gone", async || {
        let state = rows(console).await[0]["state"].as_str().expect("a state").to_owned();
        (state != "starting" || moment == Moment::Waiting).then_some(state)
    })
    .await
}
