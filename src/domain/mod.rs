//! Pure types and rules, true without a server or a screen. Both sides use them; nothing here does input or output.

pub mod audit;
pub mod error;
pub mod event;
pub mod file;
pub mod format;
pub mod id;
pub mod location;
pub mod mount;
pub mod overview;
pub mod policy;
pub mod provider;
pub mod remote;
pub mod run;
pub mod run_files;
pub mod run_log;
pub mod session;
pub mod time;
pub mod token;
pub mod transfer;
pub mod user;
