//! People: list them, change their roles, disable them; and a person's own settings.

use serde_json::json;

use super::{Change, audit};
use crate::{
    domain::{
        error::{AppError, Result},
        id::UserId,
        page,
        policy::Permission,
        user::{NewUser, PasswordChange, Role, Theme, UserChange, UserPage, UserQuery, UserSummary, validate_username},
    },
    server::{
        auth::{self, Actor, Visitor},
        state::AppState,
        store::{Connection, sessions, tokens, users},
    },
};

/// A page of people, by name.
pub async fn list(actor: &Actor, app: &AppState, query: &UserQuery) -> Result<UserPage> {
    actor.require(Permission::UsersWrite)?;
    page::check_limit(query.limit)?;
    Ok(users::list(&mut *app.store.acquire().await?, query).await?)
}

/// One person.
pub async fn get(actor: &Actor, app: &AppState, id: &UserId) -> Result<UserSummary> {
    actor.require(Permission::UsersWrite)?;
    stored(&mut *app.store.acquire().await?, id).await
}

/// Makes a person, who can sign in at once.
pub async fn create(actor: &Actor, app: &AppState, user: NewUser) -> Result<UserSummary> {
    actor.require(Permission::UsersWrite)?;
    let name = user.name.trim();
    validate_username(name).map_err(|error| AppError::invalid("name", error.field_or_summary("username")))?;
    let hash = app.auth.hash_password(name, &user.password).await?;
    let mut transaction = app.store.begin().await?;
    let made =
        auth::new_user(&mut transaction, name, user.role, hash, user.must_change_password, app.clock.now()).await?;
    let change = Change { detail: json!({ "role": user.role }), ..Change::new("user.create", &made.name) };
    audit(&mut transaction, app, actor, change).await?;
    let made = stored(&mut transaction, &made.id).await?;
    transaction.commit().await?;
    Ok(made)
}

/// Changes what a person may, whether they are kept out, or their password. Each ends all their sessions, and a new
/// password their tokens: what is open in a browser was let in under what they were.
pub async fn update(actor: &Actor, app: &AppState, id: &UserId, change: UserChange) -> Result<UserSummary> {
    actor.require(Permission::UsersWrite)?;
    if change == UserChange::default() {
        return Err(AppError::invalid("role", "Say what to change: role, disabled or password."));
    }
    if change.password.is_some() && *id == actor.user_id {
        let problem = "Change your own password at /password, or with POST /api/v1/users/me/password: both ask for your current one.";
        return Err(AppError::invalid("password", problem));
    }
    let hash = match &change.password {
        Some(password) => {
            let name = stored(&mut *app.store.acquire().await?, id).await?.name;
            Some(app.auth.hash_password(&name, password).await?)
        }
        None => None,
    };
    let mut transaction = app.store.begin().await?;
    let before = stored(&mut transaction, id).await?;
    let role = change.role.filter(|role| *role != before.role);
    let disabled = change.disabled.filter(|disabled| *disabled != before.disabled);
    refuse_to_lock_out(&mut transaction, actor, &before, role, disabled).await?;
    let name = &before.name;
    if let Some(role) = role {
        users::set_role(&mut transaction, id, role).await?;
        let ended = sessions::delete_of_user(&mut transaction, id).await?;
        let detail = json!({ "from": before.role, "to": role, "sessions": ended });
        audit(&mut transaction, app, actor, Change { detail, ..Change::new("user.role", name) }).await?;
    }
    if let Some(disabled) = disabled {
        users::set_disabled(&mut transaction, id, disabled).await?;
        let ended = sessions::delete_of_user(&mut transaction, id).await?;
        let action = if disabled { "user.disable" } else { "user.enable" };
        audit(
            &mut transaction,
            app,
            actor,
            Change { detail: json!({ "sessions": ended }), ..Change::new(action, name) },
        )
        .await?;
    }
    if let Some(hash) = hash {
        users::set_password(&mut transaction, id, &hash).await?;
        // Two know it now.
        users::set_must_change(&mut transaction, id, true).await?;
        let ended = sessions::delete_of_user(&mut transaction, id).await?;
        // Somebody who knew the old one may have created some.
        let revoked = tokens::revoke_of_user(&mut transaction, id).await?;
        let detail = json!({ "sessions": ended, "tokens": revoked });
        audit(&mut transaction, app, actor, Change { detail, ..Change::new("user.password", name) }).await?;
    }
    let after = stored(&mut transaction, id).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Changes the password of who asks, with the one before.
pub async fn change_password(actor: &Actor, visitor: &Visitor, app: &AppState, change: &PasswordChange) -> Result<()> {
    actor.require(Permission::SessionsWrite)?;
    app.auth.change_password(actor, visitor, change).await
}

/// Signs a person out everywhere. Their tokens stay.
pub async fn end_sessions(actor: &Actor, app: &AppState, id: &UserId) -> Result<()> {
    actor.require(Permission::UsersWrite)?;
    let mut transaction = app.store.begin().await?;
    let user = stored(&mut transaction, id).await?;
    let ended = sessions::delete_of_user(&mut transaction, id).await?;
    audit(
        &mut transaction,
        app,
        actor,
        Change { detail: json!({ "sessions": ended }), ..Change::new("session.delete_all", &user.name) },
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Nobody takes away their own rights by a slip, and there is always somebody left who can give them back.
async fn refuse_to_lock_out(
    transaction: &mut Connection,
    actor: &Actor,
    user: &UserSummary,
    role: Option<Role>,
    disabled: Option<bool>,
) -> Result<()> {
    let loses = role.is_some_and(|role| role < user.role) || disabled == Some(true);
    if loses && user.id == actor.user_id {
        return Err(AppError::conflict("You cannot disable yourself or take away your own role. Another admin can."));
    }
    // Of two admins who do this to each other at the same time, the second finds the first gone.
    let admin = user.role == Role::Admin && !user.disabled;
    if loses && admin && !users::other_admin(transaction, &user.id).await? {
        return Err(AppError::conflict(format!(
            "{} is the last admin who can sign in. Make someone else an admin first.",
            user.name
        )));
    }
    Ok(())
}

async fn stored(connection: &mut Connection, id: &UserId) -> Result<UserSummary> {
    users::summary(connection, id).await?.ok_or_else(|| AppError::not_found(format_args!("user {id}")))
}

/// Chooses how the console looks to who is signed in.
pub async fn update_theme(actor: &Actor, app: &AppState, theme: &str) -> Result<()> {
    actor.require(Permission::ConsoleRead)?;
    let theme = Theme::parse(theme).ok_or_else(|| AppError::invalid("theme", "One of auto, light and dark."))?;
    let mut transaction = app.store.begin().await?;
    users::set_theme(&mut transaction, &actor.user_id, theme).await?;
    audit(&mut transaction, app, actor, Change::new("user.theme", theme.as_str())).await?;
    Ok(transaction.commit().await?)
}
