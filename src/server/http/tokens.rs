//! REST: tokens for programs.

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Body, Params},
    id::Id,
};
use crate::{
    domain::{
        error::AppError,
        id::TokenId,
        token::{IssuedToken, NewToken, TokenPage, TokenQuery},
    },
    server::{services::tokens, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

/// List tokens
///
/// A page of those that were not revoked, newest first; never the tokens themselves.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens",
    params(
        ("user" = Option<String>, Query, description = "whose: your own when absent; for admins also a name, or * for everyone's"),
        ("cursor" = inline(Option<TokenId>), Query, description = "the cursor from the previous page"),
        ("limit" = Option<u32>, Query, description = "how many, at most 1,000; 100 when absent"),
    ),
    responses(
        (status = 200, body = TokenPage), (status = 400, body = AppError), (status = 401, body = AppError), (status = 403, body = AppError),
        (status = 404, body = AppError),
    ))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<TokenQuery>,
) -> Result<Json<TokenPage>, ApiError> {
    Ok(Json(tokens::list(&actor, &app, &query).await?))
}

/// Create a token
///
/// One of your own. The token itself is in this answer and in no other. It is never more than what asks for it: neither
/// in its role nor in its scopes.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = NewToken,
    responses(
        (status = 201, body = IssuedToken),
        (status = 400, body = AppError), (status = 401, body = AppError), (status = 403, body = AppError), (status = 409, body = AppError),
        (status = 413, body = AppError),
    ))]
async fn create(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(token): Body<NewToken>,
) -> Result<(StatusCode, Json<IssuedToken>), ApiError> {
    Ok((StatusCode::CREATED, Json(tokens::create(&actor, &app, token).await?)))
}

/// Revoke a token
///
/// At once and for ever. One of your own; for admins anybody's.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", params(Id<TokenId>),
    responses((status = 204), (status = 401, body = AppError), (status = 403, body = AppError), (status = 404, body = AppError)))]
async fn delete(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<TokenId>,
) -> Result<StatusCode, ApiError> {
    tokens::delete(&actor, &app, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
