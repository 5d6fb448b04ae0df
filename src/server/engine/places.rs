//! Where a run really reads and writes, and what it comes down to: the base of "one writer a destination", and of an approval that holds for one
//! thing only.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::{
    domain::{location::Location, transfer::TransferOptions},
    server::{
        rclone::{Rclone, RcloneError},
        store::runs::{Place, Task},
    },
};

/// Everything that a run of this reads and writes: through aliases, wrappers and links, to where it lies.
pub async fn places(rclone: &Rclone, task: &Task) -> Result<Vec<Place>, RcloneError> {
    let (operation, writes) = (task.operation, !task.options.dry_run);
    let backup = task.options.backup_dir.as_deref().and_then(|text| Location::parse(text).ok());
    let used = [
        (Some(&task.source), writes && operation.writes_source()),
        (task.destination.as_ref(), writes && operation.writes_destination()),
        (backup.as_ref(), writes),
    ];
    let mut places = Vec::new();
    for (location, writes) in used {
        let Some(location) = location else { continue };
        for real in rclone.resolve(location).await? {
            places.push(place(real, writes).await);
        }
    }
    places.sort();
    places.dedup();
    Ok(places)
}

pub(super) async fn place(location: Location, writes: bool) -> Place {
    let (key, remote) = match location {
        Location::Local(path) => (local(path.into()).await, String::new()),
        Location::Remote(name, path) => (format!("{name}:{path}"), name.to_string()),
    };
    Place { key: key_of(&key), writes, remote }
}

/// With every link on its way followed, as far as it is there.
async fn local(path: PathBuf) -> String {
    let given = path.clone();
    let real = tokio::task::spawn_blocking(move || real_path(&path)).await.unwrap_or(given);
    real.to_string_lossy().into_owned()
}

fn real_path(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return path.strip_prefix(ancestor).map_or(real.clone(), |rest| real.join(rest));
        }
    }
    path.to_owned()
}

/// In lower case, since some remotes take `A` and `a` for one: two places too many that wait for one another do no harm. With a slash at its
/// end, so that `/a` lies in `/` and not in `/ab`.
fn key_of(text: &str) -> String {
    let key = text.trim_end_matches('/').to_lowercase();
    if key.ends_with(':') { key } else { key + "/" }
}

/// What was asked for, as a digest: operation, places and all options that change what is done. How quickly it is done does not count.
#[must_use]
pub fn spec(task: &Task, places: &[Place]) -> String {
    let options =
        TransferOptions { dry_run: false, bwlimit: None, transfers: None, checkers: None, max_delete: None, ..task.options.clone() };
    let keys: Vec<_> = places.iter().map(|place| &place.key).collect();
    let text = serde_json::json!([task.operation, task.source, task.destination, options, task.retry_of, keys]);
    digest(&text.to_string())
}

/// A digest as text.
#[must_use]
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn one_place_has_one_key_and_a_sibling_another() {
        for (text, key) in [("/", "/"), ("/srv/A/", "/srv/a/"), ("b2:", "b2:"), ("b2:a/b", "b2:a/b/"), ("b2:é/É", "b2:é/é/")] {
            assert_eq!(key_of(text), key);
        }
        assert!(!key_of("/srv/ab").starts_with(&key_of("/srv/a")));
        assert!(key_of("/srv/a").starts_with(&key_of("/")) && key_of("b2:x").starts_with(&key_of("b2:")));
    }

    #[test]
    fn links_lead_to_one_place_whether_it_is_there_or_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let base = dir.path().canonicalize().expect("its real path");
        std::fs::create_dir(base.join("real")).expect("made");
        symlink(base.join("real"), base.join("link")).expect("linked");
        assert_eq!(real_path(&base.join("link")), base.join("real"));
        assert_eq!(real_path(&base.join("link/new/deep")), base.join("real/new/deep"));
    }
}
