//! The first start: the first admin.

use leptos::prelude::*;

use crate::domain::error::AppError;

/// Makes the first admin, with the code that the terminal printed, and signs in.
#[server(prefix = "/api/fn", endpoint = "setup/create")]
pub async fn create_admin(
    code: String,
    username: String,
    password: String,
    password_again: String,
) -> Result<(), AppError> {
    use crate::server::{call::anonymous, services::setup};
    anonymous(|visitor, app| async move {
        setup::create_admin(&visitor, &app, code, username, password, password_again).await
    })
    .await?;
    crate::server::call::redirect("/");
    Ok(())
}
