//! What can be wrong before anything starts: a clear sentence and a code that is not zero; or a console that says what
//! is missing.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path};

use reqwest::StatusCode;
use serde_json::json;

use super::support::{self, Console, longshore, run_longshore};

fn refused(data: &Path, args: &[&str]) -> String {
    let output = run_longshore(data, args, "");
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success(), "it started: {text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[test]
fn a_port_that_is_taken_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let text = refused(&dir.path().join("data"), &["serve", "--listen", &address]);
    assert!(text.contains(&address) && text.contains("--listen"), "{text}");
}

#[test]
fn a_data_directory_that_can_not_be_written_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("file"), "").expect("a file where a folder should be");
    let text = refused(&dir.path().join("file/data"), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(text.contains("file/data") && text.contains("--data-dir"), "{text}");
}

#[test]
fn a_folder_that_holds_what_the_console_trusts_is_not_allowed() {
    let dir = tempfile::tempdir().expect("a folder");
    let home = dir.path().join("home");
    fs::create_dir_all(home.join("bin")).expect("made");
    fs::write(home.join("bin/rclone"), "").expect("written");
    let (text, elsewhere) = (|path: &Path| path.to_str().expect("text").to_owned(), dir.path().join("data"));
    for (data, root, more) in [
        (home.join("data"), &home, vec![]),
        (home.join("data"), &home.join("data/runs"), vec![]),
        (elsewhere.clone(), &home, vec!["--rclone".to_owned(), text(&home.join("bin/rclone"))]),
        (elsewhere.clone(), &home, vec!["--rclone-config".to_owned(), text(&home.join("conf/rclone.conf"))]),
        (elsewhere.clone(), &Path::new("/").to_owned(), vec![]),
    ] {
        fs::create_dir_all(data.join("runs")).expect("made");
        let mut args = vec![
            "serve".to_owned(),
            "--listen".to_owned(),
            "127.0.0.1:0".to_owned(),
            "--local-root".to_owned(),
            text(root),
        ];
        args.extend(more);
        let said = refused(&data, &args.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(said.contains("take over the console") && said.contains("--data-dir"), "{said}");
    }
}

#[test]
fn a_second_console_on_the_same_data_is_refused() {
    let console = Console::start();
    let text = refused(&console.data(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(text.contains("another Longshore"), "{text}");
}

/// Whether another process has this file open.
fn is_open(file: &Path) -> bool {
    let processes = fs::read_dir("/proc").expect("readable").flatten();
    let others = processes.filter(|process| process.file_name() != std::process::id().to_string().as_str());
    others
        .filter_map(|process| fs::read_dir(process.path().join("fd")).ok())
        .any(|fds| fds.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|to| to == file)))
}

#[test]
fn what_a_killed_console_left_has_a_moment_to_let_go_of_the_data() {
    let mut holder = None;
    let console = Console::start_in(|dir| {
        fs::create_dir_all(dir.join("data")).expect("made");
        let path = dir
            .join("data/lock")
            .canonicalize()
            .unwrap_or_else(|_| dir.canonicalize().expect("there").join("data/lock"));
        let lock = fs::File::create(&path).expect("a file");
        lock.try_lock().expect("locked");
        holder = Some(std::thread::spawn(move || {
            while !is_open(&path) {
                std::thread::yield_now();
            }
            drop(lock);
        }));
    });
    holder.expect("it was started").join().expect("it saw the console");
    drop(console);
}

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused() {
    let mut console = Console::start();
    console.kill();
    let url = format!("sqlite://{}", console.data().join("longshore.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.expect("the database");
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'future', 1, x'00', 0)",
    )
    .execute(&pool)
    .await
    .expect("a migration of the future");
    pool.close().await;
    let text = refused(&console.data(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(text.contains("newer"), "{text}");
}

/// A program that answers `version` as an old rclone does.
fn old_rclone(dir: &Path) -> String {
    let path = dir.join("rclone");
    fs::write(&path, "#!/bin/sh\necho 'rclone v1.60.1-DEV'\n").expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("runs");
    path.to_str().expect("text").to_owned()
}

#[tokio::test]
async fn without_a_good_rclone_it_starts_and_says_what_is_missing() {
    let dir = tempfile::tempdir().expect("a folder");
    for rclone in ["/nowhere/rclone".to_owned(), old_rclone(dir.path())] {
        let console = Console::start_with_rclone(Path::new(&rclone));
        let body = json!({ "source": console.path(""), "destination": console.path("x") });
        let error = console.post("/api/v1/runs", &body, StatusCode::SERVICE_UNAVAILABLE).await;
        assert_eq!(error["code"], "rclone_missing", "{error}");
        let message = error["message"].as_str().expect("words");
        assert!(message.contains("1.75.2") && message.contains("rclone.org"), "{message}");
        let files =
            console.get(&format!("/api/v1/files?location={}", console.path("")), StatusCode::SERVICE_UNAVAILABLE).await;
        assert_eq!(files["code"], "rclone_missing");
        console.get("/api/v1/runs", StatusCode::OK).await;
        assert_eq!(console.anonymous(reqwest::Method::GET, "/healthz").send().await.expect("an answer").status(), 200);
    }
}

#[test]
fn the_unit_of_the_service_is_closed() {
    let Some(systemd) = support::program("systemd-analyze", "systemd") else { return };
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/longshore.service");
    let output = std::process::Command::new(systemd)
        .args(["security", "--offline=yes", "--no-pager"])
        .arg(unit)
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let score = text
        .lines()
        .find_map(|line| line.split_once("level for longshore.service: ")?.1.split(' ').next()?.parse::<f32>().ok());
    assert!(score.is_some_and(|score| score <= 3.0), "{text}");
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_is_well() {
    let mut console = Console::start();
    console.kill();
    let rclone = support::rclone_path();
    let output = longshore(&console.data(), &["doctor"]).arg("--rclone").arg(rclone).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("text");
    for word in ["rclone", "1.75.2", "kernel", "database", "disk", "FUSE", "data directory"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(output.status.success(), "{text}");
    let shared = console.data().parent().expect("a folder").join("shared");
    fs::create_dir(&shared).expect("made");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).expect("set");
    std::os::unix::fs::symlink(support::rclone_path(), shared.join("rclone")).expect("linked");
    let output =
        longshore(&console.data(), &["doctor"]).arg("--rclone").arg(shared.join("rclone")).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("NOTE  rclone: 1.75.2") && text.contains(shared.to_str().expect("text")), "{text}");
    let conf = console.data().join("rclone.conf");
    let doctor = |text: &str| {
        fs::write(&conf, text).expect("written");
        let output =
            longshore(&console.data(), &["doctor"]).arg("--rclone").arg(support::rclone_path()).output().expect("runs");
        (output.status.success(), String::from_utf8(output.stdout).expect("text"))
    };
    let (well, text) = doctor(
        "[good]\ntype = s3\n[local]\ntype = s3\n[a:b]\ntype = s3\n[odd]\nTYPE = s3\n[new]\ntype = s4\n[x\u{1b}[2J]\ntype = s3\n",
    );
    assert!(well && text.contains("ok    remotes: 1 remote in "), "{text}");
    for word in [
        "[local] cannot",
        "[a:b] cannot",
        "[odd] cannot",
        "“TYPE”",
        "[new] cannot",
        "no type “s4”",
        "[x\\u{1b}[2J] cannot",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    for (broken, word) in [("[a]\nword\n", "line 2"), ("RCLONE_ENCRYPT_V0:\n", "encrypted")] {
        let (well, text) = doctor(broken);
        assert!(!well && text.contains("WRONG remotes") && text.contains(word), "{text}");
    }
    fs::remove_file(&conf).expect("removed");
    let output = longshore(&console.data(), &["doctor", "--rclone", "/nowhere/rclone"]).output().expect("runs");
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_description_of_the_api_is_printed() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = run_longshore(dir.path(), &["openapi"], "");
    let api: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(api["openapi"], "3.1.0");
    assert!(api["paths"]["/api/v1/runs"]["post"].is_object());
}
