//! Integration tests: the real program, started as a user starts it, with the real rclone and real servers for it to
//! talk to.

mod client;
mod clock;
mod disks;
mod drive;
mod engine;
mod hostile;
mod house;
mod locations;
mod locked;
mod logs;
mod operations;
mod pasted;
mod peers;
mod rclone;
mod rest;
mod sandbox;
mod secrets;
mod server_fns;
mod sftp;
mod start;
mod suites;
mod support;
mod trust;
mod truth;
mod upgrade;
mod values;
mod words;
