//! One run as a folder: how it lives, ends, and is found again.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_lives_ends_and_tells_what_it_did() {
    let house = House::new().await;
    for (file, content) in [
        ("src/a.txt", "1"),
        ("src/--config=x", "22"),
        ("src/-v/b", "333"),
        ("src/new\nline", "4444"),
        ("src/t.tmp", "5"),
    ] {
        write(house.dir.path(), file, content.as_bytes());
    }
    let dir = house.path("run 1");
    assert_eq!(shim::inspect(&dir), Life::Absent);
    let options = TransferOptions { exclude: vec!["*.tmp".into()], checksum: true, ..TransferOptions::default() };
    let transfer = house.copy("src", "dst", options);
    let mut tail = log::Tail::open(&dir);
    house.rclone.start_run(&dir, &transfer, None).await.expect("started");
    let Life::Exited(exit) = ended(&dir).await else { panic!("{:?}", shim::inspect(&dir)) };
    assert_eq!(
        (exit.code, exit.signal),
        (Some(0), None),
        "{:?}",
        log::lines(&dir, &log::LogFilter { limit: 50, ..log::LogFilter::default() })
    );
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
    write(house.dir.path(), "src/a\nb/c", b"");
    let listed = house.rclone.list(&house.local("src")).await.expect("listed");
    assert!(listed.iter().any(|entry| entry.name == "a␊b" && entry.is_dir));
    assert_eq!(house.rclone.list(&house.local("src").join("a␊b")).await.expect("listed")[0].name, "c");
    assert!(matches!(house.rclone.list(&house.local("none")).await, Err(RcloneError::NotFound)));
    let unknown = Transfer { destination: Some(at("nosuch:x")), ..transfer };
    assert!(matches!(
        house.rclone.start_run(&house.path("run 2"), &unknown, None).await,
        Err(RcloneError::UnknownRemote)
    ));
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
    assert_eq!(headline, "broken: The remote “nosuch” is not configured.");
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
    let _next = open(data.path(), rclone_path()).await;
    assert_eq!(shim::inspect(&dir), Life::Alive);
    let (stats, _) = progress::stats(&dir).await.expect("it answers");
    assert!(stats.bytes > 0);
    shim::stop(&dir).expect("asked");
    assert!(matches!(ended(&dir).await, Life::Exited(_)));
}
