//! Tokens for programs: list, create, revoke.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use crate::domain::{
    error::AppError,
    token::{IssuedToken, NewToken, TokenPage, TokenQuery},
};

/// A page of tokens that were not revoked, newest first.
#[server(prefix = "/api/fn", endpoint = "tokens/list", input = GetUrl)]
pub async fn list_tokens(query: TokenQuery) -> Result<TokenPage, AppError> {
    use crate::server::{call::call, services::tokens};
    call(|actor, app| async move { tokens::list(&actor, &app, &query).await }).await
}

/// Makes a token and tells it, this once.
#[server(prefix = "/api/fn", endpoint = "tokens/create", input = Json)]
pub async fn create_token(token: NewToken) -> Result<IssuedToken, AppError> {
    use crate::server::{call::call, services::tokens};
    call(|actor, app| async move { tokens::create(&actor, &app, token).await }).await
}

/// Makes a token useless for ever.
#[server(prefix = "/api/fn", endpoint = "tokens/delete")]
pub async fn delete_token(id: String) -> Result<(), AppError> {
    use crate::server::{call::call, services::tokens};
    call(|actor, app| async move { tokens::delete(&actor, &app, &id.parse()?).await }).await
}
