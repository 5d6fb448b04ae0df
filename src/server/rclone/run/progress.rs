//! A run that is under way: how far it is, and how fast it may go. Asked of its own rclone, over the socket in its
//! folder.

use std::path::Path;

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

/// How far the run in `dir` is, from rclone itself.
pub async fn stats(dir: &Path) -> Result<(Stats, Vec<InFlight>), RcloneError> {
    let stats: wire::Stats =
        Client::new(&dir.join(run_dir::SOCKET), None).call("core/stats", &serde_json::json!({}), QUICK).await?;
    Ok(stats.split())
}

/// Changes the bandwidth limit of the run in `dir` while it works.
pub async fn set_bandwidth(dir: &Path, rate: Rate) -> Result<(), RcloneError> {
    let asked = serde_json::json!({ "rate": rate.to_string() });
    Client::new(&dir.join(run_dir::SOCKET), None).call::<wire::Nothing>("core/bwlimit", &asked, QUICK).await.map(|_| ())
}
