//! Users: what a person sets for themselves.

use super::{Change, audit};
use crate::{
    domain::{
        error::{AppError, Result},
        policy::Permission,
        user::Theme,
    },
    server::{
        auth::Actor,
        state::AppState,
        store::{StoreError, users},
    },
};

/// Chooses how the console looks to who is signed in.
pub async fn update_theme(actor: &Actor, app: &AppState, theme: &str) -> Result<()> {
    actor.require(Permission::ConsoleRead)?;
    let theme = Theme::parse(theme).ok_or_else(|| AppError::invalid("theme", "One of auto, light and dark."))?;
    let mut transaction = app.store.begin().await?;
    users::set_theme(&mut transaction, &actor.user_id, theme).await?;
    audit(&mut transaction, app, actor, Change::new("user.theme", theme.as_str())).await?;
    Ok(transaction.commit().await.map_err(StoreError::from)?)
}
