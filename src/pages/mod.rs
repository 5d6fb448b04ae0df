//! The pages: one module for each menu entry, and those in front of the console.

pub mod audit;
mod auth_card;
pub mod browse;
pub mod jobs;
pub mod lazy;
pub mod login;
pub mod mounts;
pub mod not_found;
pub mod overview;
pub mod password;
pub mod remotes;
pub mod run;
pub mod runs;
pub mod settings;
pub mod setup;
