//! Who asks, for REST: 401 where nobody is signed in. Then whether the query has only parameters that the call has: one
//! that is misspelled would be a filter, or a `dry_run`, that is left out in silence.

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};

use super::{
    extract::{ApiError, unknown_parameter},
    parameters,
};
use crate::{domain::error::AppError, server::auth::Actor};

/// Who is signed in, by session or by token.
pub struct CurrentActor(pub Actor);

impl<S: Sync> FromRequestParts<S> for CurrentActor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let actor = parts.extensions.get().cloned().map(Self).ok_or_else(|| ApiError(AppError::unauthenticated()))?;
        if parts.uri.query().is_some_and(|query| !query.is_empty())
            && let Some(route) = parts.extensions.get::<MatchedPath>()
            && let Some(name) = parameters::unknown(&parts.method, route.as_str(), &parts.uri)
        {
            return Err(unknown_parameter(&name));
        }
        Ok(actor)
    }
}
