//! The summary of a closed section of the job form: its choices, in a few words.

use crate::domain::{
    follower::After,
    format,
    guard::{DEFAULT_PERCENT, LEAST_BUDGET},
    job::NewJob,
    operation::Operation,
    run::wait::OnBusy,
    value::{Seconds, Timetable},
};

/// What a bisync may delete of one side when nobody says: rclone's default.
const BISYNC_PERCENT: u32 = 50;

/// Which files.
#[must_use]
pub fn filters(job: &NewJob) -> String {
    let options = &job.options;
    let patterns =
        |word: &str, n: usize| (n > 0).then(|| format!("{word} {}", format::plural(n as u64, "pattern", "patterns")));
    let amount = |word: &str, value: &Option<String>| value.as_ref().map(|value| format!("{word} {value}"));
    join(
        [
            patterns("only", options.include.len()),
            patterns("leaves out", options.exclude.len()),
            amount("older than", &options.min_age),
            amount("younger than", &options.max_age),
            amount("at least", &options.min_size),
            amount("at most", &options.max_size),
        ],
        "all files",
    )
}

/// How.
#[must_use]
pub fn performance(job: &NewJob) -> String {
    let options = &job.options;
    join(
        [
            options.checksum.then(|| "by checksum".to_owned()),
            options.bwlimit.as_ref().map(|limit| format!("bandwidth {}", Timetable::describe(limit))),
            options.transfers.map(|n| format!("{n} files at once")),
            options.checkers.map(|n| format!("{n} checks at once")),
            options.delete_empty_src_dirs.then(|| "tidies up".to_owned()),
        ],
        "rclone’s defaults",
    )
}

/// What is guarded.
#[must_use]
pub fn guards(job: &NewJob) -> String {
    let (options, guards) = (&job.options, &job.guards);
    let files = options.max_delete.map(|n| format!("may delete {}", format::plural(n.into(), "file", "files")));
    let limit = match job.operation {
        Operation::Sync => {
            files.or_else(|| Some(format!("may delete {} %", guards.max_delete_percent.unwrap_or(DEFAULT_PERCENT))))
        }
        Operation::Bisync => Some(format!("may delete {} %", options.max_delete.unwrap_or(BISYNC_PERCENT))),
        _ if job.operation.removes() => {
            let may = guards.may_delete.map_or_else(
                || format!("{LEAST_BUDGET} files or {DEFAULT_PERCENT} %"),
                |n| format::plural(n.into(), "file", "files"),
            );
            let own = options.max_delete.map(|n| format!(", {} at most", format::count(n.into()))).unwrap_or_default();
            Some(format!("may delete {may} without asking{own}"))
        }
        _ => files,
    };
    let none = "deletes nothing";
    join(
        [
            limit,
            guards.sentinel.as_ref().map(|_| "requires a file".to_owned()),
            options.backup_dir.as_ref().map(|_| "keeps old versions".to_owned()),
            guards.allow_empty_source.then(|| "source may be empty".to_owned()),
            guards.allow_shrunk_source.then(|| "source may have shrunk".to_owned()),
            guards.allow_left_out.then(|| "files left out are deleted".to_owned()),
        ],
        none,
    )
}

/// What happens when it fails or is busy.
#[must_use]
pub fn failure(job: &NewJob) -> String {
    let attempts =
        if job.retry.attempts > 1 { format!("{} attempts", job.retry.attempts) } else { "no retries".to_owned() };
    let busy = if job.on_busy == OnBusy::Refuse { "refused while busy" } else { "queues if busy" };
    join(
        [
            Some(attempts),
            Some(busy.to_owned()),
            (job.priority != 0).then(|| format!("priority {}", job.priority)),
            job.time_limit_secs.map(|limit| format!("stopped after {}", Seconds(limit))),
        ],
        "",
    )
}

/// When a follower starts, in a few words.
#[must_use]
pub const fn after(after: After) -> &'static str {
    match after {
        After::Success => "if it succeeds without warnings",
        After::Failure => "if it fails",
        After::Always => "however it ends",
    }
}

fn join<const N: usize>(parts: [Option<String>; N], none: &str) -> String {
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { none.to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_says_what_was_chosen_in_it() {
        let mut job: NewJob = serde_json::from_value(
            serde_json::json!({ "name": "a", "operation": "sync", "source": "/a", "destination": "/b" }),
        )
        .expect("a job");
        assert_eq!(filters(&job), "all files");
        assert_eq!(performance(&job), "rclone’s defaults");
        assert_eq!(guards(&job), "may delete 10 %");
        assert_eq!(failure(&job), "no retries, queues if busy");
        job.options.exclude = vec!["*.tmp".to_owned()];
        job.options.bwlimit = Some("10M".to_owned());
        job.options.max_delete = Some(1);
        job.retry.attempts = 3;
        job.time_limit_secs = Some(5400);
        assert_eq!(filters(&job), "leaves out 1 pattern");
        assert_eq!(performance(&job), "bandwidth 10 MiB/s");
        assert_eq!(guards(&job), "may delete 1 file");
        assert_eq!(failure(&job), "3 attempts, queues if busy, stopped after 1h30m");
        job.operation = Operation::Copy;
        job.options.max_delete = None;
        assert_eq!(guards(&job), "deletes nothing");
        job.operation = Operation::Bisync;
        assert_eq!(guards(&job), "may delete 50 %");
    }
}
