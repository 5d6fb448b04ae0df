//! People: list, create, update; and what a person sets for themselves.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::domain::{
    error::AppError,
    user::{Role, UserPage, UserQuery, UserSummary},
};

/// A page of people, by name.
#[server(prefix = "/api/fn", endpoint = "users/list", input = GetUrl)]
pub async fn list_users(query: UserQuery) -> Result<UserPage, AppError> {
    use crate::server::{call::call, services::users};
    call(|actor, app| async move { users::list(&actor, &app, &query).await }).await
}

/// Makes a person, who can sign in at once, and then chooses a password of their own.
#[server(prefix = "/api/fn", endpoint = "users/create")]
pub async fn create_user(name: String, role: Role, password: String) -> Result<UserSummary, AppError> {
    use crate::{
        domain::user::NewUser,
        server::{call::call, services::users},
    };
    call(|actor, app| async move {
        users::create(&actor, &app, NewUser { name, role, password, must_change_password: true }).await
    })
    .await
}

/// Changes what a person may, whether they are kept out, or their password. What is absent stays.
#[server(prefix = "/api/fn", endpoint = "users/update")]
pub async fn update_user(
    id: String,
    role: Option<Role>,
    disabled: Option<bool>,
    password: Option<String>,
) -> Result<UserSummary, AppError> {
    use crate::{
        domain::user::UserChange,
        server::{call::call, services::users},
    };
    call(|actor, app| async move {
        users::update(&actor, &app, &id.parse()?, UserChange { role, disabled, password }).await
    })
    .await
}

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

/// Changes the password of who asks, with the one before, and goes to the first page.
#[server(prefix = "/api/fn", endpoint = "users/password")]
pub async fn change_password(
    current_password: String,
    password: String,
    password_again: Option<String>,
) -> Result<(), AppError> {
    use crate::{
        domain::user::PasswordChange,
        server::{call::visitor, services::users},
    };
    let change = PasswordChange { current_password, password, password_again };
    visitor(|actor, visitor, app| async move { users::change_password(&actor, &visitor, &app, &change).await }).await?;
    crate::server::call::redirect("/");
    Ok(())
}

/// Signs a person out everywhere.
#[server(prefix = "/api/fn", endpoint = "users/end_sessions")]
pub async fn end_sessions(id: String) -> Result<(), AppError> {
    use crate::server::{call::call, services::users};
    call(|actor, app| async move { users::end_sessions(&actor, &app, &id.parse()?).await }).await
}
