//! The REST door, through the real router of a real process.

mod backups;
mod door;
mod files;
mod mounts;
mod remotes;
mod runs;
