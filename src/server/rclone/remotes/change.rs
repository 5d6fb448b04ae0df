//! A change of the configuration that waits for what belongs to it: kept when that was written as well, taken back when
//! not.

use std::sync::Arc;

use crate::server::rclone::{
    config::store::{Change, ConfigStore},
    error::RcloneError,
    manager::Rclone,
    program::tasks::blocking,
};

/// A change that is made. Dropped, it is rolled back: the caller may be gone before all of it is done.
#[must_use = "dropped, it is taken back"]
pub struct ConfigChange {
    store: Arc<ConfigStore>,
    change: Option<Change>,
}

impl ConfigChange {
    /// Changes the configuration.
    pub(in crate::server::rclone) async fn make(
        store: &Arc<ConfigStore>,
        edit: impl FnOnce(&ConfigStore) -> Result<Change, RcloneError> + Send + 'static,
    ) -> Result<Self, RcloneError> {
        let store = Arc::clone(store);
        blocking(move || {
            let change = Some(edit(&store)?);
            Ok(Self { store, change })
        })
        .await
    }

    /// It stays.
    pub fn commit(mut self) {
        self.change = None;
    }
}

impl Drop for ConfigChange {
    fn drop(&mut self) {
        if let Some(change) = self.change.take() {
            self.store.roll_back(change);
        }
    }
}

impl Rclone {
    /// Takes a change back. When that fails it is tried again, as often as it takes.
    pub async fn roll_back(&self, saved: ConfigChange) {
        drop(saved);
        if let Err(error) = self.settle().await {
            tracing::error!(%error, "a change of rclone.conf could not be taken back; that is tried again");
        }
    }
}
