//! REST: people.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Body, Params},
    id::Id,
};
use crate::{
    domain::{
        error::AppError,
        id::UserId,
        user::{NewUser, PasswordChange, UserChange, UserPage, UserQuery, UserSummary},
    },
    server::{auth::Visitor, services::users, state::AppState},
};

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update))
        .routes(routes!(change_password))
        .routes(routes!(end_sessions))
}

/// List people
///
/// A page of them, by name. For admins.
#[utoipa::path(get, path = "/api/v1/users", tag = "users",
    params(
        ("cursor" = inline(Option<UserId>), Query, description = "the cursor from the previous page"),
        ("limit" = Option<u32>, Query, description = "how many, at most 1,000; 100 when absent"),
    ),
    responses((status = 200, body = UserPage), (status = 400, body = AppError), (status = 401, body = AppError), (status = 403, body = AppError)))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<UserQuery>,
) -> Result<Json<UserPage>, ApiError> {
    Ok(Json(users::list(&actor, &app, &query).await?))
}

/// Create a person
///
/// They can sign in at once, with the password that is given here.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = NewUser,
    responses(
        (status = 201, body = UserSummary, headers(("Location" = String, description = "where the person is"))),
        (status = 400, body = AppError), (status = 401, body = AppError), (status = 403, body = AppError), (status = 409, body = AppError),
        (status = 413, body = AppError), (status = 503, body = AppError),
    ))]
async fn create(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Body(user): Body<NewUser>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<UserSummary>), ApiError> {
    let user = users::create(&actor, &app, user).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/v1/users/{}", user.id))], Json(user)))
}

/// Get a person
///
/// By their id.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "users", params(Id<UserId>),
    responses((status = 200, body = UserSummary), (status = 401, body = AppError), (status = 403, body = AppError), (status = 404, body = AppError)))]
async fn get(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<UserId>,
) -> Result<Json<UserSummary>, ApiError> {
    Ok(Json(users::get(&actor, &app, &id).await?))
}

/// Change a person
///
/// Their role, whether they are disabled, their password. Each ends all their sessions, and a new password all their
/// tokens. Nobody disables or demotes themselves, and the last admin who can sign in stays one: 409.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", params(Id<UserId>),
    request_body = UserChange,
    responses(
        (status = 200, body = UserSummary), (status = 400, body = AppError), (status = 401, body = AppError), (status = 403, body = AppError),
        (status = 404, body = AppError), (status = 409, body = AppError), (status = 413, body = AppError), (status = 503, body = AppError),
    ))]
async fn update(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<UserId>,
    Body(change): Body<UserChange>,
) -> Result<Json<UserSummary>, ApiError> {
    Ok(Json(users::update(&actor, &app, &id, change).await?))
}

/// Change your password
///
/// With the one that you have. All your other sessions end; your tokens stay.
#[utoipa::path(post, path = "/api/v1/users/me/password", tag = "users", request_body = PasswordChange,
    responses(
        (status = 204), (status = 400, body = AppError), (status = 401, body = AppError), (status = 403, body = AppError),
        (status = 409, body = AppError), (status = 413, body = AppError), (status = 429, body = AppError), (status = 503, body = AppError),
    ))]
async fn change_password(
    CurrentActor(actor): CurrentActor,
    Extension(visitor): Extension<Visitor>,
    State(app): State<AppState>,
    Body(change): Body<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    users::change_password(&actor, &visitor, &app, &change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign a person out everywhere
///
/// All their sessions end at once; their tokens stay. For admins.
#[utoipa::path(delete, path = "/api/v1/users/{id}/sessions", tag = "users", params(Id<UserId>),
    responses((status = 204), (status = 401, body = AppError), (status = 403, body = AppError), (status = 404, body = AppError)))]
async fn end_sessions(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Id(id): Id<UserId>,
) -> Result<StatusCode, ApiError> {
    users::end_sessions(&actor, &app, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
