//! The REST door, through the real router of a real process.

mod admission;
mod audit;
mod authority;
mod backups;
mod callers;
mod clients;
mod crashes;
mod door;
mod files;
mod guards;
mod jobs;
mod kept;
mod left_out;
mod logs;
mod metrics;
pub mod mounts;
mod policy;
mod programs;
mod queue;
mod remotes;
mod reported;
mod runs;
mod searches;
mod sessions;
mod streams;
mod tokens;
mod users;
