//! `rclone.conf`: what is in it, what each section leads to and trusts, and how it changes.

pub mod certificates;
pub mod endpoints;
pub mod kept;
pub mod merge;
pub mod store;
pub mod tidy;
pub mod trust;
pub mod unusable;
pub mod wrap;
