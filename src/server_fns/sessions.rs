//! Sessions: sign in, sign out, who am I, and in which browsers.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::domain::{error::AppError, session::SessionSummary, user::Me};

/// Who is signed in, and what the frame shows.
#[server(prefix = "/api/fn", endpoint = "sessions/me", input = GetUrl)]
pub async fn get_me() -> Result<Me, AppError> {
    use crate::server::{call::call, services::sessions};
    call(|actor, app| async move { sessions::me(&actor, &app) }).await
}

/// Signs in, and goes to `next` when that is a path of this console; first to the page for a password where one has to
/// be chosen.
#[server(prefix = "/api/fn", endpoint = "sessions/create")]
pub async fn create_session(username: String, password: String, next: Option<String>) -> Result<(), AppError> {
    use crate::server::{call::anonymous, services::sessions};
    let must_change =
        anonymous(|visitor, app| async move { sessions::create(&visitor, &app, username, password).await }).await?;
    crate::server::call::redirect(if must_change { "/password" } else { next.as_deref().unwrap_or("/") });
    Ok(())
}

/// The browsers in which who asks is signed in, last used first.
#[server(prefix = "/api/fn", endpoint = "sessions/list", input = GetUrl)]
pub async fn list_sessions() -> Result<Vec<SessionSummary>, AppError> {
    use crate::server::{call::visitor, services::sessions};
    visitor(|actor, visitor, app| async move { sessions::list(&actor, &visitor, &app).await }).await
}

/// Signs out one browser of who asks.
#[server(prefix = "/api/fn", endpoint = "sessions/end")]
pub async fn end_session(id: String) -> Result<(), AppError> {
    use crate::server::{call::call, services::sessions};
    call(|actor, app| async move { sessions::end(&actor, &app, &id.parse()?).await }).await
}

/// Signs out: here, or with `everywhere` in every browser.
#[server(prefix = "/api/fn", endpoint = "sessions/delete")]
pub async fn delete_session(everywhere: Option<String>) -> Result<(), AppError> {
    use crate::{
        domain::session::LOGIN,
        server::{call::visitor, services::sessions},
    };
    visitor(|actor, visitor, app| async move { sessions::delete(&actor, &visitor, &app, everywhere.is_some()).await })
        .await?;
    crate::server::call::clear_storage();
    crate::server::call::redirect(LOGIN);
    Ok(())
}
