//! `cargo xtask test fuzz`: schemathesis asks a real console everything that the API's description allows, and much
//! that it forbids.
//!
//! The console is a debug build on a free port. All that it may touch lies in one temporary folder: its data, the one
//! local folder that is allowed, and the files of an S3 server that is its remote. How schemathesis asks, and what it
//! looks at, is in `xtask/fuzz/`.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{process, repo::Repo, server, steps::Steps, tools};

/// The same calls each time: a failure can be looked at again. `-- --seed N` asks for others.
const SEED: &str = "1764000000";
/// Calls of each kind for each operation; `-- --max-examples N` asks for more.
const EXAMPLES: &str = "30";
/// The S3 server's key and secret. Answers are searched for the secret.
const KEYS: (&str, &str) = ("quay", "lantern-and-rope-7f1d");

/// Asks. `args` go to schemathesis.
pub fn run(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let rclone = tools::for_run(repo, steps)?;
    let Some(schemathesis) = tools::for_fuzzing(repo, steps)? else { return Ok(()) };
    let binary = server::build(repo, steps, false)?;
    steps.take("fuzz", || {
        let place = Scratch::new()?;
        let s3 = Program::start(&mut s3(&place, &rclone))?;
        fs::create_dir(place.data())?;
        place.configure(&s3.url)?;
        set_up(&place, &binary)?;
        let console = Program::start(&mut console(&place, &binary, &rclone))?;
        eprintln!("xtask: seed {SEED}");
        process::run(&mut ask(repo, &place, &schemathesis, &binary, &console.url, args)?)
    })
}

fn s3(place: &Scratch, rclone: &Path) -> Command {
    let mut command = Command::new(rclone);
    command
        .args(["serve", "s3", "--config=", "--addr", "127.0.0.1:0", "--auth-key"])
        .arg(format!("{},{}", KEYS.0, KEYS.1))
        .arg(place.at("s3"));
    command
}

/// Makes the first admin: before there is one, the console answers nothing.
fn set_up(place: &Scratch, binary: &Path) -> Result<()> {
    let password = place.at("password");
    fs::write(&password, "tidal-quay-4711-lamp\n")?;
    let mut command = Command::new(binary);
    command.args(["admin", "create", "keeper", "--data-dir"]).arg(place.data()).stdin(fs::File::open(&password)?);
    process::run(&mut command)
}

fn console(place: &Scratch, binary: &Path, rclone: &Path) -> Command {
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", "127.0.0.1:0", "--local-root"]).arg(place.root());
    command.arg("--data-dir").arg(place.data()).arg("--rclone").arg(rclone);
    // Nothing of this process' surroundings: no proxy, no configuration of the person who runs this, no other home to
    // write to.
    command.env_clear().env("HOME", place.at("home")).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

fn ask(
    repo: &Repo,
    place: &Scratch,
    schemathesis: &Path,
    binary: &Path,
    url: &str,
    args: &[String],
) -> Result<Command> {
    let (folder, config) = (repo.root.join("xtask/fuzz"), place.at("schemathesis.toml"));
    let text = fs::read_to_string(folder.join("schemathesis.toml"))?;
    let put_in = |text: String, mark: &str, path: &Path| {
        Ok::<_, anyhow::Error>(text.replace(mark, path.to_str().context("a path is text")?))
    };
    fs::write(&config, put_in(put_in(text, "@HERE@", &folder)?, "@ROOT@", &place.root())?)?;
    let mut command = Command::new(schemathesis);
    command.arg("--config-file").arg(config);
    command
        .arg("run")
        .arg(format!("{url}/api/v1/openapi.json"))
        .args(["--seed", SEED, "--max-examples", EXAMPLES])
        .args(args);
    command
        .current_dir(place.at("home"))
        .env("LONGSHORE_BIN", binary)
        .env("LONGSHORE_DATA_DIR", place.data())
        .env("LONGSHORE_SECRET", KEYS.1)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*");
    Ok(command)
}

/// The folder in which everything happens.
struct Scratch(TempDir);

impl Scratch {
    /// Makes it, with a few files to list and copy.
    fn new() -> Result<Self> {
        // Not below the repository: the path of a socket may have 107 bytes only.
        let place = Self(tempfile::Builder::new().prefix("longshore-fuzz-").tempdir()?);
        for folder in ["home", "s3/bucket", "root/photos/2026", "root/mounted"] {
            fs::create_dir_all(place.at(folder))?;
        }
        for (name, content) in [("a.jpg", "a"), ("ä ö.txt", "umlauts"), ("2026/b.jpg", "b"), ("2026/empty", "")] {
            fs::write(place.at("root/photos").join(name), content)?;
        }
        Ok(place)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The console's data.
    fn data(&self) -> PathBuf {
        self.at("data")
    }

    /// The one local folder that it may use.
    fn root(&self) -> PathBuf {
        self.at("root")
    }

    /// The remotes that are there from the start, as rclone's configuration has them.
    fn configure(&self, s3: &str) -> Result<()> {
        let (key, secret) = KEYS;
        let store = format!(
            "[store]\ntype = s3\nprovider = Rclone\nendpoint = {s3}\naccess_key_id = {key}\nsecret_access_key = {secret}\n"
        );
        let album = format!("\n[album]\ntype = alias\nremote = {}\n", self.root().join("photos").display());
        let file = self.data().join("rclone.conf");
        fs::write(&file, store + &album)?;
        Ok(fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?)
    }
}

impl Drop for Scratch {
    /// What works in it ends before it goes, and what is mounted in it is no longer a way to somewhere else.
    fn drop(&mut self) {
        let place = self.0.path().to_owned();
        for mounted in mounts(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default(), &place) {
            let unmounted = process::succeeds(Command::new("fusermount3").arg("-uz").arg(&mounted))
                || process::succeeds(Command::new("umount").arg("--lazy").arg(&mounted));
            if !unmounted {
                eprintln!("xtask: {} stays: something is mounted at {}", place.display(), mounted.display());
                self.0.disable_cleanup(true);
            }
        }
        // Runs outlive their console, and one may be as slow as it was asked to be.
        for process in working_in(&place) {
            process::succeeds(Command::new("kill").arg("-KILL").arg(process));
        }
    }
}

/// The mount points below a folder, the deepest first, from the text of `mountinfo`.
fn mounts(mountinfo: &str, folder: &Path) -> Vec<PathBuf> {
    let point = |line: &str| Some(PathBuf::from(line.split(' ').nth(4)?.replace("\\040", " ")));
    let mut points: Vec<_> = mountinfo.lines().filter_map(point).filter(|point| point.starts_with(folder)).collect();
    points.sort();
    points.reverse();
    points
}

/// The ids of the processes that have this folder among their arguments.
fn working_in(folder: &Path) -> Vec<String> {
    let is_in = |pid: &str| {
        let arguments = fs::read(Path::new("/proc").join(pid).join("cmdline")).unwrap_or_default();
        arguments.windows(folder.as_os_str().len()).any(|part| part == folder.as_os_str().as_encoded_bytes())
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    ids.filter(|pid| is_in(pid)).collect()
}

/// A server that was started, until it is dropped.
struct Program {
    child: Child,
    /// Where it listens, as it says itself.
    url: String,
}

impl Program {
    fn start(command: &mut Command) -> Result<Self> {
        let name = Path::new(command.get_program()).file_name().unwrap_or(OsStr::new("?")).display().to_string();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.with_context(|| format!("start {name}"))?;
        let mut program = Self { child, url: String::new() };
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            program.child.stdout.take().map(|out| Box::new(out) as _),
            program.child.stderr.take().map(|err| Box::new(err) as _),
        ];
        let (found, url) = std::sync::mpsc::channel();
        for stream in streams.into_iter().flatten() {
            let (found, name) = (found.clone(), name.clone());
            thread::spawn(move || follow(stream, &name, &found));
        }
        drop(found);
        program.url = url.recv().with_context(|| format!("{name} ended before it said where it listens"))?;
        Ok(program)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Politely first: a console that is asked to stop ends its mounts and its rclone as well.
        process::succeeds(Command::new("kill").arg(self.child.id().to_string()));
        let _ = self.child.wait();
    }
}

/// Reads what a program says to its end. The first address is where it listens; what comes after is shown.
fn follow(stream: impl Read, name: &str, found: &std::sync::mpsc::Sender<String>) {
    let mut listens = false;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        match address(&line) {
            Some(url) if !listens => {
                listens = true;
                // Nobody waits when another stream has told already.
                let _ = found.send(url);
            }
            _ => eprintln!("{name}: {line}"),
        }
    }
}

/// The first `http://127.0.0.1:PORT` of a line.
fn address(line: &str) -> Option<String> {
    let start = "http://127.0.0.1:";
    let (_, rest) = line.split_once(start)?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("{start}{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_where_programs_write_it() {
        for line in ["Longshore is at http://127.0.0.1:8084", "NOTICE: Starting s3 server on [http://127.0.0.1:8084/]"]
        {
            assert_eq!(address(line).as_deref(), Some("http://127.0.0.1:8084"));
        }
        assert_eq!(address("Setup code: x"), None);
    }

    #[test]
    fn what_is_mounted_below_a_folder_is_found_deepest_first() {
        let info = "21 1 0:1 / / rw - ext4 /dev/x rw\n\
                    22 21 0:2 / /tmp/fuzz-1/root/m rw - fuse.rclone store: rw\n\
                    23 22 0:3 / /tmp/fuzz-1/root/m/a\\040b rw - fuse.rclone album: rw\n\
                    24 21 0:4 / /tmp/fuzz-10/m rw - tmpfs x rw\n";
        let found = mounts(info, Path::new("/tmp/fuzz-1"));
        assert_eq!(found, [Path::new("/tmp/fuzz-1/root/m/a b"), Path::new("/tmp/fuzz-1/root/m")]);
    }
}
