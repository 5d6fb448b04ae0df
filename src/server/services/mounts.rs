//! Mounts: a location as a folder of this server.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use futures::future::join_all;
use tokio::task::spawn_blocking;

use super::{Change, audit};
use crate::{
    domain::{
        error::{AppError, Result},
        id::MountId,
        location::Location,
        mount::{Mount, MountState, NewMount},
        policy::Permission,
        unique::Unique,
    },
    server::{
        auth::Actor,
        error::unless_taken,
        rclone::{
            browse::existence::Presence,
            error::RcloneError,
            mount::{self, MountOptions},
        },
        state::AppState,
        store::{
            mounts::{self, Stored},
            new_id,
        },
    },
};

/// How long a remote may take to tell whether there is a folder to mount.
const PRESENT: Duration = Duration::from_secs(10);
/// Most mounts: each is a process.
const MAX_MOUNTS: usize = 64;
/// All mounts, by where they are.
pub async fn list(actor: &Actor, app: &AppState) -> Result<Vec<Mount>> {
    actor.require(Permission::MountsRead)?;
    let all = mounts::list(&mut *app.store.acquire().await?).await?;
    // At once: each that does not answer takes its time.
    Ok(join_all(all.into_iter().map(|stored| observe(app, stored))).await)
}

/// What keeps this server from mounting, and how to get it; `None` when nothing does.
pub fn missing(actor: &Actor) -> Result<Option<String>> {
    actor.require(Permission::MountsRead)?;
    Ok(mount::missing())
}

/// Mounts a location.
pub async fn create(actor: &Actor, app: &AppState, new: NewMount) -> Result<Mount> {
    actor.require(Permission::MountsWrite)?;
    let source = app.locations.resolve("location", &new.location).await?;
    // Before anything asks the server: no sandbox holds a mount, and an answer by way of one may say something else.
    app.rclone.check_addresses(&source.location).await?;
    check_present(app, &source.location).await.map_err(|error| AppError::from(error).about("location"))?;
    let data = app.mounts_dir.parent().unwrap_or(&app.mounts_dir);
    let mount_point = app.locations.mount_point(&new.mount_point, &source, data).await?;
    let text = mount_point.to_str().ok_or_else(|| AppError::invalid("mount_point", "Only paths in UTF-8."))?.to_owned();
    let now = app.clock.now();
    let stored = Stored {
        id: new_id(now),
        location: source.location,
        mount_point: text,
        read_only: new.read_only,
        allow_other: new.allow_other,
        user_id: actor.user_id,
        user: actor.name.clone(),
        created_at: now,
    };
    // The row first: a console that dies now finds the mount again.
    let target = format!("{} → {}", stored.location, stored.mount_point);
    let mut transaction = app.store.begin().await?;
    if mounts::list(&mut transaction).await?.len() >= MAX_MOUNTS {
        return Err(AppError::conflict("64 locations are mounted already. Unmount some of them."));
    }
    mounts::insert(&mut transaction, &stored).await.map_err(unless_taken(Unique::Mount, &stored.mount_point))?;
    let detail = serde_json::json!({ "read_only": stored.read_only, "allow_other": stored.allow_other });
    audit(&mut transaction, app, actor, Change { detail, ..Change::new("rclone.mount", &target) }).await?;
    transaction.commit().await?;

    let plan = MountOptions {
        location: stored.location.clone(),
        mount_point,
        read_only: stored.read_only,
        allow_other: stored.allow_other,
    };
    if let Err(error) = mount_checked(app, &stored.id, &plan).await {
        let mut transaction = app.store.begin().await?;
        mounts::delete(&mut transaction, &stored.id).await?;
        let detail = serde_json::json!({ "error": error.message });
        audit(&mut transaction, app, actor, Change { detail, success: false, ..Change::new("rclone.mount", &target) })
            .await?;
        transaction.commit().await?;
        remove(dir(app, &stored.id)).await;
        return Err(error);
    }
    Ok(observe(app, stored).await)
}

/// Mounts, when the location still leads where it may: a link can have been changed since it was asked for.
async fn mount_checked(app: &AppState, id: &MountId, plan: &MountOptions) -> Result<()> {
    app.locations.check(&plan.location).await?;
    Ok(app.rclone.mount(&dir(app, id), plan).await?)
}

/// Makes sure that there is a folder to mount. Where folders are nothing but the beginnings of names, one may be begun
/// by what is written to the mount; of a remote that does not answer, the mount itself tells.
async fn check_present(app: &AppState, location: &Location) -> Result<(), RcloneError> {
    match app.rclone.presence(location, PRESENT).await {
        Ok(Presence::File | Presence::Special) => Err(RcloneError::IsFile),
        Ok(Presence::Missing) => Err(RcloneError::NotFound),
        Err(error @ RcloneError::Refused { .. }) => Err(error),
        Ok(Presence::Folder | Presence::Empty) | Err(_) => Ok(()),
    }
}

/// Unmounts. While files wait to be uploaded that is refused, unless `force` says that they may be lost.
pub async fn delete(actor: &Actor, app: &AppState, id: &MountId, force: bool) -> Result<()> {
    actor.require(Permission::MountsWrite)?;
    let all = mounts::list(&mut *app.store.acquire().await?).await?;
    let Some(stored) = all.into_iter().find(|stored| stored.id == *id) else {
        return Err(AppError::not_found(format_args!("mount {id}")));
    };
    let dir = dir(app, id);
    if !force && let Some(waiting) = mount::pending(&dir).await.filter(|waiting| *waiting > 0) {
        return Err(AppError::conflict(format!(
            "{waiting} files that were written here have not reached {} yet. Wait, or unmount with force and lose them.",
            stored.location
        )));
    }
    app.rclone.unmount(&dir, Path::new(&stored.mount_point)).await?;
    let target = format!("{} → {}", stored.location, stored.mount_point);
    let mut transaction = app.store.begin().await?;
    mounts::delete(&mut transaction, id).await?;
    let detail = serde_json::json!({ "force": force });
    audit(&mut transaction, app, actor, Change { detail, ..Change::new("rclone.unmount", &target) }).await?;
    transaction.commit().await?;
    remove(dir).await;
    Ok(())
}

/// Cleans up what a crash left: mounts whose process is gone, and that the kernel still has.
pub async fn recover(app: &AppState) -> Result<()> {
    for stored in mounts::list(&mut *app.store.acquire().await?).await? {
        let place = PathBuf::from(&stored.mount_point);
        if !mount::is_alive(&dir(app, &stored.id)) && mount::is_mounted(&place) {
            match mount::detach(&place).await {
                Ok(()) => tracing::info!(mount = %stored.id, "was dead; cleaned up"),
                Err(error) => tracing::warn!(mount = %stored.id, %error, "is dead and could not be cleaned up"),
            }
        }
    }
    Ok(())
}

/// How a mount is. Asks the kernel and no rclone.
pub(super) fn state(app: &AppState, stored: &Stored) -> MountState {
    match (mount::is_alive(&dir(app, &stored.id)), mount::is_mounted(Path::new(&stored.mount_point))) {
        (true, true) => MountState::Mounted,
        (true, false) => MountState::Starting,
        (false, _) => MountState::Gone,
    }
}

async fn observe(app: &AppState, stored: Stored) -> Mount {
    let (dir, state) = (dir(app, &stored.id), state(app, &stored));
    let problem = match state {
        MountState::Mounted => app.rclone.mount_problem(&dir, &stored.location).await,
        MountState::Starting | MountState::Gone => None,
    };
    let pending = if state == MountState::Mounted && !stored.read_only { mount::pending(&dir).await } else { None };
    Mount {
        id: stored.id,
        location: stored.location,
        mount_point: stored.mount_point,
        read_only: stored.read_only,
        allow_other: stored.allow_other,
        state,
        problem,
        pending,
        user: stored.user,
        created_at: stored.created_at,
    }
}

fn dir(app: &AppState, id: &MountId) -> PathBuf {
    app.mounts_dir.join(id.as_str())
}

/// Its folder holds a log and nothing that is needed any more.
async fn remove(dir: PathBuf) {
    let removed = spawn_blocking(move || fs::remove_dir_all(dir)).await;
    match removed {
        Ok(Ok(())) => {}
        // One that was never begun has none.
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
        _ => tracing::warn!("the folder of a mount could not be removed"),
    }
}
