//! Sessions: sign in, sign out, who am I, and in which browsers.

use serde_json::json;

use super::{Change, audit, rclone_status};
use crate::{
    domain::{
        error::{AppError, Result},
        id::SessionId,
        policy::Permission,
        session::SessionSummary,
        user::Me,
    },
    server::{
        auth::{Actor, Auth, Visitor},
        state::AppState,
        store::sessions,
    },
};

/// Who is signed in, and what the frame of every page shows.
pub fn me(actor: &Actor, app: &AppState) -> Result<Me> {
    actor.require(Permission::ConsoleRead)?;
    let (host, rclone) = (app.host.to_string(), rclone_status(app));
    let unconfined = app.rclone.kernel().missing().map(str::to_owned);
    Ok(Me { name: actor.name.clone(), role: actor.role, theme: actor.theme, host, rclone, unconfined })
}

/// Signs in, and says whether they have to choose a password of their own first. The same answer, in the same time, for
/// a wrong password and an unknown name.
pub async fn create(visitor: &Visitor, app: &AppState, username: String, password: String) -> Result<bool> {
    app.auth.sign_in(visitor, &username, &password).await.map(|user| user.must_change)
}

/// The browsers in which who asks is signed in, last used first.
pub async fn list(actor: &Actor, visitor: &Visitor, app: &AppState) -> Result<Vec<SessionSummary>> {
    actor.require(Permission::SessionsWrite)?;
    let current = Auth::session_hash(visitor);
    Ok(sessions::list(&mut *app.store.acquire().await?, &actor.user_id, app.auth.session_limits(), current.as_deref())
        .await?)
}

/// Signs out one browser of who asks, by what it is named.
pub async fn end(actor: &Actor, app: &AppState, id: &SessionId) -> Result<()> {
    actor.require(Permission::SessionsWrite)?;
    let mut transaction = app.store.begin().await?;
    if !sessions::delete_by_id(&mut transaction, &actor.user_id, id).await? {
        return Err(AppError::not_found(format_args!("session {id}")));
    }
    let change = Change { detail: json!({ "session": id }), ..Change::new("session.delete", &actor.name) };
    audit(&mut transaction, app, actor, change).await?;
    Ok(transaction.commit().await?)
}

/// Signs out: here, or everywhere.
pub async fn delete(actor: &Actor, visitor: &Visitor, app: &AppState, everywhere: bool) -> Result<()> {
    actor.require(Permission::SessionsWrite)?;
    app.auth.sign_out(actor, visitor, everywhere).await
}
