//! Where people may read and write: remotes that exist, and folders of this server that were allowed when it was started.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        location::Location,
    },
    server::{error::internal, state::AppState},
};

/// Reads a location that was typed in, and makes sure that it may be used. Errors name `field`.
pub async fn resolve(app: &AppState, field: &str, text: &str) -> Result<Location> {
    let named = |error: AppError| match error.fields.into_values().next() {
        Some(problem) => AppError::invalid(field, problem),
        None => AppError::new(error.code, error.message),
    };
    let location = Location::parse(text.trim()).map_err(named)?;
    check(app, &location).await?;
    Ok(location)
}

/// Makes sure that a location may be used: its remote exists, and each place where it really lies, through aliases and wrappers, is elsewhere
/// than on this server, or in a folder that is allowed.
pub async fn check(app: &AppState, location: &Location) -> Result<()> {
    if let Location::Remote(name, _) = location
        && !app.rclone.remotes().await?.iter().any(|remote| remote.name == *name)
    {
        return Err(AppError::not_found(format_args!("remote “{name}”")));
    }
    for place in app.rclone.resolve(location).await? {
        if let Location::Local(path) = place {
            check_folder(app, path.into()).await?;
        }
    }
    Ok(())
}

async fn check_folder(app: &AppState, path: PathBuf) -> Result<()> {
    let roots = app.local_roots.clone();
    let inside = tokio::task::spawn_blocking(move || is_inside(&path, &roots)).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    match inside {
        Ok(true) => Ok(()),
        Ok(false) => Err(outside(&app.local_roots)),
        Err(error) => Err(internal("a folder could not be resolved", &error)),
    }
}

/// Whether `path`, with every link on its way followed, lies in one of `roots`. What does not exist yet is as inside as the
/// deepest folder of it that does.
fn is_inside(path: &Path, roots: &[PathBuf]) -> io::Result<bool> {
    for ancestor in path.ancestors() {
        match ancestor.canonicalize() {
            Ok(real) => return Ok(roots.iter().any(|root| real.starts_with(root))),
            // A dangling link exists, and leads who knows where.
            Err(error) if error.kind() == io::ErrorKind::NotFound && ancestor.symlink_metadata().is_err() => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::NotADirectory) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => return Ok(false),
            Err(error) if error.raw_os_error() == Some(libc::ELOOP) || error.raw_os_error() == Some(libc::ENAMETOOLONG) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn outside(roots: &[PathBuf]) -> AppError {
    let message = if roots.is_empty() {
        "No folder of this server may be used. Start Longshore with --local-root FOLDER to allow one.".to_owned()
    } else {
        let roots: Vec<_> = roots.iter().map(|root| root.display().to_string()).collect();
        format!("This folder is outside of those that may be used: {}.", roots.join(", "))
    };
    AppError::new(ErrorCode::Forbidden, message)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn no_link_and_no_sibling_leads_out_of_a_root() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = dir.path().canonicalize().expect("its real path");
        let root = base.join("root");
        fs::create_dir_all(root.join("in/deep")).expect("root");
        fs::create_dir_all(base.join("root2")).expect("a sibling");
        fs::write(root.join("file"), "").expect("a file");
        symlink(base.join("root2"), root.join("out")).expect("a link out");
        symlink(base.join("nowhere"), root.join("dangling")).expect("a dangling link");
        symlink("loop", root.join("loop")).expect("a loop");
        symlink(root.join("in"), base.join("back")).expect("a link in");
        let roots = [root.clone()];
        for (path, inside) in [
            ("root", true),
            ("root/in/deep", true),
            ("root/new/folder", true),
            ("root/file/below", true),
            ("back/deep", true),
            ("root2", false),
            ("root/out", false),
            ("root/out/new", false),
            ("root/dangling", false),
            ("root/dangling/x", false),
            ("root/loop", false),
            ("", false),
            ("ro", false),
        ] {
            assert_eq!(is_inside(&base.join(path), &roots).expect(path), inside, "{path}");
        }
    }
}
