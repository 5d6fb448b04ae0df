//! Pure types and rules, true without a server or a screen. Both sides use them; nothing here does input or output.

pub mod audit;
pub mod error;
pub mod event;
pub mod file;
pub mod flag;
pub mod format;
pub mod guard;
pub mod id;
pub mod job;
pub mod location;
pub mod mount;
pub mod operation;
pub mod overview;
pub mod policy;
pub mod provider;
pub mod queue;
pub mod remote;
pub mod run;
pub mod run_files;
pub mod run_log;
pub mod session;
pub mod span;
pub mod time;
pub mod token;
pub mod transfer;
pub mod user;
