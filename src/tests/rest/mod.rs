//! The REST door, through the real router of a real process.

mod audit;
mod backups;
mod door;
mod files;
mod logs;
mod metrics;
mod mounts;
mod policy;
mod remotes;
mod runs;
mod sessions;
mod tokens;
mod users;
