//! What lies at a location: asked of rclone, answered to a person.

pub mod existence;
pub mod list;
pub mod size;
pub mod undecryptable;
