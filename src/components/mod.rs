//! The components that pages are built from. They know no page and call no server function: data and actions come in as
//! arguments.

pub mod badge;
pub mod chart;
pub mod copy;
pub mod delete_dialog;
pub mod dialog;
pub mod form;
pub mod icon;
pub mod layout;
pub mod left_out;
pub mod load;
pub mod location_picker;
pub mod note;
pub mod post_form;
pub mod priority;
pub mod progress;
pub mod reason_dialog;
pub mod route_label;
pub mod run_row;
pub mod search;
pub mod session;
pub mod speed_chart;
pub mod time;
pub mod virtual_list;
