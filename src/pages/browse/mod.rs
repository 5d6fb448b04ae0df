//! Browse: choose a location and open its folders.

mod address;
mod choose;
mod folder;
mod listing;
mod places;
mod trail;

pub use self::{
    address::{encode_value, query_value},
    choose::BrowsePage,
    folder::FolderPage,
    places::places,
};
