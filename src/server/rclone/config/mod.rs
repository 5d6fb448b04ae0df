//! `rclone.conf`: what is in it, what each section leads to and trusts, and how it changes.

pub mod endpoints;
pub mod kept;
pub mod merge;
pub mod store;
pub mod trust;
pub mod unusable;
pub mod wrap;
