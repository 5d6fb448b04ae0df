//! Mounts: a location as a folder of this server. Where one may be is decided here: below an allowed folder, on nothing that is used.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use futures::future::join_all;
use tokio::task::spawn_blocking;

use super::{Change, audit, locations};
use crate::{
    domain::{
        error::{AppError, Result},
        id::MountId,
        location::Location,
        mount::{Mount, MountState, NewMount},
        policy::Permission,
    },
    server::{
        auth::Actor,
        error::internal,
        rclone::mount::{self, MountPlan},
        state::AppState,
        store::{
            StoreError,
            mounts::{self, Stored},
            new_id,
        },
    },
};

/// Most mounts: each is a process.
const MOST: usize = 64;
/// Folders that the system needs as they are, whatever is allowed.
const SYSTEM: [&str; 9] = ["/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/sbin", "/sys", "/usr"];

/// All mounts, by where they are.
pub async fn list(actor: &Actor, app: &AppState) -> Result<Vec<Mount>> {
    actor.require(Permission::MountsRead)?;
    let all = mounts::list(&mut *app.store.acquire().await?).await?;
    // At once: each that does not answer takes its time.
    Ok(join_all(all.into_iter().map(|stored| look(app, stored))).await)
}

/// What keeps this server from mounting, and how to get it; `None` when nothing does.
pub fn missing(actor: &Actor) -> Result<Option<String>> {
    actor.require(Permission::MountsRead)?;
    Ok(mount::missing())
}

/// Mounts a location.
pub async fn create(actor: &Actor, app: &AppState, new: NewMount) -> Result<Mount> {
    actor.require(Permission::MountsWrite)?;
    let location = locations::resolve(app, "location", &new.location).await?;
    let mount_point = check_place(app, &new.mount_point, &location).await?;
    let text = mount_point.to_str().ok_or_else(|| AppError::invalid("mount_point", "Only paths in UTF-8."))?.to_owned();
    let now = app.clock.now();
    let stored = Stored {
        id: new_id(now),
        location,
        mount_point: text,
        read_only: new.read_only,
        allow_other: new.allow_other,
        user_id: actor.user_id.clone(),
        user: actor.name.clone(),
        created_at: now,
    };
    // The row first: a console that dies now finds the mount again.
    let target = format!("{} → {}", stored.location, stored.mount_point);
    let mut transaction = app.store.begin().await?;
    if mounts::list(&mut transaction).await?.len() >= MOST {
        return Err(AppError::conflict("64 locations are mounted already. Unmount some of them."));
    }
    mounts::insert(&mut transaction, &stored).await.map_err(taken)?;
    let detail = serde_json::json!({ "read_only": stored.read_only, "allow_other": stored.allow_other });
    audit(&mut transaction, app, actor, Change { detail, ..Change::new("rclone.mount", &target) }).await?;
    transaction.commit().await.map_err(StoreError::from)?;

    let plan = MountPlan { location: stored.location.clone(), mount_point, read_only: stored.read_only, allow_other: stored.allow_other };
    if let Err(error) = app.rclone.mount(&dir(app, &stored.id), &plan).await {
        let error = AppError::from(error);
        let mut transaction = app.store.begin().await?;
        mounts::delete(&mut transaction, &stored.id).await?;
        let detail = serde_json::json!({ "error": error.message });
        audit(&mut transaction, app, actor, Change { detail, success: false, ..Change::new("rclone.mount", &target) }).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        remove(dir(app, &stored.id)).await;
        return Err(error);
    }
    Ok(look(app, stored).await)
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
    transaction.commit().await.map_err(StoreError::from)?;
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

async fn look(app: &AppState, stored: Stored) -> Mount {
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

fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Taken => AppError::conflict("Something is mounted here already. Unmount it first."),
        error => error.into(),
    }
}

/// Where it may be mounted, with every link on its way followed; the folder is made when it is not there.
async fn check_place(app: &AppState, text: &str, source: &Location) -> Result<PathBuf> {
    let invalid = |problem: &str| AppError::invalid("mount_point", problem);
    let Ok(Location::Local(path)) = Location::parse(text.trim()) else {
        return Err(invalid("Write an absolute path of this server, without “..”."));
    };
    let (path, roots) = (PathBuf::from(path), app.local_roots.clone());
    let data = app.mounts_dir.parent().unwrap_or(&app.mounts_dir).to_owned();
    let under = app.rclone.resolve(source).await?;
    let under: Vec<_> = under.into_iter().filter(Location::is_local).map(|place| PathBuf::from(place.path())).collect();
    let place = spawn_blocking(move || place(&path, &roots, &data, &under)).await.map_err(|error| internal("a mount point", &error))?;
    place.map_err(|problem| match problem {
        Problem::Refused(problem) => invalid(&problem),
        Problem::Used(message) => AppError::conflict(message),
        Problem::Io(error) => internal("a mount point could not be looked at", &error),
    })
}

enum Problem {
    Refused(String),
    Used(String),
    Io(io::Error),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn place(path: &Path, roots: &[PathBuf], data: &Path, sources: &[PathBuf]) -> Result<PathBuf, Problem> {
    let refused = |problem: &str| Problem::Refused(problem.to_owned());
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_symlink()) {
        return Err(refused("This is a link. Write where it leads."));
    }
    // What is not there yet is made below the deepest folder that is.
    let there = path.ancestors().find(|ancestor| ancestor.exists()).ok_or_else(|| refused("There is no such folder."))?;
    let missing = path.strip_prefix(there).map_err(|_| refused("There is no such folder."))?;
    let real = there.canonicalize()?.join(missing);
    if !roots.iter().any(|root| real.starts_with(root) && real != *root) {
        let roots: Vec<_> = roots.iter().map(|root| root.display().to_string()).collect();
        return Err(Problem::Refused(match roots.as_slice() {
            [] => "No folder of this server may be used. Start Longshore with --local-root FOLDER to allow one.".to_owned(),
            roots => format!("Choose a folder below one that may be used: {}.", roots.join(", ")),
        }));
    }
    if SYSTEM.iter().any(|system| real.starts_with(system)) {
        return Err(refused("The system needs this folder as it is."));
    }
    let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    if real.starts_with(&data) || data.starts_with(&real) {
        return Err(refused("Longshore's own data is there."));
    }
    let meets = |source: &PathBuf| {
        let source = source.canonicalize().unwrap_or_else(|_| source.clone());
        real.starts_with(&source) || source.starts_with(&real)
    };
    if sources.iter().any(meets) {
        return Err(refused("It can lie neither in what is mounted, nor hold it."));
    }
    if mount::is_mounted(&real) {
        return Err(Problem::Used("Something is mounted here already. Unmount it first.".to_owned()));
    }
    fs::DirBuilder::new().recursive(true).mode(0o755).create(&real).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => refused("Longshore may not make this folder."),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => refused("This is a file, not a folder."),
        _ => Problem::Io(error),
    })?;
    if fs::read_dir(&real)?.next().is_some() {
        return Err(Problem::Used("This folder is not empty: what is in it would be hidden. Choose an empty one.".to_owned()));
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_place_lies_below_a_root_and_is_empty_and_nobodys() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = dir.path().canonicalize().expect("its real path");
        let (root, data) = (base.join("root"), base.join("root/data"));
        for made in ["root/full", "root/empty", "root/data/runs", "other"] {
            fs::create_dir_all(base.join(made)).expect("made");
        }
        fs::write(root.join("full/file"), "").expect("a file");
        symlink(base.join("other"), root.join("out")).expect("a link");
        let roots = [root.clone(), PathBuf::from("/etc")];
        let may = |path: &str| match place(&base.join(path), &roots, &data, &[root.join("source")]) {
            Ok(_) => "yes",
            Err(Problem::Refused(_)) => "no",
            Err(Problem::Used(_)) => "used",
            Err(Problem::Io(_)) => "error",
        };
        for (path, expected) in [
            ("root/empty", "yes"),
            ("root/new/deep", "yes"),
            ("root", "no"),
            ("root/full", "used"),
            ("root/source/below", "no"),
            ("root/full/file", "no"),
            ("root/full/file/x", "no"),
            ("root/out", "no"),
            ("root/out/x", "no"),
            ("root/data", "no"),
            ("root/data/runs", "no"),
            ("other", "no"),
            ("root2", "no"),
        ] {
            assert_eq!(may(path), expected, "{path}");
        }
        for system in ["/etc/longshore", "/", "/usr", "/proc/self", "/home"] {
            assert!(place(Path::new(system), &roots, &data, &[]).is_err(), "{system}");
        }
        assert!(!Path::new("/etc/longshore").exists());
    }
}
