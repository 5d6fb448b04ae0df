//! rclone's command lines: the only file that spells its flags.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    path::Path,
};

use super::{comparison, filters, flags, mount::MountPlan};
use crate::domain::{flag::FlagValue, location::Location, run::Operation, transfer::TransferOptions};

/// What a run does: from where to where, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// rclone's command.
    pub operation: Operation,
    /// Where from.
    pub source: Location,
    /// Where to; not for a delete.
    pub destination: Option<Location>,
    /// How.
    pub options: TransferOptions,
}

impl Transfer {
    /// Its one or two places, in rclone's order.
    pub fn places(&self) -> impl Iterator<Item = &Location> {
        [Some(&self.source), self.destination.as_ref()].into_iter().flatten()
    }

    /// Whether what is at the destination stays as it is.
    #[must_use]
    pub fn keeps_existing(&self) -> bool {
        self.is_on("ignore_existing")
    }

    /// Whether files are left out by what they are called or how large they are: a filter that leaves out all of them
    /// was most likely not meant so. One by age may well.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        let TransferOptions { include, exclude, min_size, max_size, min_age, max_age, flags, .. } = &self.options;
        let by_age = min_age.is_some() || max_age.is_some();
        let flagged = [
            "filter",
            "max_depth",
            "exclude_if_present",
            "hash_filter",
            "metadata_include",
            "metadata_exclude",
            "metadata_filter",
        ];
        let set = flagged.iter().any(|flag| flags.contains_key(*flag));
        !by_age && (set || !include.is_empty() || !exclude.is_empty() || min_size.is_some() || max_size.is_some())
    }

    fn is_on(&self, flag: &str) -> bool {
        self.options.flags.get(flag).is_some_and(|value| value.words() == ["true"])
    }
}

/// Variables that rclone gets from our environment: where its user is at home, and how this server reaches the network.
/// No `RCLONE_*`.
const PASSED: [&str; 17] = [
    "HOME",
    "PATH",
    "LANG",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
];

/// What rclone says when its configuration is not there: for a moment, while another rclone saves it.
const NO_CONF: &str = "not found - using defaults";
/// What it says when it gives up because of that, before it has done anything.
const NO_REMOTE: &str = "didn't find section in config file";

/// Whether an rclone that failed did so because its configuration was not there for a moment. It had done nothing: it
/// can be started again.
#[must_use]
pub fn lost_conf(log: &str) -> bool {
    log.contains(NO_CONF) && log.contains(NO_REMOTE)
}

/// The environment of every rclone.
#[must_use]
pub fn environment() -> Vec<(OsString, OsString)> {
    PASSED.iter().filter_map(|name| Some((name.into(), env::var_os(name)?))).collect()
}

/// `location` as rclone takes it: as it is.
#[must_use]
pub fn target(location: &Location) -> String {
    location.to_string()
}

/// What counts for a run that does not say otherwise: rclone's own defaults wait for hours on a server that does not
/// answer.
const PATIENCE: [(&str, &str); 5] =
    [("retries", "3"), ("retries_sleep", "5s"), ("contimeout", "30s"), ("timeout", "2m"), ("low_level_retries", "10")];

/// A run's rclone: its log in `dir`, its remote control on the socket that it is given. A bisync keeps what it
/// remembers in `workdir`. `only` is a file with the names that it takes up, a NUL after each; all when there is none.
#[must_use]
pub fn transfer(transfer: &Transfer, conf: &Path, dir: &Path, workdir: &Path, only: Option<&Path>) -> Vec<OsString> {
    let mut args = begin(transfer, conf, dir, ["INFO", "NOTICE"]);
    args.extend(words(&[
        // Only this socket, which lies in a folder of mode 0700.
        "--rc",
        "--rc-no-auth",
        "--rc-job-expire-duration=2s",
        "--rc-job-expire-interval=1s",
    ]));
    let flags = &transfer.options.flags;
    args.extend(patience(flags));
    match transfer.operation {
        // Where it can, rclone would rename the whole folder: empty folders would go without being asked for, and no
        // file would be told.
        Operation::Move => args.push("--disable=DirMove".into()),
        Operation::Check => args.push(joined("--combined=", &dir.join(super::log::COMBINED))),
        Operation::Bisync => args.extend(bisync(flags, workdir)),
        // What the guards will say of the run that is previewed depends on the names, not by rclone's counters.
        Operation::Sync if transfer.options.dry_run => args.push(joined("--combined=", &dir.join(comparison::FILE))),
        Operation::Copy | Operation::Sync | Operation::Delete => {}
    }
    args.extend(chosen(&transfer.options).into_iter().map(Into::into));
    if let Some(only) = only {
        args.push("--files-from0".into());
        args.push(only.into());
    }
    end(args, transfer)
}

fn patience(flags: &BTreeMap<String, FlagValue>) -> impl Iterator<Item = OsString> {
    let patience = PATIENCE.iter().filter(|(name, _)| !flags.contains_key(*name));
    patience.map(|(name, value)| format!("--{}={value}", name.replace('_', "-")).into())
}

/// The look ahead of a run: how much it would do, and on which side each name is.
#[must_use]
pub fn preflight(transfer: &Transfer, conf: &Path, dir: &Path) -> Vec<OsString> {
    // What a dry run would do with each file is a notice: many, and not needed.
    let mut args = begin(transfer, conf, dir, ["ERROR", "ERROR"]);
    args.extend(patience(&transfer.options.flags));
    args.extend(chosen(&transfer.options).into_iter().map(Into::into));
    // The last one counts: the comparison is written anew by each attempt.
    args.extend(words(&["--retries=1"]));
    args.push(joined("--combined=", &dir.join(comparison::FILE)));
    end(args, transfer)
}

fn begin(transfer: &Transfer, conf: &Path, dir: &Path, [level, stats]: [&str; 2]) -> Vec<OsString> {
    let mut args = words(&[transfer.operation.as_str(), "--config"]);
    args.push(conf.into());
    args.extend(words(&[
        "--ask-password=false",
        "--color=NEVER",
        "--use-json-log",
        "--log-level",
        level,
        "--log-file",
    ]));
    args.push(dir.join(super::log::FILE).into());
    args.push(format!("--log-file-max-size={}", super::log::SIZE).into());
    args.push(format!("--log-file-max-backups={}", super::log::BACKUPS).into());
    args.extend(words(&["--stats=1s", "--stats-file-name-length=0", "--stats-log-level", stats]));
    args
}

fn end(mut args: Vec<OsString>, transfer: &Transfer) -> Vec<OsString> {
    args.push("--".into());
    args.extend(transfer.places().map(|place| target(place).into()));
    args
}

/// What every bisync is given: it can be stopped, killed and run again.
fn bisync(flags: &BTreeMap<String, FlagValue>, workdir: &Path) -> impl Iterator<Item = OsString> {
    let suffix =
        flags.get("partial_suffix").and_then(|value| value.words().pop()).unwrap_or_else(|| ".partial".to_owned());
    let plain: String =
        suffix.chars().flat_map(|c| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] }).collect();
    // What a killed rclone left half written is nobody's file: it would be carried over to the other side as a new one.
    let partials = format!("--exclude={{{{.*\\.[0-9a-f]{{8}}{plain}}}}}");
    let fixed = ["--max-lock=2m", "--resilient", "--recover"].map(OsString::from);
    [joined(WORKDIR, workdir)].into_iter().chain(fixed).chain([partials.into()])
}

/// How a bisync's command line names the folder in which it keeps what it remembers.
pub const WORKDIR: &str = "--workdir=";

/// A flag and its path as one word.
fn joined(flag: &str, path: &Path) -> OsString {
    let mut word = OsString::from(flag);
    word.push(path);
    word
}

/// The flags that a person chose. Each is one word, so that no value is ever read as a flag.
fn chosen(options: &TransferOptions) -> Vec<String> {
    let switches = [
        ("--dry-run", options.dry_run),
        ("--checksum", options.checksum),
        ("--delete-empty-src-dirs", options.delete_empty_src_dirs),
    ];
    let number = |n: Option<u32>| n.map(|n| n.to_string());
    let values = [
        ("--bwlimit", options.bwlimit.clone()),
        ("--transfers", number(options.transfers)),
        ("--checkers", number(options.checkers)),
        ("--min-age", options.min_age.clone()),
        ("--max-age", options.max_age.clone()),
        ("--min-size", options.min_size.clone()),
        ("--max-size", options.max_size.clone()),
        ("--max-delete", number(options.max_delete)),
        ("--backup-dir", options.backup_dir.as_deref().map(str::to_owned)),
    ];
    let lists = [("--include", &options.include), ("--exclude", &options.exclude)];
    let switches = switches.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag.to_owned());
    let values = values.into_iter().filter_map(|(flag, value)| Some(format!("{flag}={}", value?)));
    let lists = lists
        .into_iter()
        .flat_map(|(flag, patterns)| patterns.iter().map(move |pattern| format!("{flag}={}", exact(pattern))));
    switches.chain(values).chain(lists).chain(flags::words(&options.flags)).collect()
}

/// A pattern whose last character rclone keeps. Of the last of several values of an option it drops blanks at the end,
/// so that a delete of `old ` deletes `old`; a class of one character is no blank.
pub(super) fn exact(pattern: &str) -> String {
    let Some(last) = pattern.chars().next_back().filter(|last| last.is_whitespace()) else { return pattern.to_owned() };
    let start = pattern.strip_suffix(last).unwrap_or_default();
    let escaped = start.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
    format!("{}[{last}]", if escaped { start.strip_suffix('\\').unwrap_or_default() } else { start })
}

/// The equivalent command line, to paste into a shell.
#[must_use]
pub fn display(transfer: &Transfer) -> String {
    let paths = transfer.places().map(target);
    let line =
        ["rclone".to_owned(), transfer.operation.as_str().to_owned()].into_iter().chain(chosen(&transfer.options));
    line.chain(["--".to_owned()]).chain(paths).map(|word| quote(&word)).collect::<Vec<_>>().join(" ")
}

/// Quoted for a shell where it has to be.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The warm rclone that browses, and the one that makes a draft. User and password are in the environment, not here.
#[must_use]
pub fn rcd(conf: &Path, log: &Path) -> Vec<OsString> {
    let mut args = words(&["rcd", "--config"]);
    args.push(conf.into());
    args.extend(words(&[
        "--ask-password=false",
        // Each answer is kept as a job; 60 s of listings would fill the memory.
        "--rc-job-expire-duration=2s",
        "--rc-job-expire-interval=1s",
        // A screen waits: limits per call are not honoured everywhere, these are.
        "--contimeout=5s",
        "--timeout=10s",
        "--low-level-retries=1",
        "--use-json-log",
        "--log-level=NOTICE",
        "--log-file-max-size=1M",
        "--log-file-max-backups=1",
        "--log-file",
    ]));
    args.push(log.into());
    args
}

/// What [`rcd`] needs in its environment.
#[must_use]
pub fn rcd_environment(user: &str, password: &str) -> Vec<(OsString, OsString)> {
    let own = [("RCLONE_RC_USER", user), ("RCLONE_RC_PASS", password), ("GOMEMLIMIT", "256MiB")];
    environment().into_iter().chain(own.map(|(name, value)| (name.into(), value.into()))).collect()
}

/// What makes a remote known to an rclone without being in its configuration, and keeps what it remembers of it in
/// `cache`.
pub fn remote_environment(name: &str, options: &BTreeMap<String, String>, cache: &Path) -> Vec<(OsString, OsString)> {
    let variable = |option: &str| format!("RCLONE_CONFIG_{name}_{option}").to_uppercase().replace('-', "_");
    let options = options.iter().map(|(option, value)| (variable(option).into(), value.into()));
    options.chain([("XDG_CACHE_HOME".into(), cache.into())]).collect()
}

/// Lists the root of `target` once, quickly: the test of a connection. A child of its own, since in the warm rclone
/// some connects can not be cancelled.
#[must_use]
pub fn probe(conf: &Path, target: &str) -> Vec<OsString> {
    quick(&["lsf", "--max-depth=1"], conf, target)
}

/// Tells what `target` itself is, a file or a folder, as quickly.
#[must_use]
pub fn stat(conf: &Path, target: &str) -> Vec<OsString> {
    quick(&["lsjson", "--stat", "--no-modtime", "--no-mimetype"], conf, target)
}

fn quick(command: &[&str], conf: &Path, target: &str) -> Vec<OsString> {
    let mut args = words(command);
    args.push("--config".into());
    args.push(conf.into());
    args.extend(words(&[
        "--ask-password=false",
        "--use-json-log",
        "--log-level=NOTICE",
        "--contimeout=5s",
        "--timeout=10s",
        "--low-level-retries=1",
        "--retries=1",
        "--",
        target,
    ]));
    args
}

/// A mount: in the foreground, its log in `dir`, its remote control on the socket that it is given.
#[must_use]
pub fn mount(plan: &MountPlan, conf: &Path, dir: &Path) -> Vec<OsString> {
    let mut args = words(&["mount", "--config"]);
    args.push(conf.into());
    args.extend(words(&[
        "--ask-password=false",
        "--color=NEVER",
        "--use-json-log",
        "--log-level=NOTICE",
        "--log-file",
    ]));
    args.push(dir.join(super::log::FILE).into());
    args.extend(words(&[
        "--log-file-max-size=4M",
        "--log-file-max-backups=1",
        "--rc",
        "--rc-no-auth",
        "--rc-job-expire-duration=2s",
        "--rc-job-expire-interval=1s",
        "--contimeout=15s",
        "--timeout=1m",
        // Programs write files in any order; without a cache most remotes take them only from front to back.
        "--vfs-cache-mode=writes",
        "--cache-dir",
    ]));
    args.push(dir.join("cache").into());
    let switches = [("--read-only", plan.read_only), ("--allow-other", plan.allow_other)];
    args.extend(switches.iter().filter(|(_, on)| *on).map(|(flag, _)| flag.into()));
    args.push("--".into());
    args.push(target(&plan.location).into());
    args.push(plan.mount_point.clone().into());
    args
}

/// How a remote is talked to: what else a run is given does not count for a listing of names.
const MANNERS: [&str; 12] = [
    "contimeout",
    "timeout",
    "expect_continue_timeout",
    "tpslimit",
    "tpslimit_burst",
    "user_agent",
    "use_cookies",
    "disable_http2",
    "max_connections",
    "bind",
    "fast_list",
    "low_level_retries",
];

/// Lists every name below a location, with no filter; links by their own name.
#[must_use]
pub fn names(location: &Location, options: &TransferOptions, conf: &Path) -> Vec<OsString> {
    let mut args =
        words(&["lsjson", "--recursive", "--files-only", "--no-mimetype", "--no-modtime", "--local-links", "--config"]);
    args.push(conf.into());
    args.extend(words(&["--ask-password=false", "--use-json-log", "--log-level=ERROR", "--stats=0"]));
    let manners: BTreeMap<_, _> =
        options.flags.clone().into_iter().filter(|(name, _)| MANNERS.contains(&&**name)).collect();
    args.extend(patience(&manners));
    args.extend(flags::words(&manners).map(Into::into));
    args.extend(words(&["--", &target(location)]));
    args
}

/// Lists the files below a location that the filters of a run let through, with their checksums of one kind.
#[must_use]
pub fn hashes(location: &Location, options: &TransferOptions, kind: &str, conf: &Path) -> Vec<OsString> {
    let flags = options
        .flags
        .clone()
        .into_iter()
        .filter(|(name, _)| MANNERS.contains(&&**name) || filters::FLAGS.contains(&&**name));
    let TransferOptions { include, exclude, min_age, max_age, min_size, max_size, .. } = options.clone();
    let options = TransferOptions {
        include,
        exclude,
        min_age,
        max_age,
        min_size,
        max_size,
        flags: flags.collect(),
        ..Default::default()
    };
    let mut args = words(&["lsjson", "--recursive", "--files-only", "--no-mimetype", "--no-modtime", "--config"]);
    args.push(conf.into());
    args.extend(words(&["--ask-password=false", "--use-json-log", "--log-level=ERROR", "--stats=0"]));
    args.push(format!("--hash-type={kind}").into());
    args.extend(patience(&options.flags));
    args.extend(chosen(&options).into_iter().map(Into::into));
    args.extend(words(&["--", &target(location)]));
    args
}

/// Counts the files that the filters of `options` let through, as its run would meet them.
#[must_use]
pub fn count(conf: &Path, location: &Location, options: &TransferOptions) -> Vec<OsString> {
    let mut args = words(&["size", "--json", "--config"]);
    args.push(conf.into());
    args.extend(words(&["--ask-password=false", "--use-json-log", "--log-level=NOTICE", "--stats=0"]));
    let manners: BTreeMap<_, _> =
        options.flags.clone().into_iter().filter(|(name, _)| MANNERS.contains(&&**name)).collect();
    args.extend(patience(&manners));
    args.extend(flags::words(&manners).map(Into::into));
    args.extend(chosen(&filters::only(options)).into_iter().map(Into::into));
    args.extend(words(&["--", &target(location)]));
    args
}

/// Counts what lies in a location. A child of its own: it may take minutes.
#[must_use]
pub fn size(conf: &Path, location: &Location) -> Vec<OsString> {
    let mut args = words(&["size", "--json", "--config"]);
    args.push(conf.into());
    args.extend(words(&[
        "--ask-password=false",
        "--use-json-log",
        "--log-level=NOTICE",
        "--contimeout=15s",
        "--timeout=1m",
        "--low-level-retries=3",
        "--retries=1",
        "--",
        &target(location),
    ]));
    args
}

fn words<T: AsRef<OsStr>>(words: &[T]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
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
        let args =
            of(Operation::Bisync, BTreeMap::from([("partial_suffix".to_owned(), FlagValue::Text("-x}".into()))]));
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
            r"rclone copy --checksum --bwlimit=10M --transfers=2 --checkers=3 '--exclude=*.tmp' --exclude=--config=x -- '/srv/a b' 'b2:it'\''s'"
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
            "rclone delete --dry-run --min-age=1h --max-size=1G --max-delete=5 '--include=a b' -- b2:x"
        );
    }

    #[test]
    fn only_who_found_no_remote_for_want_of_a_configuration_is_started_again() {
        let no_conf = r#"{"level":"notice","msg":"Config file \"/d/run/rclone.conf\" not found - using defaults"}"#;
        let no_remote = r#"{"level":"critical","msg":"Failed to create file system for \"b2:\": didn't find section in config file (\"b2\")"}"#;
        let failed = r#"{"level":"notice","msg":"Failed to copy: permission denied"}"#;
        assert!(lost_conf(&format!("{no_conf}\n{no_remote}\n")));
        assert!(!lost_conf(&format!("{no_conf}\n{failed}\n")), "it has worked without one");
        assert!(!lost_conf(no_remote) && !lost_conf(no_conf));
    }
}
