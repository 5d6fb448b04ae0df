//! Tests of `flags`.

use serde_json::{Value, json};

use super::*;

fn catalog() -> Catalog {
    let raw =
        |name: &str, kind: &str| json!({ "Name": name, "Type": kind, "Groups": "Copy,Important", "DefaultStr": "x" });
    let main = json!([
        raw("update", "bool"),
        raw("retries", "int"),
        raw("cutoff_mode", "HARD|SOFT|CAUTIOUS"),
        raw("password_command", "SpaceSepList"),
        raw("track_renames", "bool"),
        raw("new_in_1_76", "bool"),
        raw("max_transfer", "Colour"),
    ]);
    let info: Info =
        serde_json::from_value(json!({ "main": main, "filter": [raw("filter", "stringArray")] })).expect("info");
    assert_eq!(unreviewed(&info), ["new_in_1_76", "max_transfer"]);
    Catalog::new(&info)
}

fn flags(json: Value) -> BTreeMap<String, FlagValue> {
    serde_json::from_value(json).expect("flags")
}

#[test]
fn what_is_taken_is_what_was_reviewed_for_the_operation_and_fits() {
    let catalog = catalog();
    let given = flags(
        json!({ "update": true, "retries": "5", "cutoff_mode": "soft", "filter": ["- *.tmp", "+ a b"], "rmdirs": true }),
    );
    let refused = catalog.check(Operation::Copy, &given).expect_err("not all are of a copy");
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["flags.rmdirs"]);
    assert!(refused["flags.rmdirs"].contains("These do: delete"), "{refused:?}");
    let mut given = given;
    given.remove("rmdirs");
    let checked = catalog.check(Operation::Copy, &given).expect("all fit");
    let words: Vec<_> = to_args(&checked).collect();
    assert_eq!(words, ["--cutoff-mode=SOFT", "--filter=- *.tmp", "--filter=+ a b", "--retries=5", "--update=true"]);
    assert_eq!(catalog.check(Operation::Copy, &checked), Ok(checked));
}

#[test]
fn what_is_refused_says_why() {
    for (name, why) in [
        ("password_command", "runs a program"),
        ("--Password-Command", "runs a program"),
        ("new_in_1_76", "no such option"),
        ("max_transfer", "does not have it"),
        ("no_traverse", "does not have it"),
        ("track-renames", "Write it as track_renames."),
        ("bwlimit", "Set bwlimit instead"),
        ("sftp_ssh", "set there"),
        ("global.metadata_mapper", "no such option"),
    ] {
        let refused = catalog().check(Operation::Sync, &flags(json!({ name: true }))).expect_err(name);
        assert!(refused[&format!("flags.{name}")].contains(why), "{refused:?}");
    }
    let long = format!("a\n{}", "b".repeat(500));
    let refused = catalog().check(Operation::Copy, &flags(json!({ long: true }))).expect_err("refused");
    assert!(refused.keys().all(|field| field.len() < 100 && !field.contains('\n')), "{refused:?}");
}

#[test]
fn only_one_time_of_deleting_is_taken() {
    let both = flags(json!({ "delete_before": true, "delete_after": true }));
    assert_eq!(
        catalog().check(Operation::Sync, &both).expect_err("both").into_keys().collect::<Vec<_>>(),
        ["flags.delete_after"]
    );
    assert!(catalog().check(Operation::Sync, &flags(json!({ "delete_before": true, "delete_after": false }))).is_ok());
}

#[test]
fn every_option_that_only_help_has_was_reviewed_for_an_operation() {
    for own in &extra::OWN {
        assert!(matches!(review::verdict(own.name), Some(Verdict::For(_))), "{}", own.name);
    }
    assert!(withheld().count() > 100);
}
