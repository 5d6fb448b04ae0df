//! rclone's remote control: calls over a unix socket.

pub mod answer;
pub mod client;
pub mod command;
