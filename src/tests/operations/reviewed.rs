//! rclone's options against what was reviewed: nothing that it has is unknown here, and what is taken here it takes.

use std::{collections::BTreeMap, process::Command};

use longshore::{
    domain::{
        flag::{Flag, FlagKind, FlagValue},
        operation::Operation,
        transfer::TransferOptions,
    },
    server::rclone::flags::{extra::OWN, is_reviewed},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Console, rclone_path};

/// What `--help` says of an option: its help, with the default behind it.
fn help(arguments: &[&str]) -> BTreeMap<String, String> {
    let output = Command::new(rclone_path()).args(arguments).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("text");
    // What belongs to one provider is set in remotes.
    let text = text.split("Backend-only flags").next().unwrap_or_default().to_owned();
    let lines = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let (name, rest) = line
            .strip_prefix("--")
            .or_else(|| line.split_once(", --").filter(|(short, _)| short.len() == 2)?.1.into())?
            .split_once(' ')?;
        let (_, help) = rest.trim_end().split_once("  ")?;
        Some((name.replace('-', "_"), help.trim_start().to_owned()))
    });
    lines.collect()
}

#[tokio::test]
async fn every_option_of_rclone_was_looked_at() {
    let info = Command::new(rclone_path()).args(["rc", "--loopback", "options/info"]).output().expect("runs");
    let info: Value = serde_json::from_slice(&info.stdout).expect("JSON");
    let listed = ["main", "filter", "log", "rc"].into_iter().flat_map(|block| info[block].as_array().expect("a list"));
    let mut names: Vec<_> = listed.map(|option| option["Name"].as_str().expect("a name").to_owned()).collect();
    for command in Operation::ALL {
        let found = help(&[command.as_str(), "--help"]);
        assert!(found.len() >= 30, "{command:?}: {found:?}");
        names.extend(found.into_keys());
    }
    let all = help(&["help", "flags"]);
    assert!(all.len() >= 180, "{}", all.len());
    // `help flags` has two of its own.
    names.extend(all.into_keys().filter(|name| name != "group" && name != "name"));
    names.retain(|name| !is_reviewed(name));
    assert_eq!(names, [""; 0]);
}

#[tokio::test]
async fn what_only_help_has_is_told_in_its_words() {
    let mut said: Vec<_> = Operation::ALL.iter().map(|operation| help(&[operation.as_str(), "--help"])).collect();
    said.push(help(&["help", "flags"]));
    for own in &OWN {
        let helps: Vec<_> = said.iter().filter_map(|help| help.get(own.name)).collect();
        let with_default = format!("{} (default \"{}\")", own.help, own.default);
        assert!(helps.iter().any(|help| **help == own.help || **help == with_default), "{}: {helps:?}", own.name);
        assert!(own.choices.iter().all(|choice| own.help.contains(choice)), "{}", own.name);
    }
}

#[tokio::test]
async fn the_options_of_an_operation_are_told_as_rclone_describes_them() {
    let console = Console::start();
    let operations = console.get("/api/v1/operations", StatusCode::OK).await;
    let names: Vec<_> =
        operations.as_array().expect("a list").iter().map(|operation| operation["operation"].clone()).collect();
    assert_eq!(names, ["copy", "sync", "move", "delete", "check", "bisync"]);
    let of = async |operation: &str| -> BTreeMap<String, Value> {
        let options = console.get(&format!("/api/v1/operations/{operation}/options"), StatusCode::OK).await;
        options
            .as_array()
            .expect("a list")
            .iter()
            .map(|flag| (flag["name"].as_str().expect("a name").to_owned(), flag.clone()))
            .collect()
    };
    let sync = of("sync").await;
    let expected = json!({ "name": "cutoff_mode", "kind": "choice", "default": "HARD", "group": "Copy", "choices": ["HARD", "SOFT", "CAUTIOUS"],
        "help": "Mode to stop transfers when reaching the max transfer limit HARD|SOFT|CAUTIOUS" });
    assert_eq!(sync["cutoff_mode"], expected);
    for (operation, has, lacks) in [
        ("copy", "no_traverse", "track_renames"),
        ("sync", "track_renames", "no_traverse"),
        ("bisync", "resync", "exclude_if_present"),
        ("delete", "rmdirs", "update"),
        ("check", "one_way", "retries"),
        ("bisync", "conflict_resolve", "delete_excluded"),
    ] {
        let options = of(operation).await;
        assert!(options.contains_key(has) && !options.contains_key(lacks), "{operation}");
        for never in ["bwlimit", "metadata_mapper", "rc_addr", "files_from", "inplace", "links", "dump", "workdir"] {
            assert!(!options.contains_key(never), "{operation} {never}");
        }
        eprintln!("{operation}: {} options", options.len());
    }
    console.get("/api/v1/operations/mount/options", StatusCode::NOT_FOUND).await;
}

/// Whether rclone itself takes this on its command line: what it does not is a usage error.
fn takes(flag: &str, value: &str) -> bool {
    let dir = tempfile::tempdir().expect("a folder");
    let made = std::fs::create_dir(dir.path().join("a"));
    made.expect("made");
    let word = format!("--{}={value}", flag.replace('_', "-"));
    let mut command = Command::new(rclone_path());
    command.args(["copy", "--config", "", "--retries=1", &word, "a", "b"]).current_dir(dir.path());
    command.output().expect("runs").status.code() != Some(2)
}

#[test]
fn what_is_taken_here_rclone_takes() {
    let flag = |name: &str, kind| Flag {
        name: name.into(),
        help: String::new(),
        kind,
        default: String::new(),
        group: String::new(),
        choices: Vec::new(),
    };
    let (mut taken, mut refused) = (0, 0);
    for (name, kind, values) in [
        (
            "buffer_size",
            FlagKind::Size,
            &["off", "16Mi", "1.5G", "512", "5b", "10MiB", ".5M", "7P", "10kb", "10E", "-1", "1 M", "1_0"][..],
        ),
        (
            "max_duration",
            FlagKind::Duration,
            &["1h30m", "1.5h", "1ns", "100µs", "0", "1d", "90", "1h1", "1H", "1 h", ""],
        ),
        (
            "bwlimit_file",
            FlagKind::Bandwidth,
            &["10M", "off:1M", "08:00,512k Mon-23:00,off", "sun-08:00,1M:2M", "8:00,1M", "24:00,1M", "Xyz-08:00,1M"],
        ),
        (
            "default_time",
            FlagKind::Time,
            &["2001-02-03", "2001-02-03T04:05:06", "2001-02-03T04:05:06Z", "2001-02-03T25:00:00", "2001-13-01"],
        ),
        ("max_backlog", FlagKind::Int, &["-1", "12", "1.5", "many"]),
        ("tpslimit", FlagKind::Float, &["1.5", "20", "x", "NaN"]),
    ] {
        for value in values {
            let ours = flag(name, kind).check(&FlagValue::Text((*value).to_owned()));
            match ours {
                Ok(checked) => {
                    assert!(takes(name, &checked.to_args()[0]), "{name}={value}: rclone refuses it");
                    taken += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    for age in
        ["30d", "1h30m", "2w", "1.5h", "90", "1y", "3M", "2026-05-01", "2026-05-01T10:00:00Z", "off", "1d12h", "1h1"]
    {
        let ours =
            TransferOptions { min_age: Some(age.to_owned()), ..TransferOptions::default() }.validate(Operation::Copy);
        assert_eq!(ours.is_ok(), takes("min_age", age), "min_age={age}");
        taken += usize::from(ours.is_ok());
    }
    assert!(taken >= 30 && refused >= 15, "{taken} {refused}");
}
