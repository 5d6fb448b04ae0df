//! A run: one execution. What is asked for, how far it is, what it did, how it ended.

pub mod again;
pub mod detail;
pub mod event;
pub mod files;
pub mod log;
pub mod new;
pub mod previous;
pub mod query;
pub mod state;
pub mod stats;
pub mod summary;
pub mod wait;
pub mod warning;
