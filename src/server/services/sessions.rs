//! Sessions: sign in, sign out, who am I.

use super::{Change, audit, rclone_status};
use crate::{
    domain::{error::Result, policy::Permission, user::Me},
    server::{
        auth::{Actor, Visitor},
        state::AppState,
        store::StoreError,
    },
};

/// Who is signed in, and what the frame of every page shows.
pub fn me(actor: &Actor, app: &AppState) -> Result<Me> {
    actor.require(Permission::ConsoleRead)?;
    Ok(Me { name: actor.name.clone(), role: actor.role, theme: actor.theme, host: app.host.to_string(), rclone: rclone_status(app) })
}

/// Signs in. The same answer, in the same time, for a wrong password and an unknown name.
pub async fn create(visitor: &Visitor, app: &AppState, username: String, password: String) -> Result<()> {
    app.auth.sign_in(visitor, &username, &password).await.map(|_| ())
}

/// Signs out: here, or everywhere.
pub async fn delete(actor: &Actor, visitor: &Visitor, app: &AppState, everywhere: bool) -> Result<()> {
    let mut transaction = app.store.begin().await?;
    let action = if everywhere { "session.delete_all" } else { "session.delete" };
    audit(&mut transaction, app, actor, Change::new(action, &actor.name)).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    if everywhere {
        app.auth.sign_out_everywhere(&actor.user_id).await?;
    }
    app.auth.sign_out(visitor).await
}
