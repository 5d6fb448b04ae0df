//! Longshore, the console for rclone. The modules, from the inside out:

pub mod domain;
