//! Remotes: the list, and the wizard that adds one.

mod choose;
mod connect;
mod encrypt;
mod fields;
mod finish;
mod list;
mod sheet;
mod wizard;

pub use self::{list::RemotesPage, wizard::NewRemotePage};
