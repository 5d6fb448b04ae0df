//! The rclone program: found, checked, started in a sandbox, asked one question.

pub mod args;
pub mod binary;
pub mod connects;
pub mod exit_code;
pub mod oneshot;
pub mod os_text;
mod pinned;
pub mod probe;
pub mod run_dir;
pub mod sandbox;
pub mod spawn;
pub mod spawner;
pub mod spec;
pub mod tasks;
