//! What the browser can call: one adapter a use case, one file a noun. No rule lives here; each calls one service.

pub mod audit;
pub mod files;
pub mod jobs;
pub mod mounts;
pub mod operations;
pub mod overview;
pub mod queue;
pub mod remotes;
pub mod runs;
pub mod sessions;
pub mod setup;
pub mod tokens;
pub mod users;

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};

use crate::domain::error::{AppError, ErrorCode};

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// What the machinery of server functions itself reports: the network, or a body that does not fit.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::new(ErrorCode::BadRequest, "The request could not be read. Reload the page and try again.")
            }
            _ => Self::new(ErrorCode::Unavailable, "The console does not answer. Check the connection and try again."),
        }
    }
}

impl From<ServerFnErrorErr> for AppError {
    fn from(error: ServerFnErrorErr) -> Self {
        Self::from_server_fn_error(error)
    }
}
