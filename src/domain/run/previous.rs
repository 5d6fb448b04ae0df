//! The previous run that a run is compared with, and the difference in words.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::summary::RunSummary;
use crate::domain::{format, id::RunId, time::Timestamp};

/// The last run before another that did the same and ended well: of the same job, or asked for in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviousRun {
    /// Which.
    pub id: RunId,
    /// When it was started.
    pub started_at: Timestamp,
    /// Files that it transferred.
    pub files: u64,
    /// Bytes that it transferred.
    pub bytes: u64,
    /// Files that it deleted.
    pub deletes: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl PreviousRun {
    /// What is different in a run after it, in words; `None` while that one has not ended.
    #[must_use]
    pub fn difference(&self, run: &RunSummary) -> Option<String> {
        let took = run.ended_at?.millis_since(run.started_at?);
        let files = self.files.abs_diff(run.stats.files);
        let bytes = self.bytes.abs_diff(run.stats.bytes);
        let deletes = self.deletes.abs_diff(run.stats.deletes);
        // What is shorter than that is nobody's doing.
        let time = Some(self.took_ms.abs_diff(took)).filter(|time| *time >= 1000);
        let parts: Vec<_> = [
            (files > 0).then(|| {
                let more = if run.stats.files > self.files { "more" } else { "fewer" };
                format!("{} {more}", format::plural(files, "file", "files"))
            }),
            (bytes > 0).then(|| {
                format!("{} {}", format::bytes(bytes), if run.stats.bytes > self.bytes { "more" } else { "less" })
            }),
            (deletes > 0).then(|| {
                let more = if run.stats.deletes > self.deletes { "more" } else { "fewer" };
                format!("{} {more}", format::plural(deletes, "delete", "deletes"))
            }),
            time.map(|time| {
                format!("{} {}", format::duration(time), if took > self.took_ms { "longer" } else { "shorter" })
            }),
        ]
        .into_iter()
        .flatten()
        .collect();
        Some(if parts.is_empty() { "the same files, bytes and time".to_owned() } else { parts.join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_different_is_said_and_what_is_not_is_not() {
        let run = |files: u64, bytes: u64, deletes: u64, took: i64| -> RunSummary {
            serde_json::from_value(serde_json::json!({
                "id": "01JD3Z6N9V4M2K8Q7W5X1T0R3S", "operation": "copy", "source": "/a", "destination": "/b", "dry_run": false,
                "state": "succeeded", "job": null, "attempt": 1, "attempts": 1, "retry_at": null, "priority": 0, "position": null,
                "created_at": Timestamp(0), "started_at": Timestamp(0), "ended_at": Timestamp(took), "user": "ana", "stopping": false,
                "stats": { "bytes": bytes, "total_bytes": bytes, "files": files, "total_files": files, "checks": 0, "deletes": deletes,
                    "renames": 0, "deleted_dirs": 0, "listed": 0, "errors": 0, "speed": 0, "eta": null, "elapsed_ms": 0 },
            }))
            .expect("a run")
        };
        let before = PreviousRun {
            id: "01JD3Z6N9V4M2K8Q7W5X1T0R3R".parse().expect("an id"),
            started_at: Timestamp(0),
            files: 10,
            bytes: 4096,
            deletes: 1,
            took_ms: 5_000,
        };
        let said = |run: &RunSummary| before.difference(run).expect("it has ended");
        assert_eq!(said(&run(22, 5120, 0, 8_400)), "12 files more, 1 KiB more, 1 delete fewer, 3.4 s longer");
        assert_eq!(said(&run(9, 1024, 4, 4_400)), "1 file fewer, 3 KiB less, 3 deletes more");
        assert_eq!(said(&run(10, 4096, 1, 5_000)), "the same files, bytes and time");
        assert_eq!(before.difference(&RunSummary { ended_at: None, ..run(1, 1, 1, 1) }), None);
    }
}
