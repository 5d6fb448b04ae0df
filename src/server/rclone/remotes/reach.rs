//! Whether the server of a remote takes connections at all: what stands still may only wait for one that is gone, and
//! rclone tells that late.

use std::{io::ErrorKind, time::Duration};

use tokio::time::timeout;

use crate::{
    domain::location::Location,
    server::rclone::{
        config::trust,
        error::text,
        manager::{
            Rclone,
            resolve::{Opened, RemotePlace},
        },
        program::tasks::blocking,
    },
};

/// How long a server may take to take a connection.
const LIMIT: Duration = Duration::from_secs(5);

impl Rclone {
    /// Why the server behind a location cannot be reached, with the remote's name. `None` when it can, or nobody knows
    /// where it is.
    pub async fn unreachable(&self, location: &Location) -> Option<String> {
        for opened in self.resolve(location).await.ok()?.opened {
            let Opened::Remote(RemotePlace { name, .. }) = &opened else { continue };
            let store = self.0.store.clone();
            let sections = blocking(move || store.remotes()).await.ok()?;
            let section = sections.iter().find(|section| section.name == name.as_str())?;
            let Some((host, port)) = trust::address(&section.kind(), &section.pairs()) else { continue };
            let problem = match timeout(LIMIT, self.0.outbound.connect(&host, port)).await {
                Ok(Ok(_)) => continue,
                Ok(Err(error)) if error.kind() == ErrorKind::PermissionDenied => {
                    return Some(format!("{name}: {error}"));
                }
                Ok(Err(error)) => error.to_string().to_lowercase(),
                Err(_) => "i/o timeout".to_owned(),
            };
            return Some(format!("{name}: {}", text::explain(&problem, &[])));
        }
        None
    }
}
