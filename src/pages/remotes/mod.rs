//! Remotes: the list, and the wizard that adds one.

mod choose;
mod connect;
mod crypt;
mod draft;
mod encrypt;
mod fields;
mod finish;
mod identity;
mod list;
mod saving;
mod sheet;
mod trust;
mod wizard;

pub use self::{list::RemotesPage, trust::RemoteTrustPage, wizard::NewRemotePage};
