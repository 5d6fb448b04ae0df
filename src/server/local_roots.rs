//! The folders of this server that people may use (`--local-root`): real folders that hold nothing which the console
//! itself trusts.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use thiserror::Error;

use super::mount_table::MountTable;

/// Why a folder cannot be allowed.
#[derive(Debug, Error)]
pub enum LocalRootError {
    /// It is not there, or no folder.
    #[error("The folder {} (--local-root) cannot be used: {source}.", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// People who may write there could take over the console.
    #[error(
        "The folder {} (--local-root) holds or lies in {} ({what}). People who may write there could take over the console. Allow the folders with \
         your files instead, or move the console's own files elsewhere (--data-dir, --rclone-config, --rclone).",
        path.display(), own.display()
    )]
    Trusted {
        /// The folder.
        path: PathBuf,
        /// What it holds or lies in.
        own: PathBuf,
        /// What that is.
        what: &'static str,
    },
}

/// The folders with every link on their way followed, so that paths compare by their parts. `trusted` is what none of
/// them may hold or lie in, by its path or by bind mounts.
pub fn open(roots: &[PathBuf], trusted: &[(&'static str, PathBuf)]) -> Result<Arc<[PathBuf]>, LocalRootError> {
    // Without it (no /proc), paths are compared by their parts alone.
    let mounts = MountTable::read().unwrap_or_default();
    roots.iter().map(|root| open_one(root, trusted, &mounts)).collect()
}

fn open_one(root: &Path, trusted: &[(&'static str, PathBuf)], mounts: &MountTable) -> Result<PathBuf, LocalRootError> {
    let real = root
        .canonicalize()
        .and_then(|real| if real.is_dir() { Ok(real) } else { Err(io::ErrorKind::NotADirectory.into()) });
    let real = real.map_err(|source| LocalRootError::Unusable { path: root.to_owned(), source })?;
    let origins = mounts.origins(&real);
    let held = trusted.iter().find(|(_, own)| {
        // What is not there yet will be made where its deepest folder lies.
        let there = own.ancestors().find_map(|ancestor| Some((ancestor, ancestor.canonicalize().ok()?)));
        let lies = there.map_or_else(
            || own.clone(),
            |(ancestor, real)| real.join(own.strip_prefix(ancestor).unwrap_or(Path::new(""))),
        );
        let by_mounts = mounts.origins(&lies).iter().any(|lies| origins.iter().any(|root| root.meets(lies)));
        lies.starts_with(&real) || real.starts_with(&lies) || by_mounts
    });
    match held {
        Some((what, own)) => Err(LocalRootError::Trusted { path: root.to_owned(), own: own.clone(), what }),
        None => Ok(real),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_root_neither_holds_nor_lies_in_what_the_console_trusts() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = dir.path().canonicalize().expect("its real path");
        for folder in ["home/data/runs", "home/files", "home2", "conf", "bin"] {
            fs::create_dir_all(base.join(folder)).expect("made");
        }
        for file in ["conf/rclone.conf", "bin/rclone", "file"] {
            fs::write(base.join(file), "").expect("written");
        }
        symlink(base.join("home/data"), base.join("link")).expect("linked");
        symlink(base.join("home/files"), base.join("files")).expect("linked");
        let trusted = [
            ("data", base.join("home/data")),
            ("conf", base.join("conf/rclone.conf")),
            ("rclone", base.join("bin/rclone")),
            ("to be made", base.join("home/files/new/deep")),
        ];
        for (root, allowed) in [
            ("home", false),
            ("home/data", false),
            ("home/data/runs", false),
            ("link", false),
            ("link/runs", false),
            ("conf", false),
            ("bin", false),
            ("", false),
            ("home/files", false),
            ("files", false),
            ("home2", true),
            ("file", false),
            ("nowhere", false),
        ] {
            assert_eq!(open(&[base.join(root)], &trusted).is_ok(), allowed, "{root}");
        }
        let words = open(&[base.join("home")], &trusted).expect_err("refused").to_string();
        assert!(words.contains("home/data") && words.contains("--data-dir"), "{words}");
    }
}
