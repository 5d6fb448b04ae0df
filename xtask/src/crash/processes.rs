//! What lives of one data directory: consoles, their warm rclone, what guards look with, shims, and the rclone of each
//! run. From `/proc`, often: two rclone that work for one run at once are noticed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// How often all are looked at.
const OFTEN: Duration = Duration::from_millis(40);

/// What a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A console.
    Console,
    /// Its warm rclone, or what a guard looks with: they end with it.
    Servant,
    /// The shim of the run with this folder.
    Shim(String),
    /// The rclone of the run with this folder.
    Rclone(String),
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub pid: i32,
    /// Its parent's.
    pub parent: i32,
    /// What it is.
    pub role: Role,
}

/// The id of a run, of the name of its folder.
pub fn run_of(folder: &str) -> &str {
    folder.split('.').next().unwrap_or(folder)
}

/// SIGKILL.
pub fn kill(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Everything that lives of this data directory.
pub fn all(data: &Path) -> Vec<Found> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    told_apart(
        entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|pid| look(pid, data))
            .collect(),
    )
}

/// A shim whose parent is one is the rclone that it is about to become: after the fork a process has its parent's
/// arguments for a moment.
fn told_apart(mut all: Vec<Found>) -> Vec<Found> {
    let shims: BTreeSet<_> =
        all.iter().filter(|found| matches!(found.role, Role::Shim(_))).map(|found| found.pid).collect();
    for found in &mut all {
        if let Role::Shim(folder) = &mut found.role
            && shims.contains(&found.parent)
        {
            found.role = Role::Rclone(std::mem::take(folder));
        }
    }
    all
}

fn look(pid: i32, data: &Path) -> Option<Found> {
    let data = data.to_str()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line);
    if !line.contains(data) {
        return None;
    }
    let args: Vec<_> = line.split('\0').collect();
    let folder = args.iter().find_map(|arg| arg.strip_prefix(data)?.strip_prefix("/runs/")?.split('/').next());
    let role = match (*args.get(1)?, folder) {
        ("serve", _) => Role::Console,
        ("shim", Some(folder)) => Role::Shim(folder.to_owned()),
        (_, Some(folder)) if !folder.ends_with(".guard") => Role::Rclone(folder.to_owned()),
        _ => Role::Servant,
    };
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    Some(Found { pid, parent, role })
}

/// What was noticed.
#[derive(Debug, Default)]
pub struct Noticed {
    /// The rclone that were seen for each folder.
    pub rclones: BTreeMap<String, BTreeSet<i32>>,
    /// Runs for which two rclone worked at once.
    pub doubles: BTreeSet<String>,
    /// How often was looked.
    pub looks: u64,
}

/// Looks, until it is dropped.
pub struct Watch {
    noticed: Arc<Mutex<Noticed>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins.
    pub fn start(data: &Path) -> Self {
        let (noticed, over) = (Arc::<Mutex<Noticed>>::default(), Arc::new(AtomicBool::new(false)));
        let (data, told, ended) = (data.to_owned(), Arc::clone(&noticed), Arc::clone(&over));
        let thread = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                note(&data, &mut told.lock().unwrap_or_else(PoisonError::into_inner));
                thread::sleep(OFTEN);
            }
        });
        Self { noticed, over, thread: Some(thread) }
    }

    /// What was noticed until now.
    pub fn noticed<T>(&self, tell: impl FnOnce(&Noticed) -> T) -> T {
        tell(&self.noticed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn note(data: &Path, noticed: &mut Noticed) {
    let mut working = BTreeMap::<String, Vec<Found>>::new();
    for found in all(data) {
        if let Role::Rclone(folder) = &found.role {
            noticed.rclones.entry(folder.clone()).or_default().insert(found.pid);
            working.entry(run_of(folder).to_owned()).or_default().push(found);
        }
    }
    noticed.looks += 1;
    for (run, rclones) in working.into_iter().filter(|(_, rclones)| rclones.len() > 1) {
        // Looking takes its time: only those that are still there were there together.
        if rclones.iter().filter(|found| look(found.pid, data).is_some()).count() > 1 {
            noticed.doubles.insert(run);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read as _,
        process::{Child, Command, Stdio},
    };

    use super::*;

    /// A process with this among its arguments, which lives until its input is closed.
    ///
    /// It has spoken before this returns: while a process is being replaced by its program, the kernel shows no
    /// arguments.
    fn process(args: &[&str]) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", "echo; read line", "rclone"]).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("sh");
        child.stdout.as_mut().expect("its output").read_exact(&mut [0]).expect("a line");
        child
    }

    #[test]
    fn what_a_shim_has_just_forked_is_no_shim() {
        let shim = |pid, parent| Found { pid, parent, role: Role::Shim("X.1".to_owned()) };
        let all = told_apart(vec![shim(7, 1), shim(8, 7)]);
        assert_eq!(all, [shim(7, 1), Found { role: Role::Rclone("X.1".to_owned()), ..shim(8, 7) }]);
    }

    #[test]
    fn two_that_work_for_one_run_are_noticed_and_two_for_two_are_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let data = dir.path();
        let log = |folder: &str| format!("{}/runs/{folder}/log.jsonl", data.display());
        let start = |folder: &str| process(&["--log-file", &log(folder)]);
        let mut all = vec![start("X.1"), start("Y.1"), start("X.1.guard")];
        let mut noticed = Noticed::default();
        note(data, &mut noticed);
        assert_eq!((noticed.rclones.len(), noticed.doubles.len()), (2, 0), "{noticed:?}");
        all.push(start("X.2"));
        note(data, &mut noticed);
        assert_eq!(noticed.doubles.iter().collect::<Vec<_>>(), ["X"]);
        for mut child in all {
            drop(child.stdin.take());
            child.wait().expect("ended");
        }
    }
}
