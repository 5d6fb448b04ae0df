//! Tests of `lines`.

use std::{fs, io::Write as _};

use super::*;

fn line(n: usize, level: &str) -> String {
    format!(
        "{{\"time\":\"2026-11-23T04:04:31Z\",\"level\":\"{level}\",\"msg\":\"said {n}\",\"object\":\"Dir/f{n}\"}}\n"
    )
}

fn log(dir: &Path, name: &str, numbers: std::ops::Range<usize>) {
    let text: String = numbers.map(|n| line(n, if n % 10 == 0 { "error" } else { "info" })).collect();
    fs::write(dir.join(name), text).expect("written");
}

fn read(dir: &Path, wanted: &LogFilter) -> (Vec<String>, RunLog) {
    let log = lines(dir, wanted).expect("read");
    (log.lines.iter().map(|line| line.message.clone()).collect(), log)
}

fn said(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("said {n}")).collect()
}

#[test]
fn pages_lead_back_to_the_beginning_over_all_files() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    log(dir, "log-2026-11-24T21-42-43.958.jsonl", 0..3000);
    log(dir, run_dir::LOG, 3000..3100);
    fs::write(dir.join(run_dir::STDERR), "goroutine 1\n\n").expect("written");
    let mut wanted = LogFilter { limit: 300, ..LogFilter::default() };
    let (mut all, mut pages) = (Vec::new(), 0);
    loop {
        let (messages, log) = read(dir, &wanted);
        assert_eq!(log.cursor.is_some(), pages == 0);
        all.splice(0..0, messages);
        pages += 1;
        let Some(older) = log.older else { break };
        wanted.before = LogCursor::parse(&older);
    }
    assert_eq!(all, [vec!["goroutine 1".to_owned()], said(0..3100)].concat());
    assert_eq!(pages, 11);
}

#[test]
fn what_is_searched_for_is_found_wherever_it_stands() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    log(dir, run_dir::LOG, 0..5000);
    let errors = LogFilter { level: LogLevel::Error, limit: 5, ..LogFilter::default() };
    assert_eq!(read(dir, &errors).0, said([4950, 4960, 4970, 4980, 4990]));
    let object = LogFilter { search: "dir/F12".into(), limit: 500, ..LogFilter::default() };
    assert_eq!(read(dir, &object).0, said([12].into_iter().chain(120..130).chain(1200..1300)));
    let none = read(dir, &LogFilter { search: "nothing".into(), limit: 9, ..LogFilter::default() });
    assert_eq!((none.0.len(), none.1.older), (0, None));
    fs::write(dir.join(run_dir::LOG), "{\"level\":\"error\",\"msg\":\"x:pass=hunter2:\"}\n").expect("written");
    assert_eq!(read(dir, &LogFilter { search: "hunter2".into(), limit: 9, ..LogFilter::default() }).0.len(), 0);
    assert_eq!(read(dir, &LogFilter { limit: 9, ..LogFilter::default() }).0, ["x:pass=***:"]);
}

#[test]
fn what_is_written_since_is_told_once_also_when_files_are_set_aside() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let append = |text: &str| {
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(dir.join(run_dir::LOG))
            .expect("open")
            .write_all(text.as_bytes())
    };
    log(dir, run_dir::LOG, 0..20);
    let (_, first) = read(dir, &LogFilter { limit: 5, ..LogFilter::default() });
    let after = |log: &RunLog, limit| LogFilter {
        after: LogCursor::parse(log.cursor.as_deref().expect("a cursor")),
        limit,
        ..LogFilter::default()
    };
    let half = line(20, "info");
    append(&half[..30]).expect("written");
    let (messages, second) = read(dir, &after(&first, 5));
    assert_eq!((messages, second.truncated, second.reset), (said([]), false, false));
    append(&half[30..]).expect("written");
    fs::rename(dir.join(run_dir::LOG), dir.join("log-2026-11-24T21-42-43.958.jsonl")).expect("set aside");
    append(&line(21, "info")).expect("written");
    let (messages, third) = read(dir, &after(&second, 5));
    assert_eq!((messages, third.truncated), (said([20, 21]), false));
    (22..40).for_each(|n| append(&line(n, "info")).expect("written"));
    let (messages, fourth) = read(dir, &after(&third, 5));
    assert_eq!((messages, fourth.truncated), (said(35..40), true));
    // Another log is in its place: that of a run that has ended.
    fs::remove_file(dir.join("log-2026-11-24T21-42-43.958.jsonl")).expect("removed");
    fs::create_dir(report::folder(dir)).expect("a folder");
    log(&report::folder(dir), run_dir::LOG, 0..40);
    let (messages, last) = read(dir, &after(&fourth, 2));
    assert_eq!((messages, last.reset, last.truncated), (said([38, 39]), true, true));
}

#[test]
fn garbage_and_lines_without_end_are_passed_over_and_places_that_were_made_up_are_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let mut bytes = line(1, "info").into_bytes();
    bytes.extend(vec![b'x'; LONGEST * 3]);
    bytes.extend(b"\n\xff\xfe garbage\n{\"level\":3}\n");
    bytes.extend(line(2, "info").into_bytes());
    fs::write(dir.join(run_dir::LOG), bytes).expect("written");
    let (messages, log) = read(dir, &LogFilter { limit: 500, ..LogFilter::default() });
    assert_eq!(messages, ["said 1", "\u{fffd}\u{fffd} garbage", "{\"level\":3}", "said 2"]);
    assert!(!log.truncated);
    let inode = LogCursor::parse(&log.cursor.expect("a cursor")).expect("a place").inode;
    for offset in [0, 1, 17, 200, 1 << 20, 1 << 22, u64::MAX] {
        for place in [LogCursor { inode, offset }, LogCursor { inode: 1, offset }] {
            for wanted in [
                LogFilter { after: Some(place), ..LogFilter::default() },
                LogFilter { before: Some(place), ..LogFilter::default() },
            ] {
                assert!(read(dir, &wanted).0.len() <= 1, "one line is asked for at least");
            }
        }
    }
    for text in ["", "-", "1", "1-", "x-y", "1-2-3", "-1-2", "99999999999999999-1"] {
        assert_eq!(LogCursor::parse(text), None, "{text}");
    }
    assert_eq!(lines(&dir.join("none"), &LogFilter::default()).expect("empty"), RunLog::default());
}
