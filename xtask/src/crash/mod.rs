//! `cargo xtask crash`: kills the console, shims and rclone while five runs are going and more wait, at random times
//! and at each boundary that the program has for it, starts the console again, and proves that nothing was lost,
//! doubled, left behind or misreported.
//!
//! The program is a debug build: a release has no boundaries. The same seed kills the same things in the same order.

mod api;
mod console;
mod load;
mod processes;
mod proof;

use std::{
    collections::BTreeMap,
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail, ensure};
use fastrand::Rng;

use self::{
    console::Console,
    load::{Kind, Load},
    processes::{Role, Watch, run_of},
    proof::{Faults, Killed, prove},
};
use crate::{process, repo::Repo, server, steps::Steps, tools};

/// Kills when nothing is said, and in CI: each kind once.
const KILLS: usize = 21;
/// The seed in CI: a failure there can be looked at again.
const SEED: u64 = 1_764_000_000;
/// How long each run may take to be found again or ended once the console listens.
const FOUND: Duration = Duration::from_secs(5);
/// How long somebody may take to come to a boundary, servants to end with their console, and all runs to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often something is looked at that is waited for.
const OFTEN: Duration = Duration::from_millis(15);

/// The moments at which a console dies, and which work leads there.
const OF_CONSOLE: [(&str, Option<Kind>); 7] = [
    ("after_claim", None),
    ("after_mkdir", None),
    ("after_spawn", None),
    ("during_look", Some(Kind::Sync)),
    ("before_end", None),
    ("before_retry", Some(Kind::Retry)),
    ("after_followers", Some(Kind::Chain)),
];
/// The moments at which a shim dies.
const OF_SHIM: [&str; 4] = ["before_exit", "shim_before_rclone", "shim_before_pids", "shim_after_exit"];

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kill {
    Console,
    Shim,
    Rclone,
    /// As when the machine loses its power.
    All,
    ConsoleAt(&'static str),
    ShimAt(&'static str),
}

/// Twenty-one kills: each boundary once, and ten at random times.
fn round() -> Vec<Kill> {
    let mut round = vec![Kill::Console; 5];
    round.extend([Kill::Shim, Kill::Shim, Kill::Rclone, Kill::Rclone, Kill::All]);
    round.extend(OF_CONSOLE.map(|(name, _)| Kill::ConsoleAt(name)));
    round.extend(OF_SHIM.map(Kill::ShimAt));
    round
}

/// Runs what `args` ask for: `--kills N`, `--seed N`.
pub fn run(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let (mut kills, mut seed) = (KILLS, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = args.next().with_context(|| format!("{arg} wants a number"))?;
        match arg.as_str() {
            "--kills" => kills = value.parse().context("--kills wants a number")?,
            "--seed" => seed = Some(value.parse().context("--seed wants a number")?),
            other => bail!("there is no {other}; there are --kills N and --seed N"),
        }
    }
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(SEED, |time| time.as_secs());
    let seed = seed.unwrap_or_else(now);
    ordeal(repo, steps, kills, seed)
}

/// The short one, always with the same seed.
pub fn short(repo: &Repo, steps: &mut Steps) -> Result<()> {
    ordeal(repo, steps, KILLS, SEED)
}

fn ordeal(repo: &Repo, steps: &mut Steps, kills: usize, seed: u64) -> Result<()> {
    let rclone = tools::for_run(repo, steps)?;
    let binary = server::build(repo, steps, false)?;
    steps.take("crash", || {
        eprintln!("xtask: {kills} kills; again with `cargo xtask crash --kills {kills} --seed {seed}`");
        let mut ordeal = Ordeal::new(Console::new(&binary, &rclone)?, seed)?;
        let result = ordeal.endure(kills).and_then(|()| ordeal.end());
        if result.is_err() {
            eprintln!("xtask: everything of it is kept in {}", ordeal.console.keep().display());
        }
        result
    })
}

struct Ordeal {
    console: Console,
    load: Load,
    watch: Watch,
    chance: Rng,
    killed: Killed,
    faults: Faults,
    done: BTreeMap<Kill, usize>,
    /// The longest that a run took to be found again.
    slowest: Duration,
    restarts: usize,
}

impl Ordeal {
    fn new(console: Console, seed: u64) -> Result<Self> {
        let mut chance = Rng::with_seed(seed);
        let (load, watch) = (Load::new(&console.root(), &mut chance)?, Watch::start(&console.data()));
        let (killed, faults, done) = (Killed::default(), Faults::default(), BTreeMap::new());
        Ok(Self { console, load, watch, chance, killed, faults, done, slowest: Duration::ZERO, restarts: 0 })
    }

    /// Kills so often.
    fn endure(&mut self, kills: usize) -> Result<()> {
        self.console.start()?;
        let mut left = Vec::new();
        for n in 0..kills {
            if left.is_empty() {
                left = round();
                self.chance.shuffle(&mut left);
            }
            self.load.top_up(&self.console.api, &mut self.chance)?;
            let Some(kill) = left.pop() else { break };
            self.kill(kill).with_context(|| format!("kill {}, {kill:?}", n + 1))?;
            *self.done.entry(kill).or_default() += 1;
            if n % 21 == 20 {
                let found: usize = self.faults.all().count();
                eprintln!(
                    "xtask: {} kills, {} runs, {found} faults, at most {:.1?} to be found again",
                    n + 1,
                    self.load.asked.len(),
                    self.slowest
                );
            }
        }
        Ok(())
    }

    fn kill(&mut self, kill: Kill) -> Result<()> {
        match kill {
            Kill::ConsoleAt(failpoint) => return self.console_at(failpoint),
            Kill::ShimAt(failpoint) => return self.shim_at(failpoint),
            _ => {}
        }
        let moment = Duration::from_millis(self.chance.u64(..1000));
        thread::sleep(moment);
        match kill {
            Kill::Console => {
                self.console.kill()?;
                self.rise()
            }
            Kill::All => {
                self.console.kill()?;
                self.kill_everything()?;
                self.rise()
            }
            _ => self.kill_one(kill == Kill::Shim),
        }
    }

    /// Kills a shim, or an rclone, of a run that works.
    fn kill_one(&mut self, shim: bool) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            let all = processes::all(&self.console.data());
            let of = |role: &Role| match role {
                Role::Shim(folder) if shim => Some(folder.clone()),
                Role::Rclone(folder) if !shim => Some(folder.clone()),
                _ => None,
            };
            let candidates: Vec<_> = all.iter().filter_map(|found| Some((found.pid, of(&found.role)?))).collect();
            if let Some((pid, folder)) = self.chance.choice(&candidates) {
                // Noted first: what it says then is expected.
                if shim { &mut self.killed.shims } else { &mut self.killed.rclones }.insert(folder.clone());
                processes::kill(*pid);
                return Ok(());
            }
            ensure!(Instant::now() < end, "nothing works");
            self.load.top_up(&self.console.api, &mut self.chance)?;
            thread::sleep(OFTEN);
        }
    }

    fn kill_everything(&mut self) -> Result<()> {
        wait("everything is dead", || {
            let all = processes::all(&self.console.data());
            for found in &all {
                if let Role::Shim(folder) | Role::Rclone(folder) = &found.role {
                    self.killed.shims.insert(folder.clone());
                    self.killed.rclones.insert(folder.clone());
                }
                processes::kill(found.pid);
            }
            Ok(all.is_empty())
        })
    }

    /// Has the console die at a boundary. What it is asked meanwhile may stay without an answer: it is asked again.
    fn console_at(&mut self, failpoint: &'static str) -> Result<()> {
        let kind = OF_CONSOLE.iter().find(|(name, _)| *name == failpoint).and_then(|(_, kind)| *kind);
        self.console.arm(failpoint)?;
        let end = Instant::now() + PATIENCE;
        let mut provoked = Instant::now();
        while self.console.died_at(failpoint).is_none() {
            ensure!(Instant::now() < end, "nobody came to {failpoint}");
            self.load.wanted = kind;
            let answered = self.load.top_up(&self.console.api, &mut self.chance);
            if kind == Some(Kind::Retry) && answered.is_ok() && provoked.elapsed() > Duration::from_millis(300) {
                self.provoke_a_retry()?;
                provoked = Instant::now();
            }
            thread::sleep(OFTEN);
        }
        self.load.wanted = None;
        wait("the console is dead", || Ok(self.console.is_gone()))?;
        self.rise()
    }

    /// Kills the rclone of a run that will be tried again.
    fn provoke_a_retry(&mut self) -> Result<()> {
        let Ok(running) = self.console.api.runs(&["running"]) else { return Ok(()) };
        let again: Vec<_> = running
            .iter()
            .filter(|run| run["attempt"].as_u64() < run["attempts"].as_u64())
            .filter_map(|run| run["id"].as_str())
            .collect();
        let all = processes::all(&self.console.data());
        let found = all.iter().find_map(|found| match &found.role {
            Role::Rclone(folder) if again.contains(&run_of(folder)) => Some((found.pid, folder.clone())),
            _ => None,
        });
        if let Some((pid, folder)) = found {
            self.killed.rclones.insert(folder);
            processes::kill(pid);
        }
        Ok(())
    }

    fn shim_at(&mut self, failpoint: &'static str) -> Result<()> {
        self.console.arm(failpoint)?;
        let end = Instant::now() + PATIENCE;
        let folder = loop {
            if let Some(folder) = self.console.died_at(failpoint) {
                break folder;
            }
            ensure!(Instant::now() < end, "nobody came to {failpoint}");
            self.load.top_up(&self.console.api, &mut self.chance)?;
            thread::sleep(OFTEN);
        };
        self.killed.shims.insert(folder);
        Ok(())
    }

    /// Starts the console again, and sees that each run that was claimed is found again or has an end, and that only
    /// what it knows lives.
    fn rise(&mut self) -> Result<()> {
        thread::sleep(Duration::from_millis(self.chance.u64(..300)));
        // As the API writes times, so that they compare as texts.
        let began = process::output(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S.%3N"]))?.trim().to_owned();
        self.console.start()?;
        self.restarts += 1;
        let mut waiting: Vec<String> = self.ids(&["guarded", "starting", "running"])?;
        while !waiting.is_empty() {
            let mut still = Vec::new();
            for id in waiting {
                let run = self.console.api.get(&format!("/api/v1/runs/{id}"))?;
                let working = matches!(run["state"].as_str(), Some("guarded" | "starting" | "running"));
                let told = |at: &str| at.trim_end_matches('Z') >= began.as_str();
                let found = run["events"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|event| event["at"].as_str().is_some_and(told)));
                if working && !found {
                    still.push(id);
                }
            }
            waiting = still;
            let passed = self.console.listens.elapsed();
            self.slowest = self.slowest.max(passed);
            if passed > FOUND && !waiting.is_empty() {
                self.faults.other.insert(format!("not found again in {FOUND:?}: {waiting:?}"));
                break;
            }
            thread::sleep(OFTEN);
        }
        self.no_orphans()
    }

    fn ids(&self, states: &[&str]) -> Result<Vec<String>> {
        Ok(self.console.api.runs(states)?.iter().filter_map(|run| run["id"].as_str().map(str::to_owned)).collect())
    }

    /// Sees that all that lives belongs to this console or to a run that has not ended.
    fn no_orphans(&mut self) -> Result<()> {
        let end = Instant::now() + FOUND;
        loop {
            // Processes first: a run that starts in between is known then.
            let all = processes::all(&self.console.data());
            let known = self.ids(&["guarded", "starting", "running"])?;
            let console = self.console.pid();
            let orphans: Vec<_> = all
                .iter()
                .filter(|found| match &found.role {
                    Role::Console => found.pid != console && found.parent != console,
                    Role::Servant => found.parent != console,
                    Role::Shim(folder) | Role::Rclone(folder) => !known.iter().any(|id| id == run_of(folder)),
                })
                .map(|found| format!("{found:?}"))
                .collect();
            if orphans.is_empty() {
                return Ok(());
            }
            if Instant::now() > end {
                self.faults.orphans.extend(orphans);
                return Ok(());
            }
            thread::sleep(OFTEN);
        }
    }

    /// Waits until all have ended, proves, and prints.
    fn end(&mut self) -> Result<()> {
        self.load.top_up(&self.console.api, &mut self.chance)?;
        let api = self.console.api.clone();
        wait("all runs have ended", || Ok(api.runs(&["queued", "guarded", "starting", "running"])?.is_empty()))?;
        wait("the last shims are gone", || {
            let of_runs = |role: &Role| matches!(role, Role::Shim(_) | Role::Rclone(_));
            Ok(!processes::all(&self.console.data()).iter().any(|found| of_runs(&found.role)))
        })
        .or_else(|_| self.no_orphans())?;
        self.no_orphans()?;
        let states = prove(&self.console, &self.load, &self.killed, &self.watch, &mut self.faults)?;
        self.console.kill()?;
        let integrity = self.console.integrity()?;
        if integrity != "ok" {
            self.faults.other.insert(format!("integrity_check: {integrity}"));
        }
        self.print(&states, &integrity);
        let count = self.faults.all().count();
        ensure!(
            count == 0,
            "{count} faults:\n{}",
            self.faults.all().map(|fault| format!("  {fault}\n")).collect::<String>()
        );
        Ok(())
    }

    fn print(&self, states: &BTreeMap<String, usize>, integrity: &str) {
        let total: usize = self.done.values().sum();
        eprintln!("\n  kills                                    {total:>6}");
        for (kill, count) in &self.done {
            let words = match kill {
                Kill::Console => "the console, at a random time".to_owned(),
                Kill::Shim => "a shim, at a random time".to_owned(),
                Kill::Rclone => "an rclone, at a random time".to_owned(),
                Kill::All => "everything, at a random time".to_owned(),
                Kill::ConsoleAt(failpoint) => format!("the console at {failpoint}"),
                Kill::ShimAt(failpoint) => format!("a shim at {failpoint}"),
            };
            eprintln!("    {words:38} {count:>6}");
        }
        let runs: usize = states.values().sum();
        eprintln!("  runs                                     {runs:>6}");
        states.iter().for_each(|(state, count)| eprintln!("    {state:38} {count:>6}"));
        eprintln!("  restarts                                 {:>6}", self.restarts);
        eprintln!("  looks at what lives                      {:>6}", self.watch.noticed(|noticed| noticed.looks));
        eprintln!("  longest until a run was found again      {:>6.2} s", self.slowest.as_secs_f64());
        for (words, faults) in [
            ("rows lost", &self.faults.lost),
            ("orphans", &self.faults.orphans),
            ("duplicates", &self.faults.doubles),
            ("wrong states", &self.faults.wrong),
            ("other faults", &self.faults.other),
        ] {
            eprintln!("  {words:40} {:>6}", faults.len());
        }
        eprintln!("  integrity_check                          {integrity:>6}\n");
    }
}

/// Waits until something is so.
fn wait(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while !done()? {
        ensure!(Instant::now() < end, "still not: {what}");
        thread::sleep(OFTEN);
    }
    Ok(())
}
