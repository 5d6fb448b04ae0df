//! Tests of `store`.

use super::*;
use std::{os::unix::fs::PermissionsExt as _, thread};

const OLD: &str = r#"{"access_token":"old","expiry":"2026-01-01T00:00:00Z"}"#;
const NEW: &str = r#"{"access_token":"new","expiry":"2026-01-01T01:00:00.5+00:00"}"#;

struct Fixture {
    dir: tempfile::TempDir,
    store: ConfigStore,
}

fn fixture(text: &str) -> Fixture {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("master"), text).expect("written");
    let run = dir.path().join("run");
    private_dir(&run).expect("made");
    let store = ConfigStore::open(&dir.path().join("master"), &run).expect("opened");
    Fixture { dir, store }
}

impl Fixture {
    fn master(&self) -> String {
        fs::read_to_string(self.dir.path().join("master")).expect("read")
    }
    fn working(&self) -> String {
        fs::read_to_string(self.store.working()).expect("read")
    }
}

fn section(name: &str) -> Section {
    Conf::parse(format!("[{name}]\ntype = alias\nremote = /srv\n")).expect("plain").sections.remove(0)
}

#[test]
fn what_a_person_wrote_stays_and_both_files_agree() {
    let text = "# mine\n[a]\ntype = s3\n\n; b's\n[b]\ntype=alias\nremote = /x\n";
    let f = fixture(text);
    f.store.add(vec![section("c")]).expect("added");
    assert_eq!(f.master(), format!("{text}\n[c]\ntype = alias\nremote = /srv\n"));
    assert_eq!(f.working(), f.master());
    assert!(matches!(f.store.add(vec![section("c")]), Err(RcloneError::Exists { .. })));
    assert!(matches!(f.store.add(vec![section("d"), section("c")]), Err(RcloneError::Exists { .. })), "all or none");
    f.store.remove("c").expect("removed");
    assert!(matches!(f.store.remove("c"), Err(RcloneError::UnknownRemote)));
    assert!(f.master().starts_with(text) && f.working() == f.master());
    assert_eq!(fs::metadata(f.store.working()).expect("there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_rclone_lost_or_mangled_is_healed_and_what_it_learned_stays() {
    let f = fixture("[a]\ntype = sftp\nhost = h\n\n[b]\ntype = alias\nremote = /x\n");
    let learned = f.working().replace("host = h\n", "host = h\nshell_type = unix\nmd5sum_command = md5sum\n");
    fs::write(f.store.working(), &learned).expect("written");
    assert!(!f.store.settle().expect("settled"));
    assert_eq!(f.working(), learned);
    for mangled in [
        "",
        "[a]\ntype = sftp\nhost = h\n",
        "[a\ngarbage",
        &learned.replace("/x", "/y"),
        &format!("{learned}[evil]\ntype = local\n"),
    ] {
        fs::write(f.store.working(), mangled).expect("written");
        assert!(f.store.settle().expect("settled"), "{mangled:?}");
        assert_eq!(f.working(), f.master());
    }
}

#[test]
fn a_newer_token_goes_into_the_master_and_a_broken_one_does_not() {
    let f = fixture(&format!("[d]\ntype = dropbox\ntoken = {OLD}\n# end\n"));
    fs::write(f.store.working(), f.working().replace(OLD, NEW)).expect("written");
    assert!(!f.store.settle().expect("settled"), "the working copy was right");
    assert_eq!(f.master(), format!("[d]\ntype = dropbox\ntoken = {NEW}\n# end\n"));
    for bad in [OLD, "{\"acc", "", "{}"] {
        fs::write(f.store.working(), f.working().replace(NEW, bad)).expect("written");
        assert!(f.store.settle().expect("settled"));
        assert!(f.master().contains(NEW) && f.working() == f.master(), "{bad}");
    }
    // A token that comes in the same moment as a change is not lost.
    fs::write(f.store.working(), f.working().replace("01:00:00.5", "02:00:00")).expect("written");
    f.store.add(vec![section("x")]).expect("added");
    assert!(f.master().contains("02:00:00") && f.working() == f.master());
}

#[test]
fn a_change_that_is_taken_back_was_never_there_and_a_token_that_came_meanwhile_stays() {
    let f = fixture(&format!("[d]\ntype = dropbox\ntoken = {OLD}\n"));
    let before = f.master();
    for change in [|store: &ConfigStore| store.add(vec![section("x")]), |store: &ConfigStore| store.remove("d")] {
        f.store.roll_back(change(&f.store).expect("changed"));
        assert_eq!(f.store.remotes().expect("read").len(), 1);
        assert_eq!(f.master(), before);
        assert!(f.store.settle().expect("settled") && f.working() == before);
    }
    let added = f.store.add(vec![section("x")]).expect("added");
    fs::write(f.store.working(), f.working().replace(OLD, NEW)).expect("written");
    f.store.settle().expect("settled");
    f.store.roll_back(added);
    assert!(f.store.settle().expect("settled"));
    assert_eq!(f.master(), before.replace(OLD, NEW));
    assert_eq!(f.working(), f.master());
    assert_eq!(fs::read_dir(f.dir.path()).expect("listed").count(), 2, "the master and the folder of the working copy");
}

#[test]
fn changes_from_many_threads_all_arrive_and_a_reader_always_finds_a_file() {
    let f = fixture("");
    f.store.add(vec![section("first")]).expect("added");
    thread::scope(|scope| {
        for i in 0..20 {
            let store = &f.store;
            scope.spawn(move || store.add(vec![section(&format!("r{i}"))]).expect("added"));
        }
        for _ in 0..2000 {
            assert!(f.working().starts_with("[first]"));
        }
    });
    assert_eq!(f.store.remotes().expect("read").len(), 21);
}

#[test]
fn there_is_always_a_working_copy() {
    let f = fixture("");
    assert_eq!(f.working(), "", "rclone finds a file where there is no remote yet");
    fs::remove_file(f.store.working()).expect("removed");
    assert!(f.store.settle().expect("settled"));
    assert!(f.store.working().exists() && !f.store.settle().expect("settled"));
}

#[test]
fn an_encrypted_configuration_is_refused_in_words() {
    let dir = tempfile::tempdir().expect("a folder");
    let master = dir.path().join("m");
    fs::write(&master, "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nxyz").expect("written");
    assert!(ConfigStore::open(&master, dir.path()).expect_err("refused").to_string().contains("encrypted"));
}
