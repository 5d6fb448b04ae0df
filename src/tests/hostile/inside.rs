//! The names in a folder: it is copied there and back, synced again, moved, checked, listed, measured, mounted,
//! deleted, and goes by a job.

use super::*;

/// One provider's column of the table, with what is wrong in it.
struct Column<'a> {
    console: &'a Console,
    provider: &'a Provider,
    /// How rclone spells each name.
    spelled: BTreeMap<OsString, String>,
    wrong: Vec<String>,
}

impl Column<'_> {
    /// Judges what came of a run that was to bring `wanted` to where `there` lies. What is left is what arrived.
    async fn judge(&mut self, operation: &str, run: &Value, wanted: &Files, there: &Files) -> Files {
        let named = named(self.console, run).await;
        let mut kept = Files::new();
        for (name, content) in wanted {
            let said = named.contains(&self.spelled[name]);
            match there.get(name) {
                Some(found) if found == content => {
                    kept.insert(name.clone(), content.clone());
                }
                Some(_) => self.wrong(operation, name, "has other content"),
                None if !said => {
                    self.wrong(operation, name, &format!("was lost, and {} does not name it", run["state"]));
                }
                None if faults::known(self.provider.kind, operation, name.as_bytes()).is_none() => {
                    self.wrong(operation, name, &self.why(run));
                }
                None => (),
            }
        }
        for name in there.keys().filter(|name| !wanted.contains_key(*name)) {
            // What a peer cut off and the run names as failed lies there under the rest of its name.
            let cut = |whole: &OsString| !kept.contains_key(whole) && whole.as_bytes().starts_with(name.as_bytes());
            if !wanted.keys().any(cut) {
                self.wrong(operation, name, "is new");
            }
        }
        if kept.len() < wanted.len() && matches!(run["state"].as_str(), Some("succeeded" | "no_change")) {
            self.wrong.push(format!(
                "{operation}: {} of {} arrived, and it is {}",
                kept.len(),
                wanted.len(),
                run["state"]
            ));
        }
        kept
    }

    fn why(&self, run: &Value) -> String {
        format!("did not arrive, which is said, and is no known fault of the peer: {}", run["error"])
    }

    fn wrong(&mut self, operation: &str, name: &OsString, what: &str) {
        self.wrong.push(format!("{operation}: {:?} {what}", seen(name)));
    }

    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, wanted: &T) {
        if found != wanted {
            self.wrong.push(format!("{what}: {found:?} instead of {wanted:?}"));
        }
    }

    /// Lists a place in three ways; each has every file once.
    async fn lists(&mut self, folder: &str, files: &Files) {
        let mut wanted: Vec<u64> = files.values().map(|content| content.len() as u64).collect();
        wanted.sort_unstable();
        let sizes = |entries: &[Value]| {
            let mut sizes: Vec<_> = entries
                .iter()
                .filter(|entry| entry["is_dir"] == false)
                .filter_map(|entry| entry["size"].as_u64())
                .collect();
            sizes.sort_unstable();
            sizes
        };
        let at = self.provider.at(folder);
        for query in [vec![("remote_path", at.as_str())], vec![("remote_path", at.as_str()), ("recursive", "true")]] {
            let (status, entries) = ask(self.console, "list", &query).await;
            let found = entries.as_array().map(|entries| sizes(entries)).unwrap_or_default();
            self.equal(&format!("{query:?} {status}"), &found, &wanted);
        }
        let (mut found, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..100 {
            let mut query = vec![("remote_path", at.clone()), ("limit", "7".to_owned())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let request = self.console.request(Method::GET, "/api/v1/backups/rclone/list").query(&query);
            let answer = request.send().await.expect("an answer");
            cursor = answer.headers().get("x-next-cursor").and_then(|cursor| Some(cursor.to_str().ok()?.to_owned()));
            let entries: Value = answer.json().await.expect("JSON");
            found.extend(entries.as_array().map(|entries| sizes(entries)).unwrap_or_default());
            if cursor.is_none() {
                break;
            }
        }
        found.sort_unstable();
        self.equal("list in pages", &found, &wanted);
        let (status, size) = ask(self.console, "size", &[("remote_path", &at)]).await;
        let bytes = wanted.iter().sum::<u64>();
        self.equal(
            &format!("size {status}"),
            &(size["objects"].as_u64(), size["size_bytes"].as_u64()),
            &(Some(wanted.len() as u64), Some(bytes)),
        );
    }

    async fn again(&mut self, source: &str, folder: &str, files: &Files) {
        let run = run(self.console, "sync", source, &self.provider.at(folder)).await;
        let stats = (&run["stats"]["files"], &run["stats"]["deletes"], &run["stats"]["errors"]);
        self.equal(&format!("sync again: {}", run["error"]), &stats, &(&json!(0), &json!(0), &json!(0)));
        let there = fetched(self.console, &self.provider.at(folder));
        self.equal("after the sync again", &there.len(), &files.len());
        let check = super::run(self.console, "check", source, &self.provider.at(folder)).await;
        let state = check["state"].as_str().unwrap_or_default().to_owned();
        if !matches!(state.as_str(), "succeeded" | "warning") {
            self.wrong.push(format!("check: {state}, {}", check["error"]));
        }
        let path = format!("/api/v1/runs/{}/files?outcome=matched", check["id"].as_str().expect("an id"));
        let matched = self.console.get(&path, StatusCode::OK).await["matched"].clone();
        self.equal("matched", &matched, &json!(files.len()));
    }

    async fn mounts(&mut self, folder: &str, files: &Files) {
        if longshore::server::rclone::mount::missing().is_some() {
            return;
        }
        let place = self.console.path("mounted");
        let body = json!({ "location": self.provider.at(folder), "mount_point": place, "read_only": true });
        let mount = self.console.post("/api/v1/mounts", &body, StatusCode::CREATED).await;
        let there = lying(Path::new(&place));
        let path = format!("/api/v1/mounts/{}", mount["id"].as_str().expect("an id"));
        let gone = self.console.request(Method::DELETE, &path).send().await.expect("an answer");
        assert!(gone.status().is_success(), "{gone:?}");
        for (name, content) in files {
            // rclone mounts a folder with its own spelling of the names.
            let found = there.get(&OsString::from(&self.spelled[name])).or_else(|| there.get(name));
            if found != Some(content) {
                self.wrong("mount", name, if found.is_some() { "has other content" } else { "is not there" });
            }
        }
    }

    async fn by_a_job(&mut self, source: &str, files: &Files) {
        let job =
            json!({ "name": "names", "operation": "sync", "source": source, "destination": self.provider.at("job") });
        let job = self.console.post("/api/v1/jobs", &job, StatusCode::CREATED).await;
        let path = format!("/api/v1/jobs/{}/runs", job["id"].as_str().expect("an id"));
        let run = self.console.post(&path, &json!({}), StatusCode::ACCEPTED).await;
        let run = self.console.ended(run["id"].as_str().expect("an id")).await;
        let there = fetched(self.console, &self.provider.at("job"));
        self.judge("job", &run, files, &there).await;
    }

    /// Moves within the provider: each file is where it was or where it went, and nowhere else.
    async fn moves(&mut self, files: &Files) -> Files {
        let run = run(self.console, "move", &self.provider.at("in"), &self.provider.at("moved")).await;
        let there = fetched(self.console, &self.provider.at("moved"));
        let left = fetched(self.console, &self.provider.at("in"));
        let moved = self.judge("move", &run, files, &there).await;
        for (name, content) in files {
            let peer = faults::known(self.provider.kind, "move", name.as_bytes()).is_some();
            match (moved.contains_key(name), left.get(name) == Some(content)) {
                (true, true) => self.wrong("move", name, "is still where it was"),
                (false, false) if !peer => self.wrong("move", name, "is nowhere"),
                _ => (),
            }
        }
        moved
    }

    async fn deletes(&mut self, others: &Files) {
        let before = fetched(self.console, &self.provider.at("job"));
        let place = self.provider.at("moved");
        let body = json!({ "remote_path": place, "confirm": place });
        let request = self.console.request(Method::POST, "/api/v1/backups/rclone/delete").json(&body);
        let status = request.send().await.expect("an answer").status();
        self.equal("delete", &status, &StatusCode::OK);
        self.equal("left after the delete", &fetched(self.console, &self.provider.at("moved")).len(), &0);
        self.equal(
            "the neighbour of what was deleted",
            &(fetched(self.console, &self.provider.at("job")) == before),
            &true,
        );
        self.equal("the source of it all", &(lying(&self.console.root().join("src")) == *others), &true);
    }
}

async fn column(kind: Kind) {
    let console = Console::start();
    let Some(provider) = Provider::start(kind, &console).await else { return };
    let (src, source) = (console.root().join("src"), console.path("src"));
    fs::create_dir(&src).expect("a folder");
    for (index, name) in names::NAMES.iter().enumerate().filter(|(_, name)| !faults::renamed(kind, name.bytes)) {
        fs::write(src.join(OsString::from_vec(name.bytes.to_vec())), names::content(index)).expect(name.what);
    }
    let spelled = spelled(&console, &src);
    let mut column = Column { console: &console, provider: &provider, spelled, wrong: Vec::new() };
    let all = lying(&src);

    let copy = run(&console, "copy", &source, &provider.at("in")).await;
    let files = column.judge("copy", &copy, &all, &fetched(&console, &provider.at("in"))).await;
    for name in all.keys().filter(|name| !files.contains_key(*name)) {
        fs::remove_file(src.join(name)).expect("removed");
    }
    column.lists("in", &files).await;
    column.again(&source, "in", &files).await;
    let back = run(&console, "copy", &provider.at("in"), &console.path("back")).await;
    column.judge("copy back", &back, &files, &lying(&console.root().join("back"))).await;
    column.by_a_job(&source, &files).await;
    let moved = column.moves(&files).await;
    column.mounts("moved", &moved).await;
    column.deletes(&files).await;
    assert!(column.wrong.is_empty(), "{kind:?}:\n{}", column.wrong.join("\n"));
}

macro_rules! columns {
    ($($test:ident: $kind:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            // FTP over TLS differs from FTP in nothing that concerns a name.
            if whole() || Kind::$kind != Kind::Ftps {
                column(Kind::$kind).await;
            }
        })*
    };
}

columns! {
    local: Local,
    alias: Alias,
    union: Union,
    s3: RcloneS3,
    moto: Moto,
    crypt: Crypt,
    sftp: Sftp,
    ftp: Ftp,
    ftps: Ftps,
    mod_dav: ModDav,
    wsgidav: WsgiDav,
    smb: Smb,
}
