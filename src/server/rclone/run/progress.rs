//! A run that is under way: how far it is, and how fast it may go. Asked of its own rclone, over the socket in its
//! folder.

use std::{path::Path, time::Duration};

use crate::{
    domain::{
        run::stats::{InFlight, Stats},
        value::Rate,
    },
    server::rclone::{
        error::RcloneError,
        program::run_dir,
        rc::client::{Client, QUICK},
        wire,
    },
};

/// How long rclone may take until a new limit holds, at a few hundred bytes a second.
const LIMIT_TAKEN: Duration = Duration::from_secs(60 * 60);

/// How far the run in `dir` is, from rclone itself.
pub async fn stats(dir: &Path) -> Result<(Stats, Vec<InFlight>), RcloneError> {
    let stats: wire::Stats =
        Client::new(&dir.join(run_dir::SOCKET), None).call("core/stats", &serde_json::json!({}), QUICK).await?;
    Ok(stats.split())
}

/// Changes the bandwidth limit of the run in `dir` while it works. rclone takes the new limit when it has sent the
/// pieces that already wait at the old one, of 32 KiB or more for each transfer: its `token_bucket.go` holds a lock
/// meanwhile. It takes the limit even when nobody waits for its answer any more.
pub async fn set_bandwidth(dir: &Path, rate: Rate) -> Result<(), RcloneError> {
    let asked = serde_json::json!({ "rate": rate.to_string() });
    let client = Client::new(&dir.join(run_dir::SOCKET), None);
    client.call::<wire::Nothing>("core/bwlimit", &asked, LIMIT_TAKEN).await.map(|_| ())
}
