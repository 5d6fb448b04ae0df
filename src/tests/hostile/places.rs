//! Each name as a place: what the console lists is asked for by that name, and it is that folder which is listed,
//! measured, copied, moved or deleted. Each folder has one file, whose size tells which it is.

use super::*;

/// One provider's places.
struct Shelf<'a> {
    console: &'a Console,
    provider: &'a Provider,
    wrong: Vec<String>,
}

impl Shelf<'_> {
    /// The sizes of all files below a place: what is there.
    fn there(&self, folder: &str) -> BTreeSet<u64> {
        let output = plain(self.console, &["lsjson", "-R", "--files-only", &self.provider.at(folder)]);
        let entries: Value = serde_json::from_slice(&output.stdout).unwrap_or(json!([]));
        entries.as_array().into_iter().flatten().map(|found| entry(found).0).collect()
    }

    /// The sizes of the files that a list of this location tells; nothing when it was refused.
    async fn listed(&self, location: &str) -> (StatusCode, Vec<u64>) {
        let (status, entries) = ask(self.console, "list", &[("remote_path", location)]).await;
        (status, entries.as_array().into_iter().flatten().filter_map(|entry| entry["size"].as_u64()).collect())
    }

    fn wrong(&mut self, location: &str, what: &str) {
        self.wrong.push(format!("{location:?} {what}"));
    }

    /// The locations of the folders that the console lists, by the sizes of what is in them.
    async fn found(&mut self) -> BTreeMap<u64, String> {
        let base = self.provider.at("in");
        let (status, entries) = ask(self.console, "list", &[("remote_path", &base)]).await;
        assert_eq!(status, StatusCode::OK, "{entries}");
        let mut found = BTreeMap::new();
        for entry in entries.as_array().expect("entries") {
            let location = format!("{base}/{}", entry["name"].as_str().expect("a name"));
            match self.listed(&location).await {
                (StatusCode::OK, sizes) if sizes.len() == 1 => {
                    if let Some(other) = found.insert(sizes[0], location.clone()) {
                        self.wrong(&location, &format!("opens what {other:?} opens"));
                    }
                }
                // What is not UTF-8 cannot be asked for; it opens nothing else.
                (_, sizes) if sizes.is_empty() && location.contains('\u{fffd}') => (),
                (status, sizes) => {
                    self.wrong(&location, &format!("is listed, and cannot be opened: {status}, {sizes:?}"));
                }
            }
        }
        found
    }

    /// What a person types instead of what is listed: it opens that folder, or nothing.
    async fn typed(&mut self, spelled: &BTreeMap<OsString, String>, there: &BTreeSet<u64>) {
        for name in names::NAMES {
            let Ok(text) = std::str::from_utf8(name.bytes) else { continue };
            let meant = |other: &names::Name| {
                let raw = OsString::from_vec(other.bytes.to_vec());
                other.bytes == name.bytes || spelled.get(&raw).is_some_and(|spelled| spelled == text)
            };
            let meant: BTreeSet<u64> = (0..names::NAMES.len())
                .filter(|i| meant(&names::NAMES[*i]))
                .map(|i| names::content(i).len() as u64)
                .collect();
            let location = format!("{}/{text}", self.provider.at("in"));
            let (status, sizes) = self.listed(&location).await;
            if sizes.iter().any(|size| !meant.contains(size)) {
                self.wrong(&location, &format!("as it was typed opens another: {sizes:?} instead of {meant:?}"));
            }
            // A control character is spelled by its picture; as itself it may stand for nothing that is there.
            let spelled_so = spelled.values().any(|known| known == text);
            if status.is_server_error()
                || (spelled_so && status.is_success() && sizes.is_empty() && meant.is_subset(there))
            {
                self.wrong(&location, &format!("as it was typed: {status}, {sizes:?}"));
            }
        }
    }

    /// Copies, measures and checks one folder and its file, then moves or deletes it; all others stay.
    async fn used(&mut self, number: usize, location: &str, size: u64) {
        let (_, measured) = ask(self.console, "size", &[("remote_path", location)]).await;
        if (measured["objects"].as_u64(), measured["size_bytes"].as_u64()) != (Some(1), Some(size)) {
            self.wrong(location, &format!("is measured as {measured}"));
        }
        let (back, one) = (format!("back/{number}"), format!("one/{number}"));
        for (source, to) in [(location.to_owned(), &back), (format!("{location}/f"), &one)] {
            let copy = run(self.console, "copy", &source, &self.console.path(to)).await;
            let home: Vec<_> = lying(&self.console.root().join(to))
                .into_iter()
                .map(|(name, content)| (name, content.len() as u64))
                .collect();
            if home != [(OsString::from("f"), size)] {
                self.wrong(&source, &format!("brings home {home:?}: {}, {}", copy["state"], copy["error"]));
            }
        }
        let check = run(self.console, "check", location, &self.console.path(&back)).await;
        if !matches!(check["state"].as_str(), Some("succeeded" | "warning")) {
            self.wrong(location, &format!("is not what it was copied to: {}", check["error"]));
        }
        let mut wanted = self.there("");
        let index = names::NAMES
            .iter()
            .enumerate()
            .position(|(index, _)| names::content(index).len() as u64 == size)
            .expect("one of them");
        let (what, done) = if number.is_multiple_of(2) {
            let body = json!({ "remote_path": location });
            let answer = self
                .console
                .request(Method::POST, "/api/v1/backups/rclone/delete")
                .json(&body)
                .send()
                .await
                .expect("an answer");
            wanted.remove(&size);
            ("delete", answer.status().is_success())
        } else {
            let moved = run(self.console, "move", location, &self.provider.at(&format!("moved-{number}"))).await;
            ("move", moved["state"] == "succeeded" || moved["state"] == "warning")
        };
        let now = self.there("");
        if !done && faults::known(self.provider.kind, what, names::NAMES[index].bytes).is_none() {
            self.wrong(location, &format!("{what} failed"));
        }
        if done && now != wanted {
            let (more, less): (Vec<_>, Vec<_>) = (now.difference(&wanted).collect(), wanted.difference(&now).collect());
            self.wrong(location, &format!("{what}: {more:?} is there, {less:?} is not"));
        }
        if !done && wanted.difference(&now).any(|lost| *lost != size) {
            self.wrong(location, &format!("{what} failed, and took others"));
        }
    }
}

async fn shelf(kind: Kind, every: usize) {
    let console = Console::start();
    let Some(provider) = Provider::start(kind, &console).await else { return };
    let src = console.root().join("src");
    let usable = |name: &names::Name| faults::known(kind, "copy", name.bytes).is_none();
    for (index, name) in names::NAMES.iter().enumerate().filter(|(_, name)| usable(name)) {
        let dir = src.join(OsString::from_vec(name.bytes.to_vec()));
        fs::create_dir_all(&dir).expect(name.what);
        fs::write(dir.join("f"), names::content(index)).expect(name.what);
    }
    // The plain rclone lays them out; what it cannot, the peer does not take.
    plain(&console, &["copy", src.to_str().expect("text"), &provider.at("in")]);
    let spelled = spelled_folders(&console, &src);
    let mut shelf = Shelf { console: &console, provider: &provider, wrong: Vec::new() };
    let there = shelf.there("in");
    let sown = names::NAMES.iter().filter(|name| usable(name)).count();
    assert!(there.len() + 3 > sown, "{kind:?} takes only {} of {sown}", there.len());
    let found = shelf.found().await;
    let text = |size: &u64| {
        std::str::from_utf8(names::NAMES[usize::try_from(*size).expect("small") - names::content(0).len()].bytes)
            .is_ok()
    };
    let missing: Vec<_> = there.iter().filter(|size| text(size) && !found.contains_key(size)).collect();
    if !missing.is_empty() {
        shelf.wrong("in", &format!("does not list {missing:?}"));
    }
    shelf.typed(&spelled, &there).await;
    for (number, (size, location)) in
        found.iter().enumerate().filter(|(number, _)| number % every == kind as usize % every)
    {
        shelf.used(number / every, location, *size).await;
    }
    assert!(shelf.wrong.is_empty(), "{kind:?}:\n{}", shelf.wrong.join("\n"));
}

/// How rclone spells the name of each folder.
fn spelled_folders(console: &Console, dir: &Path) -> BTreeMap<OsString, String> {
    let output = plain(console, &["lsjson", "-R", "--files-only", "--", dir.to_str().expect("text")]);
    let entries: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let folder = |found: &Value| {
        let index = usize::try_from(entry(found).0).expect("small") - names::content(0).len();
        let path = found["Path"].as_str().expect("a path").trim_end_matches("/f").to_owned();
        (OsString::from_vec(names::NAMES[index].bytes.to_vec()), path)
    };
    entries.as_array().expect("entries").iter().map(folder).collect()
}

macro_rules! shelves {
    ($($test:ident: $kind:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            let few = [Kind::Local, Kind::RcloneS3, Kind::ModDav, Kind::Sftp, Kind::Crypt];
            if whole() || few.contains(&Kind::$kind) {
                shelf(Kind::$kind, if whole() { 1 } else { 12 }).await;
            }
        })*
    };
}

shelves! {
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
