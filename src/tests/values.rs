//! What our readers make of a value, and what the real rclone makes of it: the same, for each of a table and for
//! generated ones.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use longshore::domain::value::{Age, Duration, Rate, Size, Timetable, date, glob, rule, whole};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseResult, TestRunner},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Console, rclone_path};

/// An rclone of the test's own.
struct Rcd {
    child: Child,
    socket: PathBuf,
    _dir: TempDir,
}

impl Rcd {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let socket = dir.path().join("rc.sock");
        let mut command = Command::new(rclone_path());
        command
            .args(["rcd", "--rc-no-auth", "--config", "/dev/null", "--rc-addr"])
            .arg(format!("unix://{}", socket.display()));
        let child = command.env("TZ", "UTC").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("rclone");
        let rcd = Self { child, socket, _dir: dir };
        let waited = (0..2000).any(|_| UnixStream::connect(&rcd.socket).is_ok() || rcd.pause());
        assert!(waited, "rclone does not listen");
        rcd
    }

    /// Lets rclone get on; never the answer itself.
    fn pause(&self) -> bool {
        std::thread::park_timeout(std::time::Duration::from_millis(10));
        false
    }

    /// What rclone holds an option for when a call has it, or why it refuses it.
    fn reads(&self, block: &str, name: &str, value: &Value) -> Result<Value, String> {
        let local = block.trim_start_matches('_');
        let body = json!({ block: { name: value } }).to_string();
        let mut stream = UnixStream::connect(&self.socket).expect("connected");
        let head = format!(
            "POST /options/local HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read");
        let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").expect("an answer").1).expect("JSON");
        let refused = answer["error"].as_str().map(str::to_owned);
        refused.map_or_else(|| Ok(answer[local][name].clone()), Err)
    }

    fn size(&self, text: &str) -> Option<i64> {
        self.reads("_filter", "MinSize", &json!(text)).ok().map(|found| found.as_i64().expect("a number"))
    }

    fn duration(&self, text: &str) -> Option<i64> {
        self.reads("_filter", "MaxAge", &json!(text)).ok().map(|found| found.as_i64().expect("a number"))
    }

    fn bandwidth(&self, text: &str) -> Option<String> {
        self.reads("_config", "BwLimit", &json!(text)).ok().map(|found| found.as_str().expect("a text").to_owned())
    }

    fn glob(&self, text: &str) -> Result<(), String> {
        self.reads("_filter", "ExcludeRule", &json!([text])).map(drop)
    }
}

impl Drop for Rcd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What our reader makes of a size, in rclone's figures: bytes, -1 of `off`.
fn size(text: &str) -> Option<i64> {
    Size::parse(text).map(figure)
}

fn figure(size: Size) -> i64 {
    size.bytes().map_or(-1, |bytes| i64::try_from(bytes).expect("63 bits"))
}

fn duration(text: &str) -> Option<i64> {
    Duration::parse(text).map(Duration::nanos)
}

fn clock(text: &str) -> Option<i64> {
    Duration::parse_go(text).map(Duration::nanos)
}

fn age(text: &str) -> bool {
    Age::parse(text).is_some()
}

fn bandwidth(text: &str) -> Option<Timetable> {
    Timetable::parse(text)
}

/// What both readers say of a value.
enum Says<T> {
    /// They take it for this.
    Is(T),
    /// Both refuse it.
    No,
    /// rclone takes it, and we leave it out: nobody means it.
    OnlyRclone,
}
use Says::{Is, No, OnlyRclone};

fn told<T: PartialEq + std::fmt::Debug>(text: &str, says: Says<T>, ours: Option<T>, rclones: Option<T>) {
    match says {
        Is(value) => {
            assert!(
                ours.as_ref() == Some(&value) && rclones.as_ref() == Some(&value),
                "{text:?}: {ours:?} {rclones:?}"
            );
        }
        No => assert_eq!((ours, rclones), (None, None), "{text:?}"),
        OnlyRclone => assert!(ours.is_none() && rclones.is_some(), "{text:?}: {ours:?} {rclones:?}"),
    }
}

#[test]
fn a_size_is_what_rclone_makes_of_it() {
    const KI: i64 = 1 << 10;
    let rcd = Rcd::start();
    for (text, bytes) in [
        ("0", 0),
        ("512", 512 * KI),
        ("100B", 100),
        ("5b", 5),
        ("10M", 10 * KI * KI),
        ("10m", 10 * KI * KI),
        ("10Mi", 10 * KI * KI),
        ("10MI", 10 * KI * KI),
        ("10MiB", 10 * KI * KI),
        ("10Mib", 10 * KI * KI),
        ("1.5G", 3 * KI * KI * KI / 2),
        (".5k", 512),
        ("5.k", 5 * KI),
        ("1E", 1 << 60),
        ("1.0000001B", 1),
        ("off", -1),
        ("OFF", -1),
        ("oFf", -1),
    ] {
        told(text, Is(bytes), size(text), rcd.size(text));
    }
    for text in [
        "",
        "10MB",
        "10mb",
        "10kb",
        "10KB",
        "10MIB",
        "10iB",
        "10i",
        "10X",
        "M",
        "B",
        ".",
        ".M",
        "1..5M",
        "1.5.5M",
        "10 M",
        " 10M",
        "10M ",
        "-1",
        "10M\n",
        "\u{664}M",
        "10,5M",
        "10\u{a0}M",
        "1M:2M",
        "offf",
    ] {
        told(text, No, size(text), rcd.size(text));
    }
    for text in ["1e3", "+5M", "NaNB", "InfB", "9Ei", "99999999999999999999"] {
        told(text, OnlyRclone, size(text), rcd.size(text));
    }
}

#[test]
fn a_duration_is_what_rclone_makes_of_it() {
    const S: i64 = 1_000_000_000;
    const DAY: i64 = 86_400 * S;
    let rcd = Rcd::start();
    for (text, nanos) in [
        ("0", 0),
        ("90", 90 * S),
        ("1.5", 3 * S / 2),
        ("90s", 90 * S),
        ("1h30m", 5400 * S),
        ("1m1h", 3660 * S),
        ("1.5h", 5400 * S),
        (".5h", 1800 * S),
        ("1.h", 3600 * S),
        ("500ms", S / 2),
        ("1us", 1000),
        ("1\u{b5}s", 1000),
        ("1\u{3bc}s", 1000),
        ("7ns", 7),
        ("1.123456789123s", 1_123_456_789),
        ("2d", 2 * DAY),
        ("1.5d", 3 * DAY / 2),
        ("2w", 14 * DAY),
        ("3M", 90 * DAY),
        ("1y", 365 * DAY),
        ("off", i64::MAX),
    ] {
        told(text, Is(nanos), duration(text), rcd.duration(text));
    }
    for text in [
        "",
        "OFF",
        "d",
        "1x",
        "1d12h",
        "1h30",
        "1h 30m",
        " 1h",
        "1h ",
        "1..5h",
        "h1",
        "1D",
        "1H",
        "1W",
        "1h-1m",
        "1mo",
        "30 days",
        "--config",
        "2026-13-45",
        "2026-02-29",
        "2026-5-1",
        "2026-05-01T",
        "2026-05-01T10:00",
        "2026-05-01T25:00:00",
        "2026-05-01 10:00:00Z",
        "2026-05-01T10:00:00+0200",
        "01.05.2026",
        "2026-05-01; rm",
    ] {
        told(text, No, duration(text).or_else(|| date(text)), rcd.duration(text));
    }
    for text in ["-1d", "+1h", "1e3", "300y"] {
        told(text, OnlyRclone, duration(text), rcd.duration(text));
    }
}

#[test]
fn a_date_is_the_age_that_rclone_makes_of_it() {
    let rcd = Rcd::start();
    for text in [
        "2026-05-01",
        "2024-02-29",
        "2000-02-29",
        "1969-12-31",
        "1850-06-15",
        "2199-01-01",
        "2026-05-01T10:00:00",
        "2026-05-01T10:00:00Z",
        "2026-05-01T10:00:00.25Z",
        "2026-05-01T10:00:00+02:00",
        "2026-05-01T10:00:00-11:30",
        "2026-05-01 10:00:00",
        "2026-05-01 10:00:00.5",
    ] {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs())
            .expect("seconds");
        let since = rcd.duration(text).unwrap_or_else(|| panic!("{text}")) / 1_000_000_000;
        assert!((now - date(text).expect(text) - since).abs() <= 30, "{text}: {:?} {}", date(text), now - since);
        assert!(age(text));
    }
    // An age that is longer than rclone can count becomes "off".
    for (text, ours) in [("1800-01-01", true), ("1700-01-01", false), ("0001-01-01", false)] {
        assert_eq!((age(text), rcd.duration(text).is_some()), (ours, true), "{text}");
    }
}

/// A day, its minute, and the rates from then on.
type Turn = (usize, u32, (i64, i64));

/// Slots of each day, as rclone writes a timetable.
fn slots(text: &str) -> Option<Vec<Turn>> {
    let figures = |rate: Rate| (figure(rate.up), figure(rate.down));
    let slots = match bandwidth(text)? {
        Timetable::Always(rate) => return Some((0..7).map(|day| (day, 0, figures(rate))).collect()),
        Timetable::Slots(slots) => slots,
    };
    let all = slots.into_iter().flat_map(|slot| {
        let days = slot.day.map_or(0..7, |day| day..day + 1);
        days.map(move |day| (day, slot.minute, figures(slot.rate)))
    });
    Some(all.collect())
}

#[test]
fn a_bandwidth_limit_is_what_rclone_makes_of_it() {
    let rcd = Rcd::start();
    for text in [
        "1B",
        "500B",
        "1023B",
        ".5M",
        "0.5k",
        "4K:100K",
        "10M",
        "512k",
        "off",
        "1M:2M",
        "off:10M",
        "10Mi",
        "10MiB:1k",
        "08:00,512k",
        "08:00,512k 23:00,off",
        "Mon-08:00,512k 23:00,off",
        "monday-08:00,1M:2M;tue-09:30,OFF",
        "08:00,512k ",
        "  08:00,512k   12:00,10M",
        "Sun-23:59,1.5G Saturday-00:00,1k",
        "08:00,1M;09:00,2M",
    ] {
        let read = rcd.bandwidth(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            slots(text).expect(text),
            slots(&read).unwrap_or_else(|| panic!("{text}: {read}")),
            "{text}: {read}"
        );
    }
    for text in [
        "",
        "10MB",
        "10mb",
        "10kb",
        "fast",
        "10X",
        "10M:",
        ":10M",
        "1M:2M:3M",
        "10M 20M",
        "10M,",
        "8:00,1M",
        "24:00,1M",
        "08:60,1M",
        "08:00,10MB",
        "Foo-08:00,1M",
        "Mon-Tue-08:00,1M",
        "08:00,1M,2M",
        "08:00, 1M",
        "Mon 08:00,1M",
        "08:00,1M|09:00,2M",
        "Mo-08:00,1M",
        "08:00,",
        ",",
        "10M\t",
        "-1",
    ] {
        assert!(
            bandwidth(text).is_none() && rcd.bandwidth(text).is_none(),
            "{text:?}: {:?} {:?}",
            bandwidth(text),
            rcd.bandwidth(text)
        );
    }
    for text in [" ", "08x00,1M", "+8:00,1M"] {
        assert!(bandwidth(text).is_none() && rcd.bandwidth(text).is_some(), "{text:?}");
    }
}

#[test]
fn a_rate_for_a_running_rclone_is_written_as_rclone_reads_it() {
    let rcd = Rcd::start();
    for text in ["10M", "512", "off", "1M:2M", "off:10M", "2.5k", "100B", "0", "1.0000001G:OFF"] {
        let rate = Rate::parse(text).expect(text);
        assert_eq!(Rate::parse(&rate.to_string()), Some(rate), "{text} as {rate}");
        assert_eq!(rcd.bandwidth(&rate.to_string()), rcd.bandwidth(text), "{text} as {rate}");
    }
}

#[test]
fn a_whole_number_is_what_rclone_makes_of_it() {
    let rclones = |text: &str| {
        let output = Command::new(rclone_path())
            .args(["rc", "--loopback", "options/get", "--config", "/dev/null", &format!("--max-backlog={text}")])
            .output()
            .expect("rclone");
        let answer: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        answer.and_then(|answer| answer["main"]["MaxBacklog"].as_i64())
    };
    for (text, number) in [("0", 0), ("8", 8), ("10", 10), ("-1", -1), ("256", 256), ("2147483647", 2_147_483_647)] {
        told(text, Is(number), whole(text), rclones(text));
    }
    for text in ["08", "1.5", "1e3", "ten", "1,000", "--1", "-"] {
        told(text, No, whole(text), rclones(text));
    }
    // Of these rclone makes another number than most people mean.
    for text in ["010", "0x10", "1_0", "+5", "-010", "00"] {
        told(text, OnlyRclone, whole(text), rclones(text));
    }
}

#[test]
fn a_pattern_is_refused_where_rclone_refuses_it() {
    let rcd = Rcd::start();
    for text in [
        "*.tmp",
        "/cache/**",
        "**",
        "{a,b}",
        "{a,{b,c}}",
        "[a-z]",
        "[^a]",
        r"\[",
        r"\*\*\*",
        r"a\",
        r"{{.*\.jpe?g}}",
        "{{a{2}}}",
        "{}",
        "a b",
        " ",
        "#x",
        ";x",
        "IMG (1).jpg",
        "a+b$",
        "a\u{308}*",
        "[[:alpha:]]x",
        "a//b",
        "[*]",
        "?",
        "-x",
        "+ x",
        "!",
        "{{a|b}}",
        "{{[}]}}",
    ] {
        assert_eq!((glob(text), rcd.glob(text)), (Ok(()), Ok(())), "{text}");
    }
    for text in [
        "[",
        "{a",
        "a}",
        "]",
        "***",
        "**/*/***x",
        "[]a]",
        "[[]",
        "{{a",
        "{{a}",
        "}",
        "{a,{b}",
        "a{b,c}}",
        "****",
        "x[a-z",
        "[!",
        "{{",
        "/[",
        "[a]]",
    ] {
        assert!(rcd.glob(text).is_err() && glob(text).is_err(), "{text}: {:?} {:?}", glob(text), rcd.glob(text));
    }
    for text in [
        "{{(}}",
        "{{[}}",
        "[z-a]",
        r"\y",
        "{{*}}",
        "{{a**}}",
        "{{(?P<x}}",
        "[[:foo:]]",
        "[]",
        r"{{\p{Foo}}}",
        "{{a{2,1}}}",
    ] {
        assert!(
            glob(text).is_ok() && rcd.glob(text).is_err(),
            "only rclone can tell: {text}: {:?} {:?}",
            glob(text),
            rcd.glob(text)
        );
    }
    for (text, takes) in [
        ("+ *.jpg", true),
        ("- *", true),
        ("!", true),
        ("*.jpg", false),
        ("+x", false),
        ("# x", false),
        ("- [", false),
        ("+ ***", false),
        ("", false),
    ] {
        let rclones = rcd.reads("_filter", "FilterRule", &json!([text])).is_ok();
        assert_eq!((rule(text).is_ok(), rclones), (takes, takes), "{text}");
    }
}

fn of(parts: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(parts), 0..most).prop_map(|parts| parts.concat())
}

/// An exponent, which we leave out: `1e3`.
fn has_exponent(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || b == b'.';
    text.as_bytes().windows(3).any(|w| digit(w[0]) && w[1].eq_ignore_ascii_case(&b'e') && digit(w[2]))
}

const SIZES: &[&str] =
    &["0", "1", "7", "10", ".", "k", "K", "M", "m", "G", "e", "E", "b", "B", "i", "I", "off", "P", "T", " ", "x"];
const DURATIONS: &[&str] =
    &["0", "1", "7", "30", ".", "h", "m", "s", "ms", "us", "ns", "d", "w", "M", "y", "off", " ", "-", "H"];
const DATES: &[&str] = &["2026", "2024", "-", "02", "29", "13", "00", "12", "T", " ", ":", "Z", "+", ".5", "60"];
const RATES: &[&str] = &["08:00", "23:59", "Mon-", "sunday-", ",", " ", ";", "1M", "512k", "off", ":", "10", "MB"];
const GLOBS: &[&str] = &["*", "**", "[", "]", "{", "}", "{{", "}}", ",", "/", "\\", "a", "b-", "?", "!", "(", "^"];

/// Asks both readers for 300 generated texts.
fn generated(parts: &'static [&'static str], most: usize, test: impl Fn(&Rcd, &str) -> TestCaseResult) {
    let rcd = Rcd::start();
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    runner.run(&of(parts, most), |text| test(&rcd, &text)).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn any_size_is_read_as_rclone_reads_it() {
    generated(SIZES, 5, |rcd, text| {
        let (ours, rclones) = (size(text), rcd.size(text));
        // What does not fit into 63 bits is none here; rclone makes any number of it.
        let left_out = ours.is_none() && (has_exponent(text) || text.contains(['e', 'E']));
        prop_assert!(ours == rclones || left_out, "{:?}: {:?} {:?}", text, ours, rclones);
        Ok(())
    });
}

#[test]
fn any_duration_is_read_as_rclone_reads_it() {
    generated(DURATIONS, 6, |rcd, text| {
        let (ours, rclones) = (duration(text), rcd.duration(text));
        let left_out = ours.is_none() && (text.starts_with('-') || text.ends_with(['y', 'M', 'w']));
        prop_assert!(ours == rclones || left_out, "{:?}: {:?} {:?}", text, ours, rclones);
        prop_assert!(clock(text).is_none() || clock(text) == ours, "{:?}", text);
        Ok(())
    });
}

#[test]
fn any_date_is_taken_only_where_rclone_takes_it() {
    generated(DATES, 12, |rcd, text| {
        prop_assert!(!age(text) || rcd.duration(text).is_some(), "{:?}", text);
        Ok(())
    });
}

#[test]
fn any_bandwidth_limit_is_taken_as_rclone_takes_it() {
    generated(RATES, 7, |rcd, text| {
        let (ours, rclones) = (bandwidth(text).is_some(), rcd.bandwidth(text).is_some());
        let nothing = !text.chars().any(char::is_alphanumeric);
        prop_assert!(ours == rclones || (!ours && nothing), "{:?}: {:?} {:?}", text, ours, rclones);
        Ok(())
    });
}

#[test]
fn any_pattern_is_refused_here_only_where_rclone_refuses_it() {
    generated(GLOBS, 9, |rcd, text| {
        match (glob(text), rcd.glob(text)) {
            (Err(ours), Ok(())) => prop_assert!(false, "{:?} is refused here alone: {}", text, ours),
            (Ok(()), Err(why)) => prop_assert!(why.contains("bad glob pattern"), "{:?}: {}", text, why),
            _ => {}
        }
        Ok(())
    });
}

/// The fields that an answer names.
fn fields(answer: &Value) -> Vec<&str> {
    answer["fields"].as_object().map(|fields| fields.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[tokio::test]
async fn what_rclone_refuses_is_refused_by_every_call_with_the_field() {
    let console = Console::start();
    crate::support::write(&console.root(), "a/x", b"x");
    let (a, b) = (console.path("a"), console.path("b"));
    for (options, field) in [
        (json!({ "bwlimit": "10MB" }), "bwlimit"),
        (json!({ "bwlimit": "08:00,10kb" }), "bwlimit"),
        (json!({ "min_size": "10kb" }), "min_size"),
        (json!({ "max_size": "10mb" }), "max_size"),
        (json!({ "max_age": "2026-13-45" }), "max_age"),
        (json!({ "min_age": "OFF" }), "min_age"),
        (json!({ "min_age": "30d", "max_age": "1d" }), "min_age"),
        (json!({ "exclude": ["*.tmp", "["] }), "exclude"),
        (json!({ "include": ["{a"] }), "include"),
        (json!({ "exclude": ["a}"] }), "exclude"),
        (json!({ "exclude": ["***"] }), "exclude"),
        (json!({ "exclude": ["[]a]"] }), "exclude"),
        (json!({ "exclude": ["a", "b", "{{(}}", "c"] }), "exclude"),
        (json!({ "include": ["[z-a]"] }), "include"),
        (json!({ "exclude": ["{{directory not found (}}"] }), "exclude"),
        (json!({ "exclude": ["{{timeout 403 AccessDenied (}}"] }), "exclude"),
        (json!({ "flags": { "filter": ["- {{(}}"] } }), "flags.filter"),
        (json!({ "flags": { "filter": ["- ["] } }), "flags.filter"),
        (json!({ "flags": { "max_transfer": "10MB" } }), "flags.max_transfer"),
        (json!({ "flags": { "max_duration": "1d12h" } }), "flags.max_duration"),
        (json!({ "flags": { "metadata_filter": ["- {{(}}"] } }), "flags.metadata_filter"),
    ] {
        let run = json!({ "operation": "copy", "source": a, "destination": b, "options": options });
        let mut job = run.clone();
        job["name"] = json!("x");
        for (path, body) in [("/api/v1/runs", &run), ("/api/v1/jobs", &job)] {
            let answer = console.post(path, body, StatusCode::BAD_REQUEST).await;
            assert_eq!(fields(&answer), [field], "{path} {options}: {answer}");
            assert!(!answer.to_string().contains("CRITICAL"), "{answer}");
        }
        if options["flags"].is_null() {
            let mut copy = json!({ "source": a, "destination": b });
            copy.as_object_mut().expect("an object").extend(options.as_object().expect("an object").clone());
            let answer = console.post("/api/v1/backups/rclone/copy", &copy, StatusCode::BAD_REQUEST).await;
            assert_eq!(fields(&answer), [field], "copy {options}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_rclone_takes_is_taken_and_the_run_goes_well() {
    let console = Console::start();
    crate::support::write(&console.root(), "a/x", b"x");
    let good = json!({ "bwlimit": "Mon-08:00,512k 23:00,off", "max_size": "OFF", "max_age": "2001-02-03 04:05:06", "min_age": "1ms",
        "exclude": [r"{{.*\.tmp}}", r"\["], "flags": { "max_duration": "48h", "filter": ["- *.bak"] } });
    let mut body =
        json!({ "operation": "copy", "source": console.path("a"), "destination": console.path("b"), "options": good });
    let run = console.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
    body["name"] = json!("x");
    console.post("/api/v1/jobs", &body, StatusCode::CREATED).await;
    let id = run["id"].as_str().expect("an id").to_owned();
    let run = console.ended(&id).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    // A running rclone takes one rate, and no timetable.
    for rate in ["10MB", "08:00,1M", "", "1M:2M:3M", "off:"] {
        let answer = console
            .post(&format!("/api/v1/runs/{id}/bandwidth"), &json!({ "rate": rate }), StatusCode::BAD_REQUEST)
            .await;
        assert_eq!(fields(&answer), ["rate"], "{answer}");
    }
}
