//! The console that is killed: its folders, its process, and the boundaries at which it dies.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::{api::Api, processes};
use crate::process;

/// Runs that may work at once. What is asked for beyond that waits.
pub const WORKING: usize = 5;

/// The console, its data and the folder that it may use.
pub struct Console {
    place: TempDir,
    binary: PathBuf,
    rclone: PathBuf,
    child: Option<Child>,
    /// Asks it.
    pub api: Api,
    /// When it listened last.
    pub listens: Instant,
}

impl Console {
    /// Sets one up, with an admin and an admin's token. It does not run yet.
    pub fn new(binary: &Path, rclone: &Path) -> Result<Self> {
        // Not below the repository: the path of a socket may have 107 bytes only.
        let place = tempfile::Builder::new().prefix("longshore-crash-").tempdir()?;
        for folder in ["home", "root"] {
            fs::create_dir(place.path().join(folder))?;
        }
        // A copy: who builds meanwhile must not change what is started next.
        let program = place.path().join("longshore");
        fs::copy(binary, &program)?;
        let mut console = Self {
            place,
            binary: program,
            rclone: rclone.to_owned(),
            child: None,
            api: Api::default(),
            listens: Instant::now(),
        };
        let password = console.at("password");
        fs::write(&password, "tidal-quay-4711-lamp\n")?;
        process::run(
            console.command(&["admin", "create", "keeper"]).stdin(File::open(&password)?).stdout(Stdio::null()),
        )?;
        let token = process::output(&mut console.command(&["token", "create", "--user", "keeper", "--name", "crash"]))?;
        token.trim().clone_into(&mut console.api.token);
        Ok(console)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Its data.
    pub fn data(&self) -> PathBuf {
        self.at("data")
    }

    /// The one folder that it may use.
    pub fn root(&self) -> PathBuf {
        self.at("root")
    }

    /// Keeps everything for inspection; where.
    pub fn keep(&mut self) -> PathBuf {
        self.place.disable_cleanup(true);
        self.place.path().to_owned()
    }

    /// A command of its program, with nothing of this process' surroundings.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(args).arg("--data-dir").arg(self.data());
        command.env_clear().env("HOME", self.at("home")).env("PATH", env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Starts it, and waits until it listens.
    pub fn start(&mut self) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(self.at("console.log"))?;
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--max-runs", &WORKING.to_string()]);
        command.arg("--local-root").arg(self.root()).arg("--rclone").arg(&self.rclone);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().context("start the console")?;
        let mut said = BufReader::new(child.stdout.take().context("its output")?).lines();
        self.child = Some(child);
        let address =
            said.by_ref().map_while(Result::ok).find_map(|line| Some(line.split_once("http://")?.1.trim().to_owned()));
        self.api.address = address.context("the console ended before it said where it listens")?;
        self.listens = Instant::now();
        thread::spawn(move || said.for_each(drop));
        Ok(())
    }

    /// Its process.
    pub fn pid(&self) -> i32 {
        self.child.as_ref().map_or(0, |child| child.id().cast_signed())
    }

    /// Whether it is gone.
    pub fn is_gone(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| matches!(child.try_wait(), Ok(Some(_))))
    }

    /// Kills it as a crash does.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("it runs")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Makes the next process at this boundary die there.
    pub fn arm(&self, failpoint: &str) -> Result<()> {
        Ok(fs::write(self.data().join("runs").join(format!("die-at.{failpoint}")), "")?)
    }

    /// The folder of the run with which somebody died at this boundary. Told once.
    pub fn died_at(&self, failpoint: &str) -> Option<String> {
        let prefix = format!("died-at.{failpoint}.");
        let entry = fs::read_dir(self.data().join("runs"))
            .ok()?
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        fs::remove_file(entry.path()).ok()?;
        Some(name.strip_prefix(&prefix)?.to_owned())
    }

    /// Whether the database is sound, as its engine says itself. Only while no console runs.
    pub fn integrity(&self) -> Result<String> {
        ensure!(self.child.is_none(), "the console runs");
        let script =
            "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('PRAGMA integrity_check').fetchone()[0])";
        Ok(process::output(Command::new("python3").args(["-c", script]).arg(self.data().join("longshore.db")))?
            .trim()
            .to_owned())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.kill();
        // Runs outlive their console: those of this must not outlive this.
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let left = processes::all(&self.data());
            if left.is_empty() || Instant::now() > end {
                return;
            }
            left.iter().for_each(|found| processes::kill(found.pid));
            thread::sleep(Duration::from_millis(20));
        }
    }
}
