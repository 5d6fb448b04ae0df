//! What this kernel keeps of a sandbox, by the version of Landlock that it answers with.

use std::{fmt, io};

use crate::server::rclone::program::spawn;

/// What the kernel of this server keeps of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Nothing: it knows no Landlock.
    Without,
    /// Nothing: it knows Landlock, which was switched off when it started.
    Off,
    /// Landlock of this version.
    Landlock(u32),
}

/// The first version that keeps a file from being emptied by its path (Linux 6.2).
const TRUNCATE: u32 = 3;

impl Kernel {
    /// The kernel of this server.
    #[must_use]
    pub fn here() -> Self {
        Self::of(spawn::landlock())
    }

    /// A kernel that answers this when it is asked for its version of Landlock.
    #[must_use]
    pub fn of(answer: io::Result<i64>) -> Self {
        match answer.map(u32::try_from) {
            Ok(Ok(version)) if version > 0 => Self::Landlock(version),
            Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => Self::Off,
            // A container may refuse the question; then the rules would be refused as well.
            _ => Self::Without,
        }
    }

    /// Whether it keeps sandboxes.
    #[must_use]
    pub const fn keeps(self) -> bool {
        matches!(self, Self::Landlock(_))
    }

    /// What is missing, what counts in its place, and how to get it. `None` when nothing is missing.
    #[must_use]
    pub const fn missing(self) -> Option<&'static str> {
        match self {
            Self::Without => Some(
                "The kernel does not confine rclone: it has no Landlock, which needs Linux 5.13 or newer, and a container that allows its system \
                 calls. Folders are checked when a run is asked for and again before it starts, but a link that is changed after that leads rclone \
                 outside of the allowed folders.",
            ),
            Self::Off => Some(
                "The kernel does not confine rclone: Landlock is switched off. Add landlock to lsm= on the kernel's command line and restart the \
                 server. Folders are checked when a run is asked for and again before it starts, but a link that is changed after that leads rclone \
                 outside of the allowed folders.",
            ),
            Self::Landlock(_) => None,
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Landlock(version) => {
                write!(f, "confines rclone to the allowed folders (Landlock {version})")?;
                if *version < TRUNCATE { write!(f, "; Linux 6.2 or newer confines it more strictly") } else { Ok(()) }
            }
            Self::Without | Self::Off => f.write_str(self.missing().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_kernel_tells_what_it_keeps() {
        let refused = |code| Err(io::Error::from_raw_os_error(code));
        for (answer, kernel, words) in [
            (Ok(1), Kernel::Landlock(1), "Landlock 1); Linux 6.2"),
            (Ok(2), Kernel::Landlock(2), "Linux 6.2"),
            (Ok(3), Kernel::Landlock(3), "Landlock 3)"),
            (Ok(7), Kernel::Landlock(7), "Landlock 7)"),
            (Ok(0), Kernel::Without, "5.13"),
            (Ok(-1), Kernel::Without, "5.13"),
            (refused(libc::ENOSYS), Kernel::Without, "before it starts"),
            (refused(libc::EPERM), Kernel::Without, "container"),
            (refused(libc::EOPNOTSUPP), Kernel::Off, "lsm="),
        ] {
            let shown = format!("{answer:?}");
            let found = Kernel::of(answer);
            assert_eq!(found, kernel, "{shown}");
            assert!(found.to_string().contains(words), "{shown}: {found}");
            assert_eq!(found.missing().is_none(), found.keeps(), "{shown}");
        }
    }
}
