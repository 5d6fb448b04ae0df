//! What is mounted where, as the kernel tells it (`/proc/self/mountinfo`), and where a path lies below the mounts: one
//! folder that two paths lead to by bind mounts lies in one place.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
};

/// The mounts of this process's namespace, in the order in which they were made.
#[derive(Debug, Default)]
pub struct MountTable(Vec<Mount>);

#[derive(Debug)]
struct Mount {
    /// The device number of its file system.
    device: Vec<u8>,
    /// Which folder of the file system it shows.
    root: PathBuf,
    /// Where.
    point: PathBuf,
}

/// Where a path lies in its file system.
#[derive(Debug, PartialEq, Eq)]
pub struct Origin {
    device: Vec<u8>,
    path: PathBuf,
}

impl Origin {
    /// Whether one of the two is, or holds, the other.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.device == other.device && (self.path.starts_with(&other.path) || other.path.starts_with(&self.path))
    }
}

impl MountTable {
    /// Reads it anew.
    pub fn read() -> io::Result<Self> {
        Ok(Self::parse(&fs::read("/proc/self/mountinfo")?))
    }

    /// A line: number, parent, device, root, mount point, and what does not matter here.
    fn parse(table: &[u8]) -> Self {
        let mount = |line: &[u8]| {
            let mut fields = line.split(|byte| *byte == b' ').skip(2);
            Some(Mount { device: fields.next()?.to_vec(), root: path(fields.next()?), point: path(fields.next()?) })
        };
        Self(table.split(|byte| *byte == b'\n').filter_map(mount).collect())
    }

    /// Whether something is mounted exactly here.
    #[must_use]
    pub fn is_mounted(&self, point: &Path) -> bool {
        self.0.iter().any(|mount| mount.point == point)
    }

    /// Where the folder `real` lies, and where all that is mounted below it does. `real` has no links in it.
    #[must_use]
    pub fn origins(&self, real: &Path) -> Vec<Origin> {
        // Of mounts on one point, the last hides the others.
        let holds = self
            .0
            .iter()
            .filter(|mount| real.starts_with(&mount.point))
            .max_by_key(|mount| mount.point.components().count());
        let here = holds.and_then(|mount| {
            Some(Origin { device: mount.device.clone(), path: mount.root.join(real.strip_prefix(&mount.point).ok()?) })
        });
        let below = self.0.iter().filter(|mount| mount.point != real && mount.point.starts_with(real));
        let below = below.map(|mount| Origin { device: mount.device.clone(), path: mount.root.clone() });
        here.into_iter().chain(below).collect()
    }
}

/// The kernel writes space, tab, newline and backslash as octal numbers.
fn path(field: &[u8]) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::with_capacity(field.len()), field);
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'\\').then(|| after.get(..3)).flatten();
        match code.and_then(|code| u8::from_str_radix(str::from_utf8(code).ok()?, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> MountTable {
        MountTable::parse(
            b"20 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
              21 20 8:2 / /srv rw - ext4 /dev/sda2 rw\n\
              36 21 0:98 / /srv/mnt/a\\040b\\134\\134040 rw,nosuid - fuse.rclone r: rw\n\
              37 21 8:1 /var/lib/longshore /srv/bind rw - ext4 /dev/sda1 rw\n\
              38 20 8:1 /var/lib/longshore/runs /mnt/runs rw - ext4 /dev/sda1 rw\n\
              39 20 8:1 /var/lib /mnt/lib rw - ext4 /dev/sda1 rw\n\
              40 20 8:1 /home /mnt/home rw - ext4 /dev/sda1 rw\n\
              41 20 0:99 / /mnt/home rw - tmpfs tmpfs rw\n\
              broken\n",
        )
    }

    #[test]
    fn a_mount_is_found_by_its_exact_path() {
        let table = table();
        for (point, mounted) in [
            ("/srv/mnt/a b\\\\040", true),
            ("/srv/mnt/a b", false),
            ("/srv/mnt/a\\040b", false),
            ("/srv/mnt", false),
            ("/srv", true),
            ("/", true),
            ("broken", false),
        ] {
            assert_eq!(table.is_mounted(Path::new(point)), mounted, "{point}");
        }
    }

    #[test]
    fn paths_to_one_folder_meet_whatever_mounts_lead_there() {
        let table = table();
        let meet = |one: &str, other: &str| {
            let (one, other) = (table.origins(Path::new(one)), table.origins(Path::new(other)));
            one.iter().any(|one| other.iter().any(|other| one.meets(other)))
        };
        let data = "/var/lib/longshore";
        for (path, meets) in [
            (data, true),
            ("/var/lib/longshore/runs/x", true),
            ("/var/lib", true),
            ("/srv/bind", true),
            ("/srv/bind/files", true),
            ("/mnt/runs", true),
            ("/mnt/lib", true),
            ("/mnt/lib/longshore", true),
            // What is mounted below it.
            ("/srv", true),
            ("/mnt", true),
            ("/mnt/lib/other", false),
            ("/srv/files", false),
            ("/srv/var/lib/longshore", false),
            ("/var/lib/longshore2", false),
            ("/home", false),
            ("/mnt/home", false),
        ] {
            assert_eq!((meet(path, data), meet(data, path)), (meets, meets), "{path}");
        }
    }
}
