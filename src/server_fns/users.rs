//! Users: what a person sets for themselves.

use leptos::prelude::*;

use crate::domain::error::AppError;

/// Chooses how the console looks: `auto`, `light` or `dark`.
#[server(prefix = "/api/fn", endpoint = "users/theme")]
pub async fn update_theme(theme: String, next: Option<String>) -> Result<(), AppError> {
    use crate::server::{call::call, services::users};
    call(|actor, app| async move { users::update_theme(&actor, &app, &theme).await }).await?;
    if let Some(next) = next {
        crate::server::call::redirect(&next);
    }
    Ok(())
}
