//! The round trip: what is set in a run is what its rclone runs with, and nothing else is. Each run is asked itself, on
//! its own socket.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use crate::support::{Console, until};

/// The figures that rclone derives from an option that was set.
const DERIVED: [&str; 1] = ["main.MultiThreadSet"];
/// Of these only one can be set at a time.
const ONE_OF: [(&str, i64); 3] = [("delete_before", 1), ("delete_during", 2), ("delete_after", 3)];
/// Beside these others have no effect, and are refused.
const ALONE: [(&str, &str); 3] =
    [("size_only", "SizeOnly"), ("ignore_existing", "IgnoreExisting"), ("ignore_times", "IgnoreTimes")];

/// A server that takes a connection and never answers: a client that connects waits.
struct Silent {
    console: Console,
    _listener: TcpListener,
}

impl Silent {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let console = Console::start();
        fs::create_dir(console.root().join("here")).expect("made");
        let config = json!({ "url": url, "vendor": "other" });
        let remote = json!({ "name": "silent", "provider": "webdav", "config": config });
        console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
        Self { console, _listener: listener }
    }

    /// The options of an operation, by the API.
    async fn options(&self, operation: &str) -> Vec<Value> {
        let options = self.console.get(&format!("/api/v1/operations/{operation}/options"), StatusCode::OK).await;
        options.as_array().expect("a list").clone()
    }

    /// Starts a run that waits for the server, and tells what its rclone runs with, and its command line.
    async fn run_with(&self, operation: &str, mut options: Value) -> (Value, Vec<String>) {
        if operation == "sync" {
            // Else its guards would wait for the server, and the run would never begin.
            options["dry_run"] = json!(true);
        }
        let mut body = json!({ "operation": operation, "source": "silent:x", "options": options });
        if operation != "delete" {
            body["destination"] = json!(self.console.path("here"));
        }
        if matches!(operation, "delete" | "move") {
            // What they would take away cannot be counted here.
            body["confirm"] = body.get("destination").unwrap_or(&body["source"]).clone();
        }
        let run = self.console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
        let id = run["id"].as_str().expect("an id").to_owned();
        let found = until("its rclone answers", async || {
            let run = self.console.run(&id).await;
            assert!(run["ended_at"].is_null(), "{run}");
            ask(&self.socket(&id)?)
        })
        .await;
        let line = self.console.processes(&id).into_iter().find(|(_, line)| line.contains(" --use-json-log "));
        let words = fs::read(format!("/proc/{}/cmdline", line.expect("its rclone").0)).expect("read");
        let words = words.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        self.console.post(&format!("/api/v1/runs/{id}/stop"), &json!({}), StatusCode::ACCEPTED).await;
        self.console.ended(&id).await;
        (found, words)
    }

    fn socket(&self, id: &str) -> Option<PathBuf> {
        let runs = fs::read_dir(self.console.data().join("runs")).ok()?;
        let dir = runs
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.to_str().is_some_and(|path| path.contains(id)))?;
        Some(dir.join("rc.sock"))
    }
}

/// `options/get` of the rclone at this socket; `None` while it does not answer.
fn ask(socket: &Path) -> Option<Value> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.write_all(b"POST /options/get HTTP/1.0\r\nContent-Length: 0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// Every value by its path: `main.Transfers`.
fn flat(options: &Value) -> BTreeMap<String, Value> {
    fn walk(path: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
        match value {
            // A map of rclone's own is a value: `MetadataSet`.
            Value::Object(fields) if !path.ends_with("MetadataSet") => {
                for (name, value) in fields {
                    walk(&format!("{path}.{name}"), value, into);
                }
            }
            // No limit is the largest number there is, which not every reader of JSON gets right.
            Value::Number(number) if number.as_f64() > Some(9e18) => drop(into.insert(path.to_owned(), json!("off"))),
            // Nothing and none are the same.
            Value::Null => drop(into.insert(path.to_owned(), json!([]))),
            value => drop(into.insert(path.to_owned(), value.clone())),
        }
    }
    let mut into = BTreeMap::new();
    for block in ["main", "filter", "log", "rc"] {
        walk(block, &options[block], &mut into);
    }
    into
}

/// What differs, by path, and how it is in `b`.
fn changes(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    b.iter()
        .filter(|(path, value)| a.get(*path) != Some(value))
        .map(|(path, value)| (path.clone(), value.clone()))
        .collect()
}

/// A value that is not the default, and how rclone tells it.
fn sample(flag: &Value) -> (Value, Value) {
    let same = |value: Value| (value.clone(), value);
    let default = flag["default"].as_str().expect("a default");
    match (flag["kind"].as_str().expect("a kind"), flag["name"].as_str().expect("a name")) {
        ("bool", _) => same(json!(default != "true")),
        ("int", _) => same(json!(default.parse::<i64>().expect("a number") + 3)),
        ("float", _) => same(json!(1.5)),
        ("size", _) => (json!("7Mi"), json!(7 << 20)),
        ("duration", _) => (json!("1m17s"), json!(77_000_000_000_u64)),
        ("bandwidth", _) => (json!("3M:1M"), json!("3Mi:1Mi")),
        ("time", _) => (json!("2001-02-03T04:05:06Z"), json!("2001-02-03T04:05:06Z")),
        ("choice", _) => {
            let choices = flag["choices"].as_array().expect("choices");
            same(choices.iter().find(|choice| choice.as_str() != Some(default)).expect("another").clone())
        }
        ("list", "filter") => same(json!(["- --rc-addr=:5572", "+ *.{jpg,png}", "- a b,\"c\""])),
        ("list", "metadata_filter") => same(json!(["- mtime=2*", "+ *"])),
        ("list", "metadata_set") => (json!(["key=--config=/x", "b=c,d"]), json!({ "key": "--config=/x", "b": "c,d" })),
        ("list", "header_upload" | "header_download") => (
            json!(["X-One: --a, b", "X-Two: c"]),
            json!([{ "Key": "X-One", "Value": "--a, b" }, { "Key": "X-Two", "Value": "c" }]),
        ),
        ("list", _) => same(json!(["--config=x", "a,b \"c\" é"])),
        ("text", "order_by") => same(json!("size,mixed,25")),
        ("text", "track_renames_strategy") => same(json!("hash,leaf")),
        ("text", "hash_filter") => same(json!("1/3")),
        ("text", "partial_suffix") => same(json!("-half.x")),
        ("text", "compare") => same(json!("size,checksum")),
        ("text", "bind") => same(json!("127.0.0.1")),
        ("text", "dscp") => (json!("LE"), json!(4)),
        ("text", _) => same(json!("--rc-addr=:5572 'x")),
        (kind, name) => panic!("{name}: {kind}"),
    }
}

/// Where `options/get` tells an option: rclone's own list says it, but for those that the list leaves out. `None` for
/// those of one command, which it does not tell.
fn paths() -> BTreeMap<String, String> {
    let info = std::process::Command::new(crate::support::rclone_path())
        .args(["rc", "--loopback", "options/info"])
        .output()
        .expect("runs");
    let info: Value = serde_json::from_slice(&info.stdout).expect("JSON");
    let listed = ["main", "filter"].into_iter().flat_map(|block| {
        let options = info[block].as_array().expect("a list").iter();
        options.map(move |option| {
            let field = option["FieldName"].as_str().expect("a field").trim_start_matches("RulesOpt.");
            (option["Name"].as_str().expect("a name").to_owned(), format!("{block}.{field}"))
        })
    });
    let own = [
        ("bind", "BindAddr"),
        ("dscp", "TrafficClass"),
        ("header_upload", "UploadHeaders"),
        ("header_download", "DownloadHeaders"),
        ("metadata_set", "MetadataSet"),
    ];
    listed.chain(own.map(|(name, field)| (name.to_owned(), format!("main.{field}")))).collect()
}

#[tokio::test]
async fn every_option_that_may_be_set_is_the_one_that_rclone_runs_with() {
    let silent = Silent::start().await;
    let paths = paths();
    let (mut told, mut on_the_line, mut pairs) = (BTreeSet::new(), BTreeSet::new(), 0);
    for operation in ["copy", "sync", "move", "delete", "check", "bisync"] {
        let (plain, _) = silent.run_with(operation, json!({})).await;
        let plain = flat(&plain);
        let (mut given, mut expected, mut words) = (Map::new(), BTreeMap::new(), Vec::new());
        let apart = |flag: &&Value| {
            ONE_OF.iter().all(|(name, _)| flag["name"] != *name) && ALONE.iter().all(|(name, _)| flag["name"] != *name)
        };
        for flag in silent.options(operation).await.iter().filter(apart) {
            let name = flag["name"].as_str().expect("a name");
            let (value, tells) = sample(flag);
            let list = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            words.extend(list.iter().map(|value| format!("--{}={}", name.replace('_', "-"), word(value))));
            given.insert(name.to_owned(), value);
            pairs += 1;
            match paths.get(name) {
                Some(path) => {
                    assert_ne!(plain.get(path), Some(&tells), "{operation} {name}: not another value than without it");
                    expected.insert(path.clone(), tells);
                    told.insert(name.to_owned());
                }
                None => drop(on_the_line.insert(name.to_owned())),
            }
        }
        let (found, line) = silent.run_with(operation, json!({ "flags": given })).await;
        let mut found = changes(&plain, &flat(&found));
        found.retain(|path, _| !DERIVED.contains(&path.as_str()) && path != "log.File");
        if operation == "bisync" {
            // What is left half written has the suffix that was set.
            assert_eq!(found.remove("filter.ExcludeRule"), Some(json!([r"{{.*\.[0-9a-f]{8}\-half\.x}}"])));
        }
        assert_eq!(found, expected, "{operation}");
        for word in words {
            assert_eq!(line.iter().filter(|found| **found == word).count(), 1, "{operation} {word}: {line:?}");
        }
    }
    for (name, mode) in ONE_OF {
        let (found, _) = silent.run_with("sync", json!({ "flags": { name: true } })).await;
        assert_eq!(found["main"]["DeleteMode"], mode, "{name}");
        told.insert(name.to_owned());
        pairs += 1;
    }
    for (name, field) in ALONE {
        let (found, _) = silent.run_with("copy", json!({ "flags": { name: true } })).await;
        assert_eq!(found["main"][field], true, "{name}");
        told.insert(name.to_owned());
        pairs += 1;
    }
    eprintln!(
        "{} options proven by what rclone says it runs with, {} of one command by its command line; {pairs} of all operations",
        told.len(),
        on_the_line.len(),
    );
    assert!(told.len() >= 75 && on_the_line.len() >= 15, "{} {}", told.len(), on_the_line.len());
}

#[tokio::test]
async fn without_options_rclone_runs_with_what_longshore_sets_and_its_own_defaults() {
    let silent = Silent::start().await;
    let info = std::process::Command::new(crate::support::rclone_path())
        .args(["rc", "--loopback", "options/get"])
        .output()
        .expect("runs");
    let defaults = flat(&serde_json::from_slice(&info.stdout).expect("JSON"));
    let fixed = [
        "log.File",
        "log.Format",
        "log.MaxBackups",
        "log.MaxSize",
        "main.AskPassword",
        "main.ConnectTimeout",
        "main.LogLevel",
        "main.RetriesInterval",
        "main.StatsFileNameLength",
        "main.StatsLogLevel",
        "main.TerminalColorMode",
        "main.Timeout",
        "main.UseJSONLog",
        "rc.Enabled",
        "rc.JobExpireDuration",
        "rc.JobExpireInterval",
        "rc.NoAuth",
    ];
    for (operation, more) in
        [("copy", None), ("move", Some("main.DisableFeatures")), ("bisync", Some("filter.ExcludeRule"))]
    {
        let (found, _) = silent.run_with(operation, json!({})).await;
        let changed: BTreeSet<_> = changes(&defaults, &flat(&found)).into_keys().collect();
        assert_eq!(changed, fixed.into_iter().chain(more).map(str::to_owned).collect(), "{operation}");
    }
    let named = json!({ "checksum": true, "dry_run": true, "bwlimit": "3M", "transfers": 7, "checkers": 9, "exclude": ["--config=x"], "include": ["*"],
        "min_age": "2h", "max_age": "1w", "min_size": "7M", "max_size": "8M", "max_delete": 5, "backup_dir": silent.console.path("old") });
    let (plain, _) = silent.run_with("sync", json!({})).await;
    let (found, _) = silent.run_with("sync", named).await;
    let expected = json!({ "main.CheckSum": true, "main.BwLimit": "3Mi", "main.Transfers": 7, "main.Checkers": 9,
        "filter.ExcludeRule": ["--config=x"], "filter.IncludeRule": ["*"], "filter.MinAge": 7_200_000_000_000_u64,
        "filter.MaxAge": 604_800_000_000_000_u64, "filter.MinSize": 7 << 20, "filter.MaxSize": 8 << 20,
        "main.BackupDir": silent.console.path("old") });
    let mut found = changes(&flat(&plain), &flat(&found));
    found.remove("log.File");
    assert_eq!(json!(found), expected);
    // A dry run shows all that would go: there is no limit to it.
    let (found, _) = silent.run_with("delete", json!({ "max_delete": 5 })).await;
    assert_eq!(found["main"]["MaxDelete"], 5);
}
