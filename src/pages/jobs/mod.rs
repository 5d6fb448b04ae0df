//! Jobs. For now: start a transfer once.

mod command;
mod new;
mod options;

pub use self::new::NewJobPage;
