//! Figures for monitoring: what a program asks for again and again, so it reads no history and asks no rclone.

use super::mounts;
use crate::{
    domain::{
        error::Result, mount::MountState, operation::Operation, policy::Permission, run::state::RunState,
        time::Timestamp,
    },
    server::{
        auth::Actor,
        rclone::manager::RcloneStatus,
        state::AppState,
        store::{mounts as stored, runs},
    },
};

/// The figures. What there are none of is included, as 0.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// rclone's version; `None` when there is no rclone that can be used.
    pub rclone: Option<String>,
    /// Whether rclone answers.
    pub rclone_up: bool,
    /// When the console was started.
    pub started_at: Timestamp,
    /// Runs that are in each state.
    pub runs: Vec<(RunState, u64)>,
    /// Runs that ended, by what they did and how they ended. These only go up.
    pub ended: Vec<(Operation, RunState, u64)>,
    /// Bytes that runs transferred, counted when they end, so that this only goes up.
    pub bytes: u64,
    /// Mounts that are in each state.
    pub mounts: Vec<(MountState, u64)>,
}

impl Metrics {
    /// Runs that are in this state.
    #[must_use]
    pub fn runs_in(&self, state: RunState) -> u64 {
        self.runs.iter().filter(|(of, _)| *of == state).map(|(_, runs)| runs).sum()
    }
}

/// All of them.
pub async fn get(actor: &Actor, app: &AppState) -> Result<Metrics> {
    actor.require(Permission::MetricsRead)?;
    let mut reader = app.store.acquire().await?;
    let totals = runs::totals(&mut reader).await?;
    let mounts: Vec<_> = stored::list(&mut reader).await?.iter().map(|stored| mounts::state(app, stored)).collect();
    drop(reader);
    let count = |wanted: &dyn Fn(Operation, RunState) -> bool| {
        totals.iter().filter(|total| wanted(total.operation, total.state)).map(|total| total.runs).sum()
    };
    let ends = RunState::ALL.into_iter().filter(|state| state.is_final());
    let ends: Vec<_> =
        Operation::ALL.into_iter().flat_map(|operation| ends.clone().map(move |state| (operation, state))).collect();
    Ok(Metrics {
        rclone: app.rclone.version().map(|version| version.to_string()),
        rclone_up: matches!(app.rclone.status(), RcloneStatus::Ready(_)),
        started_at: app.started_at,
        runs: RunState::ALL.into_iter().map(|state| (state, count(&|_, of| of == state))).collect(),
        ended: ends
            .into_iter()
            .map(|(operation, state)| (operation, state, count(&|o, s| (o, s) == (operation, state))))
            .collect(),
        bytes: totals.iter().map(|total| total.bytes).sum(),
        mounts: MountState::ALL
            .into_iter()
            .map(|state| (state, mounts.iter().filter(|of| **of == state).count() as u64))
            .collect(),
    })
}
