//! The server side. `start` builds everything and passes it down; nothing is global.

pub mod auth;
pub mod call;
pub mod client;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod engine;
pub mod error;
pub mod events;
pub mod http;
pub mod identity;
pub mod listings;
pub mod local_roots;
pub mod locations;
pub mod mount_table;
pub mod outbound;
pub mod platform;
pub mod rclone;
pub mod reads;
pub mod services;
pub mod shares;
pub mod start;
pub mod state;
pub mod store;
