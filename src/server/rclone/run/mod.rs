//! A run of rclone: its options, how it starts, and what is known before it begins and after it has ended.

pub mod bisync;
pub mod command;
pub mod compare;
pub mod comparison;
pub mod count;
pub mod ending;
pub mod evidence;
pub mod filters;
pub mod idle;
pub mod judge;
pub mod max_delete;
pub mod preflight;
pub mod presence;
pub mod progress;
pub mod start;
pub mod transfer;
pub mod unhashed;
pub mod unlisted;
