//! Jobs: the list, and the one editor for a job and for a transfer that is run once.

mod approve;
mod bisync;
mod command;
mod draft;
mod editor;
mod field;
mod files;
mod flags;
mod form;
mod list;
mod page;
mod preview;
mod preview_state;
mod reader;
mod route;
mod section;
mod sections;
mod submit;
mod summaries;
mod table;

pub use self::{
    list::JobsPage,
    page::{JobPage, NewJobPage},
};
