//! The sections of the job form.

pub mod failure;
pub mod filters;
pub mod followers;
pub mod guards;
pub mod performance;
