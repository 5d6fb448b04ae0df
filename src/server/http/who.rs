//! Who asks, for REST: 401 where nobody is signed in.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::extract::Problem;
use crate::{domain::error::AppError, server::auth::Actor};

/// Who is signed in, by session or by token.
pub struct Who(pub Actor);

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().map(Self).ok_or_else(|| Problem(AppError::unauthenticated()))
    }
}
