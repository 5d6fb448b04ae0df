//! The providers that are offered, and what their options may hold.

pub mod allowlist;
mod form;
pub mod schema;
mod values;
