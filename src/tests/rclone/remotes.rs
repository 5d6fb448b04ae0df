//! Remotes and rclone.conf: made, tested, saved, told, healed.

use super::{super::support::S3, *};

/// A server with one bucket, `bucket`, and a file in it.
fn s3_with_a_file() -> S3 {
    let s3 = S3::start();
    write(s3.dir.path(), "bucket/2026/a.jpg", b"12345");
    s3
}

fn config(s3: &S3, secret: &str) -> BTreeMap<String, String> {
    options(&[
        ("provider", "Rclone"),
        ("access_key_id", S3::KEY),
        ("secret_access_key", secret),
        ("endpoint", &s3.endpoint),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_is_tested_saved_listed_and_deleted() {
    let (house, s3) = (House::new().await, s3_with_a_file());
    let rclone = &house.rclone;
    let test = rclone.test_new(OWNER, "s3", &config(&s3, S3::SECRET), None).await.expect("tested");
    assert!(test.connected && test.message.ends_with(", 1 bucket"), "{test:?}");
    assert!(rclone.remotes().await.expect("read").is_empty(), "a test saves nothing");

    create(rclone, &name("my s3"), "s3", &config(&s3, S3::SECRET)).await.expect("created");
    assert!(matches!(
        create(rclone, &name("my s3"), "s3", &config(&s3, S3::SECRET)).await,
        Err(RcloneError::Exists { .. })
    ));
    let saved = rclone.remotes().await.expect("read");
    assert_eq!((saved.len(), saved[0].kind.as_str(), saved[0].encrypted), (1, "s3", false));
    assert!(rclone.test_saved(&name("my s3")).await.expect("tested").connected);

    let root = rclone.list(&at("my s3:")).await.expect("listed");
    assert_eq!((root.len(), root[0].name.as_str(), root[0].is_dir, root[0].size), (1, "bucket", true, None));
    let files = rclone.list(&at("my s3:bucket/2026")).await.expect("listed");
    assert_eq!((files[0].name.as_str(), files[0].size, files[0].is_dir), ("a.jpg", Some(5), false));
    assert!(files[0].mod_time.is_some());

    create(rclone, &name("pictures"), "alias", &options(&[("remote", "my s3:bucket")])).await.expect("created");
    assert_eq!(rclone.list(&at("pictures:2026")).await.expect("listed").len(), 1);
    rclone.delete(&name("pictures")).await.expect("deleted").commit();
    assert!(matches!(rclone.list(&at("pictures:2026")).await, Err(RcloneError::UnknownRemote)));
    assert!(matches!(rclone.delete(&name("pictures")).await, Err(RcloneError::UnknownRemote)));
    assert!(s3.dir.path().join("bucket/2026/a.jpg").exists(), "files stay");
    rclone.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_fails_is_told_in_words_without_secrets() {
    let (house, s3) = (House::new().await, s3_with_a_file());
    let rclone = &house.rclone;
    let wrong = rclone.test_new(OWNER, "s3", &config(&s3, "wrong-secret-value"), None).await.expect("tested");
    assert_eq!(
        (wrong.connected, wrong.message.as_str()),
        (false, "The key was refused (403): check access key and secret.")
    );
    let mut closed = config(&s3, S3::SECRET);
    closed.insert("endpoint".into(), "http://127.0.0.1:1".into());
    let closed = rclone.test_new(OWNER, "s3", &closed, None).await.expect("tested");
    assert_eq!(
        (closed.connected, closed.message.as_str()),
        (false, "The server refused the connection: check host and port.")
    );
    let alias = options(&[("remote", house.path("none").to_str().expect("UTF-8"))]);
    let missing = rclone.test_new(OWNER, "alias", &alias, None).await.expect("tested");
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
            let test = house.rclone.test_new(OWNER, "sftp", &config, None).await.expect("tested");
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
    let revealed =
        Command::new(rclone_path()).args(["reveal", "--config", "", "--", pass]).output().expect("revealed").stdout;
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
    // As it was read: whatever is in it stands there once.
    let kept = serde_json::from_str::<serde_json::Value>(token).expect("JSON").to_string();
    assert_eq!(master.matches(&format!("token = {kept}")).count(), 6, "{master}");
    assert_eq!(house.rclone.remotes().await.expect("read").len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_makes_the_configuration_unreadable() {
    let house = House::new().await;
    for (n, value) in ["\"\"\"abc", "`abc", "a`\"b", "\"\"\"\"\"\"", "%(type)s", "[x]", "#x", "=x", "\"a", "-", "a\\"]
        .into_iter()
        .enumerate()
    {
        let made = create(&house.rclone, &name(&format!("r{n}")), "memory", &options(&[("description", value)])).await;
        assert!(matches!(made, Ok(()) | Err(RcloneError::Invalid { .. })), "{value} {made:?}");
        let password = options(&[("url", "http://127.0.0.1:1"), ("pass", value)]);
        create(&house.rclone, &name(&format!("p{n}")), "webdav", &password).await.expect(value);
    }
    let shown = Command::new(rclone_path())
        .args(["config", "dump", "--config"])
        .arg(house.path("rclone.conf"))
        .output()
        .expect("shown");
    let all: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("rclone reads it");
    assert_eq!(all["r8"]["description"], "\"a");
    assert_eq!(house.rclone.remotes().await.expect("read").len(), all.as_object().expect("remotes").len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrapping_remote_is_tested_before_it_is_saved_and_leaves_nothing_behind() {
    let files = tempfile::tempdir().expect("a folder");
    write(files.path(), "x", b"1");
    fs::create_dir(files.path().join("empty")).expect("made");
    let house =
        House::with(&format!("[files]\ntype = alias\nremote = {}\n[DRAFT0]\ntype = s3\n", files.path().display()))
            .await;
    write(house.dir.path(), "vault/x", b"1");
    let vault = house.path("vault");
    let vault = vault.to_str().expect("UTF-8");
    let empty = format!("{vault}-empty");
    fs::create_dir(&empty).expect("made");
    let before = house.text("run/rclone.conf");
    for (provider, config, connected) in [
        ("crypt", options(&[("remote", &empty), ("password", SECRET)]), true),
        // What lies there is not encrypted.
        ("crypt", options(&[("remote", vault), ("password", SECRET)]), false),
        ("crypt", options(&[("remote", "files:empty"), ("password", SECRET)]), true),
        ("union", options(&[("upstreams", &format!("{vault} files:"))]), true),
        ("combine", options(&[("upstreams", &format!("a={vault} b=files:"))]), true),
        ("hasher", options(&[("remote", vault)]), true),
        ("chunker", options(&[("remote", vault)]), true),
        ("compress", options(&[("remote", vault), ("level", "-1")]), true),
        ("archive", options(&[("remote", vault)]), true),
        ("cache", options(&[("remote", "files:")]), true),
        ("crypt", options(&[("remote", &format!("{vault}/none")), ("password", SECRET)]), false),
        // A file is no folder, whatever is put over it.
        ("alias", options(&[("remote", &format!("{vault}/x"))]), false),
        ("alias", options(&[("remote", "files:x")]), false),
        ("crypt", options(&[("remote", &format!("{vault}/x")), ("password", SECRET)]), false),
        ("hasher", options(&[("remote", &format!("{vault}/x"))]), false),
        ("union", options(&[("upstreams", &format!("{vault} {vault}/x"))]), false),
        ("combine", options(&[("upstreams", &format!("a={vault}/x b=files:"))]), false),
    ] {
        let test = house.rclone.test_new(OWNER, provider, &config, None).await.expect(provider);
        assert_eq!(test.connected, connected, "{provider} {test:?}");
        assert!(!test.message.contains(SECRET));
    }
    assert_eq!(house.text("run/rclone.conf"), before);
    assert_eq!(house.rclone.remotes().await.expect("read").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_resolves_to_where_it_really_lies() {
    let wrap = "[a]\ntype = alias\nremote = c:x\n\n[c]\ntype = alias\nremote = /srv/vault\n\n[l]\ntype = local\n\n[u]\ntype = union\nupstreams = a:1 s:2:ro\n\n";
    let house = House::with(&format!(
        "{wrap}[s]\ntype = s3\n\n[o]\ntype = alias\nremote = o:\n\n[h]\ntype = alias\nremote = :local:/\n"
    ))
    .await;
    for (from, to) in [
        ("a:y/z", &["/srv/vault/x/y/z"][..]),
        ("a:", &["/srv/vault/x"]),
        ("l:etc", &["/etc"]),
        ("s:b/c", &["s:b/c"]),
        ("/srv", &["/srv"]),
        ("u:y", &["s:2/y", "/srv/vault/x/1/y"]),
    ] {
        let opened = house.rclone.resolve(&at(from)).await.expect(from).opened.into_iter().map(|opened| match opened {
            Opened::Disk(path) => path.display().to_string(),
            Opened::Remote(place) => format!("{}:{}", place.name, place.path),
        });
        assert_eq!(opened.collect::<Vec<_>>(), to);
    }
    for bad in ["o:", "h:etc"] {
        assert!(matches!(house.rclone.resolve(&at(bad)).await, Err(RcloneError::Failed { .. })), "{bad}");
    }
    assert!(matches!(house.rclone.resolve(&at("none:")).await, Err(RcloneError::UnknownRemote)));
}
