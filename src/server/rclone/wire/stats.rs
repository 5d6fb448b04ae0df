//! How far a run is, and what it says: rclone's statistics and the lines of its log.

use serde::Deserialize;

use super::whole;
use crate::domain::run::stats::{InFlight, Stats as RunStats};

/// `core/stats`, and the `stats` of a log line.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stats {
    bytes: i64,
    total_bytes: i64,
    transfers: i64,
    total_transfers: i64,
    checks: i64,
    deletes: i64,
    deleted_dirs: i64,
    renames: i64,
    server_side_moves: i64,
    listed: i64,
    errors: i64,
    speed: f64,
    eta: Option<f64>,
    elapsed_time: f64,
    transferring: Option<Vec<Transferring>>,
    checking: Option<Vec<serde::de::IgnoredAny>>,
}

/// A file that is being transferred.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Transferring {
    name: String,
    size: i64,
    bytes: i64,
    speed: f64,
    speed_avg: f64,
}

impl Stats {
    /// Whether something was under way when it was written: then it is not the last.
    #[must_use]
    pub fn is_periodic(&self) -> bool {
        self.transferring.is_some() || self.checking.is_some()
    }

    /// In the domain's words.
    #[must_use]
    pub fn split(self) -> (RunStats, Vec<InFlight>) {
        let stats = RunStats {
            bytes: whole(self.bytes),
            total_bytes: whole(self.total_bytes),
            files: whole(self.transfers),
            total_files: whole(self.total_transfers),
            checks: whole(self.checks),
            deletes: whole(self.deletes),
            // Where a file lies is changed either way, and either is counted in both when it is a rename.
            renames: whole(self.renames.max(self.server_side_moves)),
            deleted_dirs: whole(self.deleted_dirs),
            listed: whole(self.listed),
            // Only the log tells, in the end.
            skipped: 0,
            errors: whole(self.errors),
            speed: round(self.speed),
            eta: self.eta.map(round),
            elapsed_ms: round(self.elapsed_time * 1000.0),
            at_least: false,
        };
        let in_flight = self.transferring.unwrap_or_default().into_iter().map(|file| InFlight {
            name: file.name,
            size: u64::try_from(file.size).ok(),
            bytes: whole(file.bytes),
            // The first seconds have no average yet.
            speed: round(if file.speed_avg > 0.0 { file.speed_avg } else { file.speed }),
        });
        (stats, in_flight.collect())
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and NaN is 0")]
fn round(x: f64) -> u64 {
    x.round() as u64
}

/// A line of rclone's log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogLine {
    /// When.
    pub time: String,
    /// `info`, `notice`, `error`, `critical`.
    pub level: String,
    /// What it says.
    pub msg: String,
    /// The file it is about.
    pub object: Option<String>,
    /// What that is in rclone: `*local.Object`, `*s3.Fs`.
    #[serde(rename = "objectType")]
    pub object_type: String,
    /// The file's size.
    pub size: Option<i64>,
    /// What a dry run did not do.
    pub skipped: Option<String>,
    /// Statistics, in some.
    pub stats: Option<Stats>,
}

/// A line of rclone's log that complains about a folder.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Complaint {
    /// `info`, `notice`, `error`, `critical`.
    pub level: String,
    object: String,
    object_type: String,
}

impl Complaint {
    /// The folder's path; `None` when it is about the place itself or about a file.
    #[must_use]
    pub fn folder(self) -> Option<String> {
        (self.object_type == "string" && !self.object.is_empty()).then_some(self.object)
    }
}
