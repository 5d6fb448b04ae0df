//! The work that goes on while everything is killed: copies and syncs as slow as they should be, some that are
//! tried again, some that are followed by another. Each has a destination of its own, so what became of it is known
//! by looking there.

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use fastrand::Rng;
use serde_json::{Value, json};

use super::{api::Api, console::WORKING};

/// Runs that wait behind those that work.
const WAITING: usize = 3;
/// Folders that are copied from.
const SOURCES: u64 = 4;
/// Files in each.
const FILES: u64 = 6;
/// Bytes of each, at most.
const LARGEST: u64 = 160 << 10;

/// What kind of work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A copy that is tried once.
    Copy,
    /// A sync: its guards look ahead.
    Sync,
    /// A copy that is tried up to three times.
    Retry,
    /// A run of a job that is followed by another's.
    Chain,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it is.
    pub kind: Kind,
    /// The run, once the console has answered 202.
    pub id: Option<String>,
    /// Where from, below the root.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// Where what follows it copies to.
    pub follower: Option<String>,
}

/// Keeps the console at work.
pub struct Load {
    root: String,
    /// All that was asked for.
    pub asked: Vec<Asked>,
    /// Of this kind is what is asked for next.
    pub wanted: Option<Kind>,
}

impl Load {
    /// Makes what is copied.
    pub fn new(root: &Path, chance: &mut Rng) -> Result<Self> {
        for source in 0..SOURCES {
            let dir = root.join(format!("source{source}/below"));
            fs::create_dir_all(&dir)?;
            for file in 0..FILES {
                let content: Vec<u8> =
                    (0..chance.u64(..LARGEST) / 8).flat_map(|_| chance.u64(..).to_le_bytes()).collect();
                fs::write(dir.join(format!("file{file}")), content)?;
            }
        }
        Ok(Self { root: root.display().to_string(), asked: Vec::new(), wanted: None })
    }

    /// Asks until so much has not ended that there is a queue. What the console did not answer is asked again, with the
    /// same key.
    pub fn top_up(&mut self, api: &Api, chance: &mut Rng) -> Result<()> {
        for at in 0..self.asked.len() {
            if self.asked[at].id.is_none() {
                self.ask(api, at)?;
            }
        }
        let queue = api.get("/api/v1/queue")?;
        let count = |name: &str| queue[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        for _ in count("waiting") + count("running")..WORKING + WAITING {
            self.add(chance)?;
            self.ask(api, self.asked.len() - 1)?;
        }
        Ok(())
    }

    fn add(&mut self, chance: &mut Rng) -> Result<()> {
        let kind = self.wanted.take().unwrap_or_else(|| match chance.u64(..10) {
            0..3 => Kind::Copy,
            3..6 => Kind::Sync,
            6..8 => Kind::Retry,
            _ => Kind::Chain,
        });
        let n = self.asked.len();
        let destination = format!("to{n}");
        if kind == Kind::Sync {
            // Some that are to be deleted, fewer than may be.
            let dir = Path::new(&self.root).join(&destination);
            fs::create_dir_all(&dir)?;
            (0..3).try_for_each(|old| fs::write(dir.join(format!("old{old}")), "old"))?;
        }
        let follower = (kind == Kind::Chain).then(|| format!("after{n}"));
        if follower.is_some() {
            // There, whatever becomes of the run that it follows.
            fs::create_dir_all(Path::new(&self.root).join(&destination))?;
        }
        self.asked.push(Asked {
            kind,
            id: None,
            source: format!("source{}", chance.u64(..SOURCES)),
            destination,
            follower,
        });
        Ok(())
    }

    /// Asks for number `at`. An error is a console that does not answer.
    fn ask(&mut self, api: &Api, at: usize) -> Result<()> {
        let asked = self.asked[at].clone();
        let path = |name: &str| format!("{}/{name}", self.root);
        // As a burst is let through, the rate is less than the size of what is copied each second.
        let options = json!({ "bwlimit": "128k", "transfers": 2 });
        let task =
            json!({ "source": path(&asked.source), "destination": path(&asked.destination), "options": options });
        let key = format!("crash-{at}");
        let run = match (asked.kind, &asked.follower) {
            (Kind::Chain, Some(follower)) => {
                let after = json!({ "name": format!("after {at}"), "source": path(&asked.destination), "destination": path(follower) });
                let after = self.job(api, &after)?;
                let mut job =
                    json!({ "name": format!("first {at}"), "followers": [{ "job": after, "after": "always" }] });
                merge(&mut job, &task);
                let job = self.job(api, &job)?;
                api.ask("POST", &format!("/api/v1/jobs/{job}/runs"), Some(&key), Some(&json!({})))?
            }
            _ => {
                let mut run = match asked.kind {
                    Kind::Sync => json!({ "operation": "sync" }),
                    Kind::Retry => json!({ "retry": { "attempts": 3, "backoff_secs": 1 } }),
                    _ => json!({}),
                };
                merge(&mut run, &task);
                api.ask("POST", "/api/v1/runs", Some(&key), Some(&run))?
            }
        };
        ensure!(run.0 == 202, "not started: {} {}", run.0, run.1);
        self.asked[at].id = run.1["id"].as_str().map(str::to_owned);
        Ok(())
    }

    /// Saves a job; its id. One whose answer was lost is found by its name.
    fn job(&self, api: &Api, job: &Value) -> Result<String> {
        let (status, saved) = api.ask("POST", "/api/v1/jobs", None, Some(job))?;
        let id = match status {
            201 => saved["id"].clone(),
            _ => {
                let name = job["name"].as_str().unwrap_or_default();
                let found = api.get(&format!("/api/v1/jobs?limit=1000&search={}", name.replace(' ', "%20")))?;
                let jobs = found["jobs"].as_array().cloned().unwrap_or_default();
                jobs.iter().find(|job| job["name"] == name).map(|job| job["id"].clone()).unwrap_or_default()
            }
        };
        id.as_str().map(str::to_owned).ok_or_else(|| anyhow::anyhow!("not saved: {status} {saved}"))
    }
}

fn merge(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        into.extend(from.clone());
    }
}
