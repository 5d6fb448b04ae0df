//! What the location picker can choose from, on any page that has one.

use std::sync::Arc;

use crate::{
    components::location_picker::Places,
    domain::{error::Result, location::Location},
    server_fns::{
        files::list_files,
        remotes::{list_local_roots, list_remotes},
    },
};

/// All remotes and the folders of this server that are open, and what lies in them.
#[must_use]
pub fn places() -> Places {
    Places { roots: Arc::new(|| Box::pin(roots())), list: Arc::new(|query| Box::pin(list_files(query))) }
}

async fn roots() -> Result<Vec<Location>> {
    let remotes = list_remotes().await?;
    let local = list_local_roots().await?;
    let remotes = remotes.into_iter().map(|remote| Location::Remote(remote.name, String::new()));
    Ok(remotes.chain(local.iter().filter_map(|root| Location::parse(root).ok())).collect())
}
