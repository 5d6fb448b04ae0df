//! A console to test: the real program as a process of its own on a free port, with an admin, a token, and folders that
//! vanish afterwards.

mod exact_s3;
mod peers;
mod port;
mod rotating;

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

pub use exact_s3::ExactS3;
pub use peers::{Apache, Kind, Moto, Mute, Nginx, Peer, Provider, S3, Sshd, Vsftpd};
pub use port::free_port;
pub use rotating::Rotating;

/// The admin of every console that is tested.
pub const ADMIN: &str = "marianne";
/// The admin's password.
pub const PASSWORD: &str = "correct horse battery";
/// How long a condition may take to become true. Machines are slow; a test that passes never waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program that is tested, with nothing of this process' surroundings.
pub fn longshore(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
    command.args(args).arg("--data-dir").arg(data).env_clear();
    for name in ["PATH", "HOME", "LONGSHORE_SITE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// The same program, on a kernel that answers as if it had no Landlock: a filter in front of it refuses that one system
/// call.
pub fn without_landlock(data: &Path, args: &[&str]) -> Command {
    const FILTER: &str = "
import ctypes, os, struct, sys
code = struct.pack('HBBIHBBIHBBIHBBI', 0x20, 0, 0, 0, 0x15, 0, 1, 444, 0x06, 0, 0, 0x50026, 0x06, 0, 0, 0x7fff0000)
code = ctypes.create_string_buffer(code)
program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', 4, ctypes.addressof(code)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0, ctypes.get_errno()
os.execv(sys.argv[1], sys.argv[1:])
";
    let plain = longshore(data, args);
    let mut command = Command::new("python3");
    command.args(["-c", FILTER]).arg(plain.get_program()).args(plain.get_args()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Runs the program to its end with `input` on its standard input.
pub fn run_longshore(data: &Path, args: &[&str], input: &str) -> Output {
    let mut command = longshore(data, args);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("takes input");
    child.wait_with_output().expect("ends")
}

/// Waits until `ready` says something.
pub async fn until<T>(what: &str, mut ready: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(25));
    loop {
        if let Some(value) = ready().await {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "still not: {what}");
        tick.tick().await;
    }
}

/// A console that runs.
pub struct Console {
    child: Child,
    base: String,
    token: String,
    http: reqwest::Client,
    dir: TempDir,
    rclone: PathBuf,
    /// What it logs, when that is kept.
    log: Option<Arc<Mutex<String>>>,
}

impl Console {
    /// Starts one that has an admin and an admin's token. Its one allowed folder is [`Self::root`].
    pub fn start() -> Self {
        Self::start_with_rclone(&rclone_path())
    }

    /// Starts one with this rclone.
    pub fn start_with_rclone(rclone: &Path) -> Self {
        Self::start_with(rclone, None, &[], |_| ())
    }

    /// Starts one with this in its environment.
    pub fn start_with_env(env: &[(&str, &str)]) -> Self {
        Self::start_with(&rclone_path(), None, env, |_| ())
    }

    /// Starts one on a kernel that answers as if it had no Landlock.
    pub fn start_without_landlock() -> Self {
        Self::start_as(&without_landlock, &rclone_path(), None, &[], |_| ())
    }

    /// Starts one that nobody has set up: it has no admin, and its token is none.
    pub fn start_bare() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("root")).expect("the allowed folder");
        let rclone = rclone_path();
        let (child, base) = serve(dir.path(), &dir.path().join("root"), &rclone, None, &[]);
        Self { child, base, token: String::new(), http: client(), dir, rclone, log: None }
    }

    /// Starts one that logs all that it can; [`Self::said`] tells.
    pub fn start_talkative() -> Self {
        Self::start_with(&rclone_path(), Some(Arc::default()), &[], |_| ())
    }

    /// Starts one that logs all that it can, in a folder that was prepared: it keeps its data in `data` there, and may
    /// use `root`.
    pub fn start_in(prepare: impl FnOnce(&Path)) -> Self {
        Self::start_with(&rclone_path(), Some(Arc::default()), &[], prepare)
    }

    /// Starts one that logs what it logs when nobody sets a level; [`Self::said`] tells.
    pub fn start_logged() -> Self {
        Self::start_with(&rclone_path(), Some(Arc::default()), &[("LONGSHORE_LOG", "info")], |_| ())
    }

    fn start_with(
        rclone: &Path,
        log: Option<Arc<Mutex<String>>>,
        env: &[(&str, &str)],
        prepare: impl FnOnce(&Path),
    ) -> Self {
        Self::start_as(&longshore, rclone, log, env, prepare)
    }

    fn start_as(
        program: &Program,
        rclone: &Path,
        log: Option<Arc<Mutex<String>>>,
        env: &[(&str, &str)],
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("root")).expect("the allowed folder");
        prepare(dir.path());
        let data = dir.path().join("data");
        let made = run_longshore(&data, &["admin", "create", ADMIN], &format!("{PASSWORD}\n"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let token = run_longshore(&data, &["token", "create", "--user", ADMIN, "--name", "tests"], "");
        assert!(token.status.success(), "{}", String::from_utf8_lossy(&token.stderr));
        let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();
        let (child, base) = serve_as(program, dir.path(), &dir.path().join("root"), rclone, log.as_ref(), env);
        Self { child, base, token, http: client(), dir, rclone: rclone.to_owned(), log }
    }

    /// What it logged until now.
    pub fn said(&self) -> String {
        self.log.as_ref().map(|log| log.lock().expect("whole").clone()).unwrap_or_default()
    }

    /// Kills it as a crash does.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Tells it to end, as a service manager does; how it ended, and after how long.
    pub fn terminate(&mut self) -> (std::process::ExitStatus, Duration) {
        let began = Instant::now();
        signal(self.child.id().cast_signed(), rustix::process::Signal::TERM);
        (self.child.wait().expect("gone"), began.elapsed())
    }

    /// Starts it again on the same data.
    pub fn restart(&mut self) {
        self.restart_with_env(&[]);
    }

    /// Starts it again on the same data, with this rclone.
    pub fn restart_with_rclone(&mut self, rclone: &Path) {
        rclone.clone_into(&mut self.rclone);
        self.restart();
    }

    /// Starts it again on the same data, with more in its environment.
    pub fn restart_with_env(&mut self, env: &[(&str, &str)]) {
        let root = self.dir.path().join("root");
        (self.child, self.base) = serve(self.dir.path(), &root, &self.rclone, self.log.as_ref(), env);
    }

    /// Starts it again on the same data, with another allowed folder.
    pub fn restart_with_root(&mut self, root: &Path) {
        (self.child, self.base) = serve(self.dir.path(), root, &self.rclone, self.log.as_ref(), &[]);
    }

    /// Lets it die at this boundary, when it comes there.
    pub fn die_at(&self, failpoint: &str) {
        write(&self.data().join("runs"), &format!("die-at.{failpoint}"), b"");
    }

    /// Waits until it has died by itself.
    pub fn died(&mut self) {
        self.child.wait().expect("gone");
    }

    /// The folder that it may use.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("root").canonicalize().expect("a real path")
    }

    /// A path below [`Self::root`], as text.
    pub fn path(&self, below: &str) -> String {
        self.root().join(below).to_str().expect("text").to_owned()
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A request as the admin's program.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.token)
    }

    /// A request of somebody unknown.
    pub fn anonymous(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// The token of the admin's program.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its address, as a browser sends it in `Origin`.
    pub fn origin(&self) -> &str {
        &self.base
    }

    /// Asks, and expects this status.
    pub async fn get(&self, path: &str, status: StatusCode) -> Value {
        expect(self.request(Method::GET, path).send().await.expect("an answer"), status).await
    }

    /// Sends, and expects this status.
    pub async fn post(&self, path: &str, body: &Value, status: StatusCode) -> Value {
        expect(self.request(Method::POST, path).json(body).send().await.expect("an answer"), status).await
    }

    /// Asks with this token, and expects this status.
    pub async fn ask(&self, token: &str, method: Method, path: &str, body: &Value, status: StatusCode) -> Value {
        expect(self.anonymous(method, path).bearer_auth(token).json(body).send().await.expect("an answer"), status)
            .await
    }

    /// Changes, and expects this status.
    pub async fn patch(&self, path: &str, body: &Value, status: StatusCode) -> Value {
        self.ask(&self.token, Method::PATCH, path, body, status).await
    }

    /// Deletes, and expects this status.
    pub async fn delete(&self, path: &str, status: StatusCode) -> Value {
        self.ask(&self.token, Method::DELETE, path, &json!({}), status).await
    }

    /// Makes a person with [`PASSWORD`]; their id.
    pub async fn person(&self, name: &str, role: &str) -> String {
        let person = json!({ "name": name, "role": role, "password": PASSWORD, "must_change_password": false });
        let made = self.post("/api/v1/users", &person, StatusCode::CREATED).await;
        made["id"].as_str().expect("an id").to_owned()
    }

    /// A token of this person, by the command line.
    pub fn token_of(&self, user: &str, role: &str) -> String {
        let made =
            run_longshore(&self.data(), &["token", "create", "--user", user, "--name", "tests", "--role", role], "");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).expect("text").trim().to_owned()
    }

    /// A token of the admin's by REST, from the fields it is made of; its id and itself.
    pub async fn issue(&self, token: &Value) -> (String, String) {
        let made = self.post("/api/v1/tokens", token, StatusCode::CREATED).await;
        (made["id"].as_str().expect("an id").to_owned(), made["token"].as_str().expect("a token").to_owned())
    }

    /// Who a session is, or nobody.
    pub async fn me(&self, session: &str) -> Option<String> {
        let request = self.anonymous(Method::GET, "/api/fn/sessions/me").header("cookie", session);
        let me: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        me["name"].as_str().map(str::to_owned)
    }

    /// Starts a copy; its id.
    pub async fn copy(&self, source: &str, destination: &str, options: Value) -> String {
        let body = json!({ "source": source, "destination": destination, "options": options });
        let run = self.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
        run["id"].as_str().expect("an id").to_owned()
    }

    /// The run as it is now.
    pub async fn run(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/runs/{id}"), StatusCode::OK).await
    }

    /// Waits until a run is as wanted.
    pub async fn run_until(&self, id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, async || Some(self.run(id).await).filter(|run| wanted(run))).await
    }

    /// Waits until a run has ended.
    pub async fn ended(&self, id: &str) -> Value {
        self.run_until(id, "the run has ended", |run| !run["ended_at"].is_null()).await
    }

    /// The processes that work in this run's directory: shim and rclone, by their command lines.
    pub fn processes(&self, id: &str) -> Vec<(i32, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").expect("Linux").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let cmdline = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let text = String::from_utf8_lossy(&cmdline).replace('\0', " ");
            if text.contains(id) {
                found.push((pid, text));
            }
        }
        found
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Runs outlive their console: those of a test must not outlive the test.
        for (pid, _) in self.processes(self.dir.path().to_str().unwrap_or("?")) {
            kill(pid);
        }
    }
}

/// SIGKILL.
pub fn kill(pid: i32) {
    signal(pid, rustix::process::Signal::KILL);
}

/// SIGSTOP: it is there, and does nothing any more.
pub fn freeze(pid: i32) {
    signal(pid, rustix::process::Signal::STOP);
}

fn signal(pid: i32, signal: rustix::process::Signal) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

fn client() -> reqwest::Client {
    builder().build().expect("a client")
}

/// What every client of a console is made of. A connection that is idle is not used again when the console may be
/// closing it at this moment.
pub fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .pool_idle_timeout(Duration::from_secs(5))
}

/// The answer's JSON, after its status was checked.
pub async fn expect(response: Response, status: StatusCode) -> Value {
    let found = response.status();
    let text = response.text().await.expect("a body");
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// What makes a command of a data directory and arguments.
type Program = dyn Fn(&Path, &[&str]) -> Command;

fn serve(
    dir: &Path,
    root: &Path,
    rclone: &Path,
    log: Option<&Arc<Mutex<String>>>,
    env: &[(&str, &str)],
) -> (Child, String) {
    serve_as(&longshore, dir, root, rclone, log, env)
}

fn serve_as(
    program: &Program,
    dir: &Path,
    root: &Path,
    rclone: &Path,
    log: Option<&Arc<Mutex<String>>>,
    env: &[(&str, &str)],
) -> (Child, String) {
    let mut command = program(&dir.join("data"), &["serve", "--listen", "127.0.0.1:0"]);
    command.envs(env.iter().copied());
    command.arg("--local-root").arg(root).arg("--rclone").arg(rclone);
    if log.is_some() {
        command.stderr(Stdio::piped());
        if env.iter().all(|(name, _)| *name != "LONGSHORE_LOG") {
            command.env("LONGSHORE_LOG", "trace");
        }
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("starts");
    if let (Some(log), Some(errors)) = (log.cloned(), child.stderr.take()) {
        std::thread::spawn(move || {
            BufReader::new(errors).lines().map_while(Result::ok).for_each(|line| {
                let mut log = log.lock().expect("whole");
                log.push_str(&line);
                log.push('\n');
            });
        });
    }
    let base = address(child.stdout.take().expect("an output"));
    (child, base)
}

/// The rclone that tests use, by its full path.
pub fn rclone_path() -> PathBuf {
    let rclone = std::env::var_os("LONGSHORE_TEST_RCLONE").map_or_else(|| "rclone".into(), PathBuf::from);
    if rclone.is_absolute() {
        return rclone;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(&rclone))
        .find(|file| file.exists())
        .expect("rclone on PATH, or LONGSHORE_TEST_RCLONE")
}

/// The first address that a program prints. What it prints later is read and dropped, so that it never waits for us.
fn address(output: impl std::io::Read + Send + 'static) -> String {
    let mut lines = BufReader::new(output).lines();
    let found = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let at = line.find("http://")?;
        let address = line[at..].split(|c: char| c.is_whitespace() || c == ']' || c == '"').next()?;
        Some(address.trim_end_matches(['/', '.', ',']).to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    found.expect("the program prints its address")
}

/// A program that a test needs beside rclone: among those that `cargo xtask test` keeps, on `PATH`, or where a system
/// keeps its servers. `None` where it is missing, said aloud; in CI that is a failure.
pub fn program(name: &str, package: &str) -> Option<PathBuf> {
    let kept = std::env::var_os("LONGSHORE_TEST_PEERS").map(PathBuf::from);
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/peers/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = kept
        .into_iter()
        .chain([built])
        .chain(std::env::split_paths(&path))
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let found = folders.map(|dir| dir.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is missing ({package})");
        eprintln!("SKIPPED: {name} is missing ({package})");
    }
    found
}

/// Writes a file below `dir`, with the folders on its way.
pub fn write(dir: &Path, name: &str, content: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    fs::write(path, content).expect("a file");
}

/// Every file below `dir` with its content.
pub fn tree(dir: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut files = std::collections::BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                let content = fs::read(&path).expect("a file");
                files.insert(path.strip_prefix(dir).expect("below").to_owned(), content);
            }
        }
    }
    files
}

/// Waits for a stream of events to end, and tells how long that took.
pub async fn stream_end(mut stream: Response) -> Duration {
    let start = Instant::now();
    let drain = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(PATIENCE, drain).await.expect("the stream ends");
    start.elapsed()
}

/// Signs the admin in with a plain form, as a browser without JavaScript; the cookie to send from then on.
pub async fn sign_in(console: &Console) -> String {
    sign_in_as(console, ADMIN).await
}

/// Signs in somebody whose password is [`PASSWORD`].
pub async fn sign_in_as(console: &Console, name: &str) -> String {
    let request = console.anonymous(Method::POST, "/api/fn/sessions/create").header("origin", console.origin());
    let form = [("username", name), ("password", PASSWORD)];
    let answer = request.header("accept", "text/html").form(&form).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::FOUND);
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    cookie.split(';').next().expect("a cookie").to_owned()
}
