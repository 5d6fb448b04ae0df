//! Tests of `command`.

use super::*;

fn example(source: &str, options: TransferOptions) -> Transfer {
    let parse = |text| Location::parse(text).expect("a location");
    Transfer { operation: Operation::Copy, source: parse(source), destination: Some(parse("b2:it's")), options }
}

fn arguments(example: &Transfer) -> Vec<OsString> {
    transfer(example, Path::new("/c"), Path::new("/d"), Path::new("/w"), None)
}

#[test]
fn what_a_run_is_given_takes_the_place_of_what_counts_otherwise() {
    let flags = BTreeMap::from([
        ("retries".to_owned(), FlagValue::Number(1.into())),
        ("filter".to_owned(), FlagValue::List(vec!["- --rc-addr=x".into()])),
    ]);
    let args = arguments(&example("/a", TransferOptions { flags, ..TransferOptions::default() }));
    let of = |start: &str| {
        args.iter().filter_map(|arg| arg.to_str()).filter(|arg| arg.starts_with(start)).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("--retries="), of("--retries-sleep="), of("--filter")),
        (vec!["--retries=1"], vec!["--retries-sleep=5s"], vec!["--filter=- --rc-addr=x"])
    );
    assert!(of("--rc-addr").is_empty());
}

#[test]
fn a_bisync_can_be_killed_and_a_check_writes_into_the_folder_of_its_run() {
    let of = |operation, flags| {
        let options = TransferOptions { flags, ..TransferOptions::default() };
        let args = arguments(&Transfer { operation, ..example("/a", options) });
        args.into_iter().map(|arg| arg.into_string().expect("UTF-8")).collect::<Vec<_>>()
    };
    let args = of(Operation::Bisync, BTreeMap::new());
    for wanted in
        ["--workdir=/w", "--max-lock=2m", "--resilient", "--recover", r"--exclude={{.*\.[0-9a-f]{8}\.partial}}"]
    {
        assert!(args.contains(&wanted.to_owned()), "{wanted}: {args:?}");
    }
    let args = of(Operation::Bisync, BTreeMap::from([("partial_suffix".to_owned(), FlagValue::Text("-x}".into()))]));
    assert!(args.contains(&r"--exclude={{.*\.[0-9a-f]{8}\-x\}}}".to_owned()), "{args:?}");
    assert!(of(Operation::Check, BTreeMap::new()).contains(&"--combined=/d/combined.txt".to_owned()));
}

#[test]
fn paths_come_after_the_flags_and_are_never_read_as_flags() {
    let args = arguments(&example("/-x/--rc", TransferOptions::default()));
    let end = args.iter().position(|arg| arg == "--").expect("--");
    assert_eq!(args[end + 1..], ["/-x/--rc", "b2:it's"].map(OsString::from));
}

#[test]
fn the_command_can_be_pasted() {
    let options = TransferOptions {
        checksum: true,
        bwlimit: Some("10M".into()),
        transfers: Some(2),
        checkers: Some(3),
        exclude: vec!["*.tmp".into(), "--config=x".into()],
        ..TransferOptions::default()
    };
    assert_eq!(
        display(&example("/srv/a b", options)),
        "rclone copy --checksum --bwlimit=10M --transfers=2 --checkers=3 --exclude='*.tmp' --exclude='--config=x' -- \
             '/srv/a b' \"b2:it's\""
    );
}

#[test]
fn a_delete_has_one_place_and_every_option_is_one_word() {
    let options = TransferOptions {
        dry_run: true,
        include: vec!["a b".into()],
        min_age: Some("1h".into()),
        max_size: Some("1G".into()),
        max_delete: Some(5),
        ..TransferOptions::default()
    };
    let delete = Transfer { operation: Operation::Delete, destination: None, ..example("b2:x", options) };
    assert_eq!(
        display(&delete),
        "rclone delete --dry-run --min-age=1h --max-size=1G --max-delete=5 --include='a b' -- b2:x"
    );
}
