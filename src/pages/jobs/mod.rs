//! Jobs: the list, and the one editor for a job and for a transfer that is run once.

mod after;
mod approve;
mod bisync;
mod command;
mod draft;
mod editor;
mod field;
mod files;
mod flags;
mod form;
mod how;
mod list;
mod preview;
mod route;
mod safety;
mod section;
mod table;
mod trouble;
mod what;
mod words;

pub use self::{
    editor::{JobPage, NewJobPage},
    list::JobsPage,
};
