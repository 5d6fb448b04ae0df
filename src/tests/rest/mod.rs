//! The REST door, through the real router of a real process.

mod audit;
mod backups;
mod crashes;
mod door;
mod files;
mod guards;
mod jobs;
mod logs;
mod metrics;
mod mounts;
mod policy;
mod programs;
mod queue;
mod remotes;
mod runs;
mod sessions;
mod streams;
mod tokens;
mod users;
