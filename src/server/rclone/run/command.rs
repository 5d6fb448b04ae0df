//! The command lines of runs, and of what a run is judged by.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use crate::{
    domain::{
        flag::FlagValue,
        location::Location,
        operation::Operation,
        shell,
        transfer::{Field, TransferOptions, Value},
    },
    server::rclone::{
        flags::{self, exact},
        log,
        program::{
            args::{joined, os_args, target},
            run_dir,
        },
    },
};

use super::{comparison, filters, transfer::Transfer};

/// What counts for a run that does not say otherwise: rclone's own defaults wait for hours on a server that does not
/// answer.
const PATIENCE: [(&str, &str); 5] =
    [("retries", "3"), ("retries_sleep", "5s"), ("contimeout", "30s"), ("timeout", "2m"), ("low_level_retries", "10")];

/// A run's rclone: its log in `dir`, its remote control on the socket that it is given. A bisync keeps what it
/// remembers in `workdir`. `only` is a file with the names that it takes up, a NUL after each; all when there is none.
#[must_use]
pub fn transfer(transfer: &Transfer, conf: &Path, dir: &Path, workdir: &Path, only: Option<&Path>) -> Vec<OsString> {
    let mut args = begin(transfer, conf, dir, ["INFO", "NOTICE"]);
    args.extend(os_args(&[
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
        Operation::Check => args.push(joined("--combined=", &dir.join(run_dir::COMBINED))),
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
    args.extend(os_args(&["--retries=1"]));
    args.push(joined("--combined=", &dir.join(comparison::FILE)));
    end(args, transfer)
}

fn begin(transfer: &Transfer, conf: &Path, dir: &Path, [level, stats]: [&str; 2]) -> Vec<OsString> {
    let mut args = os_args(&[transfer.operation.as_str(), "--config"]);
    args.push(conf.into());
    args.extend(os_args(&[
        "--ask-password=false",
        "--color=NEVER",
        "--use-json-log",
        "--log-level",
        level,
        "--log-file",
    ]));
    args.push(dir.join(run_dir::LOG).into());
    args.push(format!("--log-file-max-size={}", log::SIZE).into());
    args.push(format!("--log-file-max-backups={}", log::BACKUPS).into());
    args.extend(os_args(&["--stats=1s", "--stats-file-name-length=0", "--stats-log-level", stats]));
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
        flags.get("partial_suffix").and_then(|value| value.to_args().pop()).unwrap_or_else(|| ".partial".to_owned());
    let plain: String =
        suffix.chars().flat_map(|c| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] }).collect();
    // What a killed rclone left half written is nobody's file: it would be carried over to the other side as a new one.
    let partials = format!("--exclude={{{{.*\\.[0-9a-f]{{8}}{plain}}}}}");
    let fixed = ["--max-lock=2m", "--resilient", "--recover"].map(OsString::from);
    [joined(WORKDIR, workdir)].into_iter().chain(fixed).chain([partials.into()])
}

/// How a bisync's command line names the folder in which it keeps what it remembers.
pub const WORKDIR: &str = "--workdir=";

/// The flags that a person chose. Each is one word, so that no value is ever read as a flag.
fn chosen(options: &TransferOptions) -> Vec<String> {
    let fields = Field::ALL.iter().flat_map(|field| {
        let flag = format!("--{}", field.as_str().replace('_', "-"));
        let given = |value: String| vec![format!("{flag}={value}")];
        match field.value(options) {
            Value::Switch(on) => on.then_some(flag).into_iter().collect(),
            Value::Number(number) => number.map(|n| given(n.to_string())).unwrap_or_default(),
            Value::Text(text) => text.clone().map(given).unwrap_or_default(),
            Value::List(patterns) => patterns.iter().map(|pattern| format!("{flag}={}", exact(pattern))).collect(),
        }
    });
    fields.chain(flags::to_args(&options.flags)).collect()
}

/// The equivalent command line, to paste into a shell.
#[must_use]
pub fn display(transfer: &Transfer) -> String {
    let paths = transfer.places().map(target);
    let options = chosen(&transfer.options);
    let line = ["rclone", transfer.operation.as_str()].into_iter().chain(options.iter().map(String::as_str));
    let paths: Vec<_> = paths.collect();
    shell::join(line.chain(["--"]).chain(paths.iter().map(String::as_str)))
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
    let mut args = os_args(&[
        "lsjson",
        "--recursive",
        "--files-only",
        "--no-mimetype",
        "--no-modtime",
        "--local-links",
        "--config",
    ]);
    args.push(conf.into());
    args.extend(os_args(&["--ask-password=false", "--use-json-log", "--log-level=ERROR", "--stats=0"]));
    let manners: BTreeMap<_, _> =
        options.flags.clone().into_iter().filter(|(name, _)| MANNERS.contains(&&**name)).collect();
    args.extend(patience(&manners));
    args.extend(flags::to_args(&manners).map(Into::into));
    args.extend(os_args(&["--", &target(location)]));
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
    let mut args = os_args(&["lsjson", "--recursive", "--files-only", "--no-mimetype", "--no-modtime", "--config"]);
    args.push(conf.into());
    args.extend(os_args(&["--ask-password=false", "--use-json-log", "--log-level=ERROR", "--stats=0"]));
    args.push(format!("--hash-type={kind}").into());
    args.extend(patience(&options.flags));
    args.extend(chosen(&options).into_iter().map(Into::into));
    args.extend(os_args(&["--", &target(location)]));
    args
}

/// Counts the files that the filters of `options` let through, as its run would meet them.
#[must_use]
pub fn count(conf: &Path, location: &Location, options: &TransferOptions) -> Vec<OsString> {
    let mut args = os_args(&["size", "--json", "--config"]);
    args.push(conf.into());
    args.extend(os_args(&["--ask-password=false", "--use-json-log", "--log-level=NOTICE", "--stats=0"]));
    let manners: BTreeMap<_, _> =
        options.flags.clone().into_iter().filter(|(name, _)| MANNERS.contains(&&**name)).collect();
    args.extend(patience(&manners));
    args.extend(flags::to_args(&manners).map(Into::into));
    args.extend(chosen(&filters::only(options)).into_iter().map(Into::into));
    args.extend(os_args(&["--", &target(location)]));
    args
}

#[cfg(test)]
mod tests;
