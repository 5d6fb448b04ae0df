//! What it costs to keep the truth about a million files: `cargo bench --bench logs`, or with another number of files,
//! `cargo bench --bench logs -- 100000`. Writes a log as rclone does, concludes it, and reads pages of what is kept.
#![expect(clippy::print_stdout, reason = "it is a program that prints a table")]

use std::{
    error::Error,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
    time::Instant,
};

use longshore::{
    domain::run::files::FileOutcome,
    server::rclone::{log, program::run_dir},
};

/// Files, when the command line does not say.
const FILES: u64 = 1_000_000;
/// After how many files a new file of the log begins; as many as fit into 128 MiB.
const SEGMENT: u64 = 600_000;
/// Files a second.
const RATE: u64 = 5000;

fn main() -> Result<(), Box<dyn Error>> {
    let files = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(FILES);
    let dir = tempfile::tempdir()?;
    let mut table = Vec::new();
    for (what, failing) in [("all copied", 0), ("one in a hundred fails", 100), ("all fail", 1)] {
        let run = dir.path().join(what);
        fs::create_dir(&run)?;
        let size = write(&run, files, failing)?;
        // From here on, the most memory is what this takes.
        fs::write("/proc/self/clear_refs", "5")?;
        let before = memory("VmRSS")?;
        let (report, took) = timed(|| log::conclude(&run))?;
        table.push((format!("{what}: log, MiB"), size as f64 / 1_048_576.0));
        table.push((format!("{what}: conclude, s"), took / 1000.0));
        table.push((format!("{what}: memory at most, MiB"), (memory("VmHWM")?.saturating_sub(before)) as f64 / 1024.0));
        let outcome = if failing == 1 { FileOutcome::Failed } else { FileOutcome::Copied };
        let count = report.counts.get(outcome);
        let lists: u64 =
            FileOutcome::ALL.iter().map(|outcome| len(&run.join(format!("report/{}.files", outcome.as_str())))).sum();
        table.push((format!("{what}: kept, bytes a file"), lists as f64 / files as f64));
        table.push((format!("{what}: kept of the log, MiB"), len(&run.join("report/log.jsonl")) as f64 / 1_048_576.0));
        for (place, offset) in [("first", 0), ("middle", count / 2), ("last", count - 100)] {
            let (page, took) = timed(|| log::files(&run, outcome, "", offset, 100))?;
            assert_eq!(page.files.len(), 100);
            table.push((format!("{what}: {place} page, ms"), took));
        }
        let (found, took) = timed(|| log::files(&run, outcome, "IMG_20260512_99", 0, 100))?;
        assert!(
            found.matched > 0 && report.counts.copied + report.counts.failed == files && !report.log_truncated,
            "{report:?}"
        );
        table.push((format!("{what}: search, ms"), took));
        let (series, took) = timed(|| log::series(&run))?;
        assert!(series.points.len() <= 600);
        table.push((format!("{what}: series, ms"), took));
        let (_, took) = timed(|| {
            log::lines(
                &run,
                &log::LogFilter { search: "nothing has this".into(), limit: 500, ..log::LogFilter::default() },
            )
        })?;
        table.push((format!("{what}: search in the log, ms"), took));
    }
    println!("{files} files");
    table.iter().for_each(|(what, figure)| println!("{what:<50} {figure:>10.2}"));
    Ok(())
}

/// Writes a log in which each `failing`th file fails. Its size in bytes.
fn write(run: &Path, files: u64, failing: u64) -> Result<u64, Box<dyn Error>> {
    let current = run.join(run_dir::LOG);
    let mut log = BufWriter::new(File::create(&current)?);
    let (mut copied, mut failed, mut size) = (0, 0, 0);
    for n in 0..files {
        if n % SEGMENT == SEGMENT - 1 {
            log.flush()?;
            fs::rename(&current, run.join(format!("log-2026-11-24T21-42-{:06.3}.jsonl", n as f64 / 1e6)))?;
            log = BufWriter::new(File::create(&current)?);
        }
        let (minutes, nanos) = (n / RATE / 60, n % RATE * (1_000_000_000 / RATE));
        let time = format!("2026-11-24T{:02}:{:02}:{:02}.{nanos:09}Z", minutes / 60, minutes % 60, n / RATE % 60);
        // What can not be guessed from the one before: as much as in the names that a camera or a program gives.
        let random = mixed(n);
        let name = format!(
            "photos/2026/{:02}/album-{:04}/IMG_20260512_{:08x}.jpg",
            n / 90_000 % 12 + 1,
            n / 500 % 10_000,
            random >> 32
        );
        let bytes = random % 8_000_000;
        let fails = failing > 0 && n % failing == 0;
        let line = if fails {
            failed += 1;
            format!(
                r#"{{"time":"{time}","level":"error","msg":"Failed to copy: failed to open source object: open /srv/{name}: permission denied","object":"{name}","objectType":"*local.Object","source":"operations/copy.go:349"}}"#
            )
        } else {
            copied += 1;
            format!(
                r#"{{"time":"{time}","level":"info","msg":"Copied (new)","size":{bytes},"object":"{name}","objectType":"*local.Object","source":"operations/copy.go:382"}}"#
            )
        };
        writeln!(log, "{line}")?;
        size += line.len() as u64 + 1;
        if n % RATE == RATE - 1 || n == files - 1 {
            let under_way = if n == files - 1 {
                String::new()
            } else {
                format!(r#","transferring":[{{"name":"{name}","size":{bytes},"bytes":1}}]"#)
            };
            let elapsed = n as f64 / RATE as f64 + 0.001;
            let line = format!(
                r#"{{"time":"{time}","level":"notice","msg":"\nTransferred: \n","stats":{{"bytes":{},"elapsedTime":{elapsed},"errors":{failed},"totalBytes":4000000000000,"transfers":{copied}{under_way}}},"source":"accounting/stats.go:549"}}"#,
                n * 4_000_000
            );
            writeln!(log, "{line}")?;
        }
    }
    log.flush()?;
    Ok(size)
}

/// A number that looks like a random one (splitmix64).
const fn mixed(n: u64) -> u64 {
    let mut n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// What came of it, and how long it took, in milliseconds.
fn timed<T>(work: impl FnOnce() -> std::io::Result<T>) -> Result<(T, f64), Box<dyn Error>> {
    let start = Instant::now();
    let done = work()?;
    Ok((done, start.elapsed().as_secs_f64() * 1000.0))
}

/// A figure of this process' memory, in KiB.
fn memory(name: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such figure")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
}

fn len(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}
