//! What a request can reach: built once by [`super::start::run`], passed down, never global.

use std::{path::Path, sync::Arc};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use crate::domain::time::Timestamp;

use super::{
    auth::Auth, engine::Engine, events::Hub, listings::Listings, locations::Locations, platform::clock::Clock,
    rclone::manager::Rclone, reads::Reads, shares::Shares, store::Store,
};

/// Everything that services work with. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub store: Store,
    /// Now.
    pub clock: Clock,
    /// Who may come in.
    pub auth: Auth,
    /// rclone, and its configuration.
    pub rclone: Rclone,
    /// Runs.
    pub engine: Engine,
    /// Who hears what changes.
    pub events: Hub,
    /// Listings that were made lately.
    pub listings: Arc<Listings>,
    /// What was read lately, for the audit log.
    pub reads: Arc<Reads>,
    /// What each person has of what all share.
    pub shares: Arc<Shares>,
    /// What a location leads to, and whether it may be used.
    pub locations: Locations,
    /// Where each mount has its folder.
    pub mounts_dir: Arc<Path>,
    /// The name of this server, as people see it.
    pub host: Arc<str>,
    /// What leptos needs to know of the front end.
    pub leptos: LeptosOptions,
    /// When this process began to serve.
    pub started_at: Timestamp,
    /// Cancelled when the server begins to stop: open streams end.
    pub stopping: CancellationToken,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
