//! The server: what only it knows.

pub mod auth;
pub mod http;
pub mod rclone;
pub mod store;
