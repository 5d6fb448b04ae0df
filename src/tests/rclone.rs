//! The real rclone: against a server of its own, in folders of its own. `LONGSHORE_TEST_RCLONE` says which; else the one on `PATH`.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use longshore::{
    domain::{
        location::Location,
        provider::OptionKind,
        remote::RemoteName,
        run::{FileOutcome, Operation},
        transfer::TransferOptions,
    },
    server::rclone::{
        Rclone, RcloneConfig, RcloneError, RcloneStatus, Transfer, log,
        shim::{self, Life},
        signal_name,
    },
};
use tempfile::TempDir;

const SECRET: &str = "correct-horse-battery-staple";

/// The rclone under test.
fn program() -> PathBuf {
    std::env::var_os("LONGSHORE_TEST_RCLONE").map_or_else(
        || {
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
                .map(|dir| dir.join("rclone"))
                .find(|path| path.is_file())
                .expect("rclone on PATH or in LONGSHORE_TEST_RCLONE")
        },
        PathBuf::from,
    )
}

/// A console's part that talks to rclone, with a data folder and a folder of files.
struct House {
    dir: TempDir,
    rclone: Rclone,
}

impl House {
    async fn new() -> Self {
        Self::with("").await
    }

    async fn with(conf: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("rclone.conf"), conf).expect("written");
        let rclone = open(dir.path(), program()).await;
        Self { dir, rclone }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Writes a file below the house, with its folders.
    fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, content).expect("written");
    }

    fn local(&self, name: &str) -> Location {
        at(self.path(name).to_str().expect("UTF-8"))
    }

    fn copy(&self, source: &str, destination: &str, options: TransferOptions) -> Transfer {
        Transfer { operation: Operation::Copy, source: self.local(source), destination: Some(self.local(destination)), options }
    }

    /// A run of a large file that would take minutes, under way.
    async fn slow_run(&self) -> PathBuf {
        self.write("big/file.bin", &vec![7; 40 << 20]);
        let options = TransferOptions { bwlimit: Some("500k".into()), ..TransferOptions::default() };
        let dir = self.path("slow");
        self.rclone.start_run(&dir, &self.copy("big", "out", options), None).await.expect("started");
        assert_eq!(shim::inspect(&dir), Life::Alive);
        until("bytes to flow", async || shim::stats(&dir).await.is_ok_and(|(stats, files)| stats.bytes > 0 && files.len() == 1)).await;
        dir
    }
}

async fn open(data: &Path, binary: PathBuf) -> Rclone {
    let config = RcloneConfig {
        binary: Some(binary),
        master: data.join("rclone.conf"),
        data_dir: data.to_owned(),
        shim: env!("CARGO_BIN_EXE_longshore").into(),
        limit: Duration::from_secs(300),
    };
    Rclone::open(config).await.expect("opened")
}

/// Makes a remote and saves it.
async fn create(rclone: &Rclone, name: &RemoteName, provider: &str, config: &BTreeMap<String, String>) -> Result<(), RcloneError> {
    rclone.save(rclone.draft(name, provider, config).await?).await?.keep();
    rclone.forget().await;
    Ok(())
}

fn at(text: &str) -> Location {
    Location::parse(text).expect("a location")
}

fn name(text: &str) -> RemoteName {
    text.parse().expect("a name")
}

fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Waits for a condition.
async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        ticks.tick().await;
    }
}

async fn ended(dir: &Path) -> Life {
    until("the run to end", async || shim::inspect(dir) != Life::Alive).await;
    shim::inspect(dir)
}

/// The process ids of a run.
fn pids(dir: &Path) -> (i64, i64) {
    let json: serde_json::Value = serde_json::from_slice(&fs::read(dir.join("pids.json")).expect("read")).expect("json");
    (json["shim"]["pid"].as_i64().expect("a number"), json["rclone"]["pid"].as_i64().expect("a number"))
}

fn kill(pid: i64) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill").success());
}

/// The command lines of all processes.
fn command_lines() -> Vec<(i64, String)> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, String::from_utf8_lossy(&fs::read(entry.path().join("cmdline")).ok()?).into_owned()))
        })
        .collect()
}

/// The warm rclone of the console with this data folder.
fn warm(data: &Path) -> Option<i64> {
    let data = data.to_str().expect("UTF-8");
    command_lines().into_iter().find(|(_, line)| line.contains("\0rcd\0") && line.contains(data)).map(|(pid, _)| pid)
}

/// Whether a process listens on a port.
fn listens_on_tcp(pid: i64) -> bool {
    let sockets: Vec<_> = fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("its descriptors")
        .flatten()
        .filter_map(|fd| fs::read_link(fd.path()).ok()?.to_str()?.strip_prefix("socket:[")?.strip_suffix(']').map(str::to_owned))
        .collect();
    assert!(!sockets.is_empty(), "it has its own socket");
    ["tcp", "tcp6"].iter().any(|table| {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|row| {
            // 0A is LISTEN.
            row.get(3) == Some(&"0A") && row.get(9).is_some_and(|inode| sockets.iter().any(|socket| socket == inode))
        })
    })
}

/// `rclone serve s3` with one bucket.
struct S3 {
    server: Child,
    url: String,
    dir: TempDir,
}

impl S3 {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(dir.path().join("photos/2026")).expect("made");
        fs::write(dir.path().join("photos/2026/a.jpg"), "12345").expect("written");
        let mut server = Command::new(program())
            .args(["serve", "s3", "--config", "", "--addr", "127.0.0.1:0", "--auth-key", &format!("key,{SECRET}"), "-v", "--"])
            .arg(dir.path())
            .env_clear()
            .stderr(Stdio::piped())
            .spawn()
            .expect("a server");
        let lines = BufReader::new(server.stderr.take().expect("piped")).lines();
        let mut lines = lines.map_while(Result::ok);
        let url = lines
            .find_map(|line| line.split_once("http://").map(|(_, rest)| format!("http://{}", rest.trim_end_matches(['/', ']', ' ']))))
            .expect("its address");
        std::thread::spawn(move || lines.for_each(drop));
        Self { server, url, dir }
    }

    fn config(&self, secret: &str) -> BTreeMap<String, String> {
        options(&[("provider", "Rclone"), ("access_key_id", "key"), ("secret_access_key", secret), ("endpoint", &self.url)])
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_is_tested_saved_listed_and_deleted() {
    let (house, s3) = (House::new().await, S3::start());
    let rclone = &house.rclone;
    let test = rclone.test_new("s3", &s3.config(SECRET)).await.expect("tested");
    assert!(test.connected && test.message.ends_with(", 1 bucket"), "{test:?}");
    assert!(rclone.remotes().await.expect("read").is_empty(), "a test saves nothing");

    create(rclone, &name("my s3"), "s3", &s3.config(SECRET)).await.expect("created");
    assert!(matches!(create(rclone, &name("my s3"), "s3", &s3.config(SECRET)).await, Err(RcloneError::Exists)));
    let saved = rclone.remotes().await.expect("read");
    assert_eq!((saved.len(), saved[0].kind.as_str(), saved[0].encrypted), (1, "s3", false));
    assert!(rclone.test_saved(&name("my s3")).await.expect("tested").connected);

    let root = rclone.list(&at("my s3:")).await.expect("listed");
    assert_eq!((root.len(), root[0].name.as_str(), root[0].is_dir, root[0].size), (1, "photos", true, None));
    let files = rclone.list(&at("my s3:photos/2026")).await.expect("listed");
    assert_eq!((files[0].name.as_str(), files[0].size, files[0].is_dir), ("a.jpg", Some(5), false));
    assert!(files[0].mod_time.is_some());

    create(rclone, &name("pictures"), "alias", &options(&[("remote", "my s3:photos")])).await.expect("created");
    assert_eq!(rclone.list(&at("pictures:2026")).await.expect("listed").len(), 1);
    rclone.delete(&name("pictures")).await.expect("deleted").keep();
    assert!(matches!(rclone.list(&at("pictures:2026")).await, Err(RcloneError::UnknownRemote)));
    assert!(matches!(rclone.delete(&name("pictures")).await, Err(RcloneError::UnknownRemote)));
    assert!(s3.dir.path().join("photos/2026/a.jpg").exists(), "files stay");
    rclone.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_fails_is_told_in_words_without_secrets() {
    let (house, s3) = (House::new().await, S3::start());
    let rclone = &house.rclone;
    let wrong = rclone.test_new("s3", &s3.config("wrong-secret-value")).await.expect("tested");
    assert_eq!((wrong.connected, wrong.message.as_str()), (false, "The key was refused (403): check access key and secret."));
    let mut closed = s3.config(SECRET);
    closed.insert("endpoint".into(), "http://127.0.0.1:1".into());
    let closed = rclone.test_new("s3", &closed).await.expect("tested");
    assert_eq!((closed.connected, closed.message.as_str()), (false, "The server refused the connection: check host and port."));
    let alias = options(&[("remote", house.path("none").to_str().expect("UTF-8"))]);
    let missing = rclone.test_new("alias", &alias).await.expect("tested");
    assert_eq!((missing.connected, missing.message.as_str()), (false, "The folder does not exist."));
    assert!(matches!(rclone.test_saved(&name("none")).await, Err(RcloneError::UnknownRemote)));
    let left = fs::read_dir(house.path("run")).expect("listed").flatten();
    assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with("draft-")).count(), 0, "drafts go");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_obscured_in_the_file_and_on_no_command_line() {
    let house = House::with("# mine\n[old]\ntype = alias\nremote = /srv\n").await;
    let done = AtomicBool::new(false);
    let config = options(&[("host", "127.0.0.1"), ("port", "1"), ("user", "u"), ("pass", SECRET)]);
    let seen = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut seen = false;
            while !done.load(Ordering::Relaxed) {
                seen |= command_lines().iter().any(|(_, line)| line.contains(SECRET));
            }
            seen
        });
        let work = async {
            let test = house.rclone.test_new("sftp", &config).await.expect("tested");
            assert!(!test.connected && !test.message.contains(SECRET), "{test:?}");
            create(&house.rclone, &name("nas"), "sftp", &config).await.expect("created");
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work));
        done.store(true, Ordering::Relaxed);
        watch.join().expect("watched")
    });
    assert!(!seen);
    let master = house.text("rclone.conf");
    assert!(master.starts_with("# mine\n[old]\ntype = alias\nremote = /srv\n\n[nas]\n"), "{master}");
    let pass = master.lines().find_map(|line| line.strip_prefix("pass = ")).expect("a password");
    let revealed = Command::new(program()).args(["reveal", "--config", "", "--", pass]).output().expect("revealed").stdout;
    assert_eq!(String::from_utf8_lossy(&revealed).trim(), SECRET);
    for file in ["rclone.conf", "run/rclone.conf"] {
        assert!(!house.text(file).contains(SECRET));
        assert_eq!(fs::metadata(house.path(file)).expect("there").permissions().mode() & 0o777, 0o600, "{file}");
    }
    assert_eq!(fs::metadata(house.path("run")).expect("there").permissions().mode() & 0o777, 0o700);
    let log = house.text("run/rcd.log");
    assert!(!log.contains(SECRET), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_run_programs_or_read_files_are_refused() {
    let house = House::new().await;
    let canary = house.path("canary");
    let run = format!("touch {}", canary.display());
    let host = ("host", "h");
    for (provider, config, field) in [
        ("sftp", options(&[host, ("ssh", &run)]), "ssh"),
        ("sftp", options(&[host, ("key_file", "/etc/passwd")]), "key_file"),
        ("sftp", options(&[host, ("server_command", &run)]), "server_command"),
        ("sftp", options(&[host, ("md5sum_command", &run)]), "md5sum_command"),
        ("sftp", options(&[host, ("user", "u\nssh = touch x")]), "user"),
        ("sftp", options(&[host, ("override.metadata_mapper", &run)]), "override.metadata_mapper"),
        ("s3", options(&[("global.metadata_mapper", &run)]), "global.metadata_mapper"),
        ("s3", options(&[("shared_credentials_file", "/etc/passwd")]), "shared_credentials_file"),
        ("webdav", options(&[("url", "http://127.0.0.1:1"), ("bearer_token_command", &run)]), "bearer_token_command"),
        ("webdav", options(&[("url", "http://127.0.0.1:1"), ("unix_socket", "/run/x")]), "unix_socket"),
        ("drive", options(&[("service_account_file", "/etc/passwd")]), "service_account_file"),
        ("azureblob", options(&[("use_az", "true")]), "use_az"),
        ("local", options(&[("links", "true")]), "links"),
        ("local", options(&[("copy_links", "true")]), "copy_links"),
        ("local", options(&[("encoding", "None")]), "encoding"),
        ("archive", options(&[]), "remote"),
        ("dropbox", options(&[("config_is_local", "true")]), "config_is_local"),
        ("dropbox", options(&[]), "token"),
        ("dropbox", options(&[("token", "garbage")]), "token"),
        ("alias", options(&[("remote", &format!(":sftp,ssh=\"{run}\":"))]), "remote"),
        ("union", options(&[("upstreams", &format!("/srv \":sftp,ssh='{run}':\""))]), "upstreams"),
        ("combine", options(&[("upstreams", &format!("a=/srv \"b=:sftp,ssh='{run}':\""))]), "upstreams"),
        ("alias", options(&[]), "remote"),
        ("nosuch", options(&[]), "provider"),
        ("tardigrade", options(&[]), "provider"),
    ] {
        for result in
            [house.rclone.test_new(provider, &config).await.map(|_| ()), create(&house.rclone, &name("x"), provider, &config).await]
        {
            let Err(RcloneError::Invalid { fields }) = result else { panic!("{provider} {config:?}: {result:?}") };
            assert_eq!(fields.into_keys().collect::<Vec<_>>(), [field]);
        }
    }
    assert!(!canary.exists() && house.text("rclone.conf").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_option_of_rclone_was_looked_at_and_no_dangerous_one_is_offered() {
    /// Offered although its name or its help looks dangerous, and why.
    const HARMLESS: [(&str, &str); 12] = [
        // The remote that is wrapped, or its path: read and followed by us.
        ("alias", "remote"),
        // Paths, names of files and the kind of shell on the other side.
        ("mailru", "speedup_file_patterns"),
        ("sftp", "path_override"),
        ("sftp", "shell_type"),
        // It is pasted.
        ("sftp", "key_pem"),
        // Its files lie beside those that it splits.
        ("chunker", "meta_format"),
        // Their help speaks of commands of rclone, or of its command line.
        ("filen", "api_key"),
        ("onedrive", "link_password"),
        ("onedrive", "link_scope"),
        ("onedrive", "link_type"),
        ("pcloud", "username"),
        ("pikpak", "user_agent"),
    ];
    /// Words of names.
    const NAMES: [&str; 16] = [
        "command", "exec", "program", "script", "shell", "ssh", "file", "files", "path", "dir", "socket", "profile", "cache", "ccache",
        "mapper", "db",
    ];
    /// Words of help.
    const HELP: [&str; 8] = ["path to", "command", "execute", "file containing", "json file", "local file", "ssh-agent", "~/"];
    /// What no pattern tells by its name, and is never offered.
    const NEVER: [&str; 8] = ["ask_password", "copy_links", "debug", "key_use_agent", "links", "sdk_log_mode", "set_env", "use_az"];
    let house = House::new().await;
    assert_eq!(house.rclone.unreviewed_options().await.expect("compared"), [""; 0]);
    let providers = house.rclone.providers().await.expect("providers");
    assert_eq!(providers.len(), 68);
    let of_server: Vec<_> = providers
        .iter()
        .filter(|provider| provider.options.iter().any(|option| option.name == "env_auth"))
        .map(|provider| provider.name.as_str())
        .collect();
    assert_eq!(of_server, ["s3", "drive", "google cloud storage"], "who may use the identity of this server");
    let mut found = Vec::new();
    for provider in providers.iter() {
        for option in &provider.options {
            let name = option.name.as_str();
            assert!(!NEVER.contains(&name) && !name.ends_with("_command") && !name.ends_with("_file"), "{}.{name}", provider.name);
            // A yes or no, a number, a password and one of a few can name no program and no file.
            let free = matches!(option.kind, OptionKind::Text | OptionKind::Json) && !option.exclusive;
            let help = option.help.to_lowercase();
            let looks = name.split('_').any(|word| NAMES.contains(&word)) || HELP.iter().any(|word| help.contains(word));
            if free && looks && !HARMLESS.contains(&(&provider.name, name)) {
                found.push(format!("{}.{name}", provider.name));
            }
        }
    }
    assert_eq!(found, [""; 0]);
    for (kind, option) in HARMLESS {
        let provider = providers.iter().find(|provider| provider.name == kind).expect(kind);
        assert!(provider.options.iter().any(|one| one.name == option), "{kind}.{option} is no exception any more");
    }
    let secrets = |kind: &str| -> Vec<_> {
        let options = providers.iter().filter(|provider| provider.name == kind).flat_map(|provider| &provider.options);
        options.filter(|option| option.secret).map(|option| option.name.as_str()).collect()
    };
    assert_eq!(secrets("sftp"), ["pass", "key_pem", "key_file_pass"]);
    assert_eq!(secrets("webdav"), ["pass", "bearer_token", "headers"]);
    assert_eq!(secrets("dropbox"), ["client_secret", "token"]);
    let weak: Vec<_> = providers.iter().flat_map(|provider| &provider.options).filter(|option| option.weakens).collect();
    assert!(weak.iter().any(|option| option.name == "no_check_certificate") && weak.len() < 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_with_a_pasted_token_is_made_as_rclone_would() {
    let house = House::new().await;
    let token = r#"{"access_token":"a","token_type":"bearer","refresh_token":"b","expiry":"2099-01-01T00:00:00Z"}"#;
    for (remote, provider, more) in [
        ("dropbox", "dropbox", &[][..]),
        ("drive", "drive", &[("scope", "drive")]),
        ("own", "drive", &[("client_id", "x"), ("client_secret", "y")]),
        ("one", "onedrive", &[("drive_id", "d"), ("drive_type", "personal")]),
        ("pcloud", "pcloud", &[]),
        ("photos", "google photos", &[]),
    ] {
        let config = options(&[more, &[("token", token)]].concat());
        create(&house.rclone, &name(remote), provider, &config).await.expect(provider);
    }
    let master = house.text("rclone.conf");
    assert_eq!(master.matches(&format!("token = {token}")).count(), 6, "{master}");
    assert_eq!(house.rclone.remotes().await.expect("read").len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_makes_the_configuration_unreadable() {
    let house = House::new().await;
    for (n, value) in
        ["\"\"\"abc", "`abc", "a`\"b", "\"\"\"\"\"\"", "%(type)s", "[x]", "#x", "=x", "\"a", "-", "a\\"].into_iter().enumerate()
    {
        let made = create(&house.rclone, &name(&format!("r{n}")), "memory", &options(&[("description", value)])).await;
        assert!(matches!(made, Ok(()) | Err(RcloneError::Invalid { .. })), "{value} {made:?}");
        let password = options(&[("url", "http://127.0.0.1:1"), ("pass", value)]);
        create(&house.rclone, &name(&format!("p{n}")), "webdav", &password).await.expect(value);
    }
    let shown = Command::new(program()).args(["config", "dump", "--config"]).arg(house.path("rclone.conf")).output().expect("shown");
    let all: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("rclone reads it");
    assert_eq!(all["r8"]["description"], "\"a");
    assert_eq!(house.rclone.remotes().await.expect("read").len(), all.as_object().expect("remotes").len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrapping_remote_is_tested_before_it_is_saved_and_leaves_nothing_behind() {
    let house = House::with("[files]\ntype = alias\nremote = /srv\n[DRAFT0]\ntype = s3\n").await;
    house.write("vault/x", b"1");
    let vault = house.path("vault");
    let vault = vault.to_str().expect("UTF-8");
    let before = house.text("run/rclone.conf");
    for (provider, config, connected) in [
        ("crypt", options(&[("remote", vault), ("password", SECRET)]), true),
        ("crypt", options(&[("remote", "files:"), ("password", SECRET)]), true),
        ("union", options(&[("upstreams", &format!("{vault} files:"))]), true),
        ("combine", options(&[("upstreams", &format!("a={vault} b=files:"))]), true),
        ("hasher", options(&[("remote", vault)]), true),
        ("chunker", options(&[("remote", vault)]), true),
        ("compress", options(&[("remote", vault), ("level", "-1")]), true),
        ("archive", options(&[("remote", vault)]), true),
        ("cache", options(&[("remote", "files:")]), true),
        ("crypt", options(&[("remote", &format!("{vault}/none")), ("password", SECRET)]), false),
    ] {
        let test = house.rclone.test_new(provider, &config).await.expect(provider);
        assert_eq!(test.connected, connected, "{provider} {test:?}");
        assert!(!test.message.contains(SECRET));
    }
    assert_eq!(house.text("run/rclone.conf"), before);
    assert_eq!(house.rclone.remotes().await.expect("read").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mangled_working_copy_is_healed_and_a_newer_token_is_taken_back() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let token_url = format!("http://{}/token", server.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in server.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().expect("cloned"));
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                line.clear();
            }
            let body = r#"{"access_token":"fresh","token_type":"bearer","refresh_token":"next","expires_in":3600}"#;
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    let house = House::with(&format!(
        "[d]\ntype = dropbox\nclient_id = x\nclient_secret = y\nauth_url = {token_url}\ntoken_url = {token_url}\ntoken = {}\n\n[a]\ntype = alias\nremote = /\n",
        r#"{"access_token":"stale","token_type":"bearer","refresh_token":"first","expiry":"2020-01-01T00:00:00Z"}"#
    ))
    .await;
    let working = house.path("run/rclone.conf");
    // What a run would do. It gets no further than the token: the proxy is closed.
    let status = Command::new(program())
        .args(["lsf", "d:", "--contimeout=3s", "--retries=1", "--low-level-retries=1", "--config"])
        .arg(&working)
        .env_clear()
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .stderr(Stdio::null())
        .status()
        .expect("run");
    assert!(!status.success());
    until("the token", async || house.text("rclone.conf").contains("\"next\"")).await;
    fs::write(&working, "[a]\ntype = al").expect("written");
    assert!(house.rclone.test_saved(&name("a")).await.expect("tested").connected, "healed before it is used");
    assert_eq!(house.text("run/rclone.conf"), house.text("rclone.conf"));
    assert!(house.text("rclone.conf").contains("\"fresh\""));
    house.rclone.list(&at("a:etc")).await.expect("listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_lives_ends_and_tells_what_it_did() {
    let house = House::new().await;
    for (file, content) in
        [("src/a.txt", "1"), ("src/--config=x", "22"), ("src/-v/b", "333"), ("src/new\nline", "4444"), ("src/t.tmp", "5")]
    {
        house.write(file, content.as_bytes());
    }
    let dir = house.path("run 1");
    assert_eq!(shim::inspect(&dir), Life::Absent);
    let options = TransferOptions { exclude: vec!["*.tmp".into()], checksum: true, ..TransferOptions::default() };
    let transfer = house.copy("src", "dst", options);
    let mut tail = log::Tail::open(&dir);
    house.rclone.start_run(&dir, &transfer, None).await.expect("started");
    let Life::Exited(exit) = ended(&dir).await else { panic!("{:?}", shim::inspect(&dir)) };
    assert_eq!((exit.code, exit.signal), (Some(0), None), "{:?}", log::lines(&dir, &log::Wanted { limit: 50, ..log::Wanted::default() }));
    let end = log::finish(&dir);
    let stats = end.stats.expect("final statistics");
    assert_eq!((stats.files, stats.bytes, stats.errors, end.headline), (4, 10, 0, None));
    assert_eq!(tail.read().expect("read").expect("progress").stats, stats);
    let files = log::files(&dir, FileOutcome::Copied, "-", 0, 10).expect("files");
    let mut names: Vec<_> = files.files.iter().map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!((names, files.counts.copied), (vec!["--config=x", "-v/b"], 4));
    assert_eq!(house.text("dst/new\nline"), "4444");
    assert!(!house.path("dst/t.tmp").exists());
    // What rclone writes is the person's; what we keep is ours.
    assert_eq!(fs::metadata(house.path("dst/-v")).expect("there").permissions().mode() & 0o777, 0o755);
    for (file, mode) in [("", 0o700), ("log.jsonl", 0o600), ("run.json", 0o600), ("exit.json", 0o600)] {
        assert_eq!(fs::metadata(dir.join(file)).expect("there").permissions().mode() & 0o777, mode, "{file}");
    }
    assert!(house.rclone.start_run(&dir, &transfer, None).await.is_err(), "a folder is for one run");

    // Names with a line break are listed as rclone writes them, and found by that.
    house.write("src/a\nb/c", b"");
    let listed = house.rclone.list(&house.local("src")).await.expect("listed");
    assert!(listed.iter().any(|entry| entry.name == "a␊b" && entry.is_dir));
    assert_eq!(house.rclone.list(&house.local("src").join("a␊b")).await.expect("listed")[0].name, "c");
    assert!(matches!(house.rclone.list(&house.local("none")).await, Err(RcloneError::NotFound)));
    let unknown = Transfer { destination: Some(at("nosuch:x")), ..transfer };
    assert!(matches!(house.rclone.start_run(&house.path("run 2"), &unknown, None).await, Err(RcloneError::UnknownRemote)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_says_why() {
    let house = House::with("[broken]\ntype = alias\nremote = nosuch:\n").await;
    let dir = house.path("run 1");
    let transfer = Transfer { source: at("broken:x"), ..house.copy("none", "dst", TransferOptions::default()) };
    house.rclone.start_run(&dir, &transfer, None).await.expect("started");
    let Life::Exited(exit) = ended(&dir).await else { panic!("not exited") };
    assert_eq!(exit.code, Some(1));
    let end = log::finish(&dir);
    let headline = end.headline.expect("a reason");
    assert!(headline.contains("didn't find section in config file (\"nosuch\")"), "{headline}");
    assert_eq!(end.stats, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_cleans_up() {
    let house = House::new().await;
    let dir = house.slow_run().await;
    shim::stop(&dir).expect("asked");
    let Life::Exited(exit) = ended(&dir).await else { panic!("not exited") };
    assert_eq!((exit.code, exit.signal), (Some(143), None));
    assert_eq!(fs::read_dir(house.path("out")).map_or(0, Iterator::count), 0, "no partial file");
    assert!(log::finish(&dir).stats.is_none(), "nothing final was said");
    shim::stop(&dir).expect("once more does no harm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_rclone_is_told_by_its_signal() {
    let house = House::new().await;
    let dir = house.slow_run().await;
    kill(pids(&dir).1);
    let Life::Exited(exit) = ended(&dir).await else { panic!("not exited") };
    assert_eq!((exit.code, exit.signal.map(signal_name).as_deref()), (None, Some("SIGKILL")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_processes_were_all_killed_is_gone() {
    let house = House::new().await;
    let dir = house.slow_run().await;
    let (shim, rclone) = pids(&dir);
    kill(shim);
    until("the shim to end", async || !Path::new(&format!("/proc/{shim}/cmdline")).exists()).await;
    assert_eq!(shim::inspect(&dir), Life::Alive, "rclone goes on");
    kill(rclone);
    assert_eq!(ended(&dir).await, Life::Gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_its_shim_can_still_be_stopped() {
    let house = House::new().await;
    let dir = house.slow_run().await;
    kill(pids(&dir).0);
    until("the stop to arrive", async || {
        shim::stop(&dir).expect("asked");
        shim::inspect(&dir) == Life::Gone
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_outlives_the_console_and_the_next_one_finds_it() {
    let house = House::new().await;
    let dir = house.slow_run().await;
    let House { dir: data, rclone } = house;
    rclone.shutdown().await;
    drop(rclone);
    assert_eq!(warm(data.path()), None, "the warm rclone ends with the console");
    let _next = open(data.path(), program()).await;
    assert_eq!(shim::inspect(&dir), Life::Alive);
    let (stats, _) = shim::stats(&dir).await.expect("it answers");
    assert!(stats.bytes > 0);
    shim::stop(&dir).expect("asked");
    assert!(matches!(ended(&dir).await, Life::Exited(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_warm_rclone_is_started_again_when_it_dies() {
    let house = House::new().await;
    house.rclone.list(&at("/")).await.expect("listed");
    let first = warm(house.dir.path()).expect("it runs");
    assert!(!listens_on_tcp(first), "only on our socket");
    kill(first);
    until("another one", async || warm(house.dir.path()).is_some_and(|pid| pid != first) && house.rclone.list(&at("/")).await.is_ok())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_warm_rclone_ends_when_the_console_is_killed() {
    let data = tempfile::tempdir().expect("a folder");
    let mut console = Command::new(std::env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", "rclone::a_console_to_be_killed", "--nocapture"])
        .env("LONGSHORE_TEST_DATA", data.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a console");
    until("its rclone", async || warm(data.path()).is_some()).await;
    console.kill().expect("killed");
    console.wait().expect("waited");
    until("its rclone to end", async || warm(data.path()).is_none()).await;
    let rclone = open(data.path(), program()).await;
    rclone.list(&at("/")).await.expect("what was left behind is not in the way");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "is started by the test above, and killed"]
async fn a_console_to_be_killed() {
    let Some(data) = std::env::var_os("LONGSHORE_TEST_DATA") else { return };
    let _rclone = open(Path::new(&data), program()).await;
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_resolves_to_where_it_really_lies() {
    let wrap = "[a]\ntype = alias\nremote = c:x\n\n[c]\ntype = crypt\nremote = /srv/vault\n\n[l]\ntype = local\n\n[u]\ntype = union\nupstreams = a:1 s:2:ro\n\n";
    let house =
        House::with(&format!("{wrap}[s]\ntype = s3\n\n[o]\ntype = alias\nremote = o:\n\n[h]\ntype = alias\nremote = :local:/\n")).await;
    for (from, to) in [
        ("a:y/z", &["/srv/vault/x/y/z"][..]),
        ("a:", &["/srv/vault/x"]),
        ("l:etc", &["/etc"]),
        ("s:b/c", &["s:b/c"]),
        ("/srv", &["/srv"]),
        ("u:y", &["s:2/y", "/srv/vault/x/1/y"]),
    ] {
        let to: Vec<_> = to.iter().map(|place| at(place)).collect();
        assert_eq!(house.rclone.resolve(&at(from)).await.expect(from), to);
    }
    for bad in ["o:", "h:etc"] {
        assert!(matches!(house.rclone.resolve(&at(bad)).await, Err(RcloneError::Failed { .. })), "{bad}");
    }
    assert!(matches!(house.rclone.resolve(&at("none:")).await, Err(RcloneError::UnknownRemote)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_rclone_the_configuration_is_still_there() {
    let data = tempfile::tempdir().expect("a folder");
    fs::write(data.path().join("rclone.conf"), "[b2]\ntype = s3\nprovider = AWS\n").expect("written");
    let rclone = open(data.path(), "/nowhere/rclone".into()).await;
    let RcloneStatus::Missing { message } = rclone.status() else { panic!("{:?}", rclone.status()) };
    assert!(message.contains("rclone.org/install"), "{message}");
    let remotes = rclone.remotes().await.expect("read");
    assert_eq!((remotes[0].name.as_str(), remotes[0].provider.as_str()), ("b2", "Amazon S3"));
    assert!(matches!(rclone.list(&at("/")).await, Err(RcloneError::Missing { .. })));
    assert!(matches!(rclone.providers().await, Err(RcloneError::Missing { .. })));
    rclone.shutdown().await;
}
