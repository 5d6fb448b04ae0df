//! What the command line of the server does about users and tokens. Who can run it can read the database, so it asks for no password.

use std::time::Duration;

use serde_json::json;

use super::{Auth, Via, error::failed, secret};
use crate::{
    domain::{
        error::{AppError, Result},
        id::{TokenId, UserId},
        time::Timestamp,
        user::{Role, validate_password, validate_username},
    },
    server::store::{
        Connection, StoreError,
        audit::{self, NewAudit},
        new_id, sessions,
        tokens::{self, NewToken},
        users::{self, NewUser, User},
    },
};

/// Who the audit log names for the command line.
const CLI: &str = "command line";
/// Characters of what a token is for.
const LABEL_MAX: usize = 100;
/// Ten years: longer than anybody remembers a token.
const TOKEN_MAX: Duration = Duration::from_secs(3650 * 24 * 3600);

impl Auth {
    /// Makes a user.
    ///
    /// # Errors
    /// `invalid` with the field, `conflict` when the name is taken.
    pub async fn create_user(&self, name: &str, role: Role, password: &str) -> Result<User> {
        let name = name.trim();
        validate_username(name)?;
        validate_password(name, password)?;
        let hash = self.0.passwords.hash(password).await?;
        let at = self.0.clock.now();
        let mut tx = self.0.store.begin().await.map_err(failed)?;
        let user = new_user(&mut tx, name, role, hash, at).await?;
        audit_cli(&mut tx, at, "user.create", &user.name, json!({ "role": role })).await?;
        tx.commit().await.map_err(failed)?;
        Ok(user)
    }

    /// Gives a user a new password and ends all their sessions. Tokens stay.
    ///
    /// # Errors
    /// `not_found`, or `invalid` with the field.
    pub async fn reset_password(&self, name: &str, password: &str) -> Result<()> {
        validate_password(name.trim(), password)?;
        let hash = self.0.passwords.hash(password).await?;
        let at = self.0.clock.now();
        let mut tx = self.0.store.begin().await.map_err(failed)?;
        let user = find(&mut tx, name).await?;
        users::set_password(&mut tx, &user.id, &hash).await.map_err(failed)?;
        let ended = sessions::delete_of_user(&mut tx, &user.id).await.map_err(failed)?;
        audit_cli(&mut tx, at, "user.password", &user.name, json!({ "sessions": ended })).await?;
        tx.commit().await.map_err(failed)
    }

    /// Makes a token and tells it: only now, only its hash is stored.
    ///
    /// # Errors
    /// `not_found` when there is no such user, `invalid` when the token would be more than its owner, or has no end.
    pub async fn create_token(&self, user: &str, label: &str, role: Role, expires_in: Duration) -> Result<String> {
        let label = label.trim();
        if label.is_empty() || label.chars().count() > LABEL_MAX {
            return Err(AppError::invalid("label", "Say what the token is for, in at most 100 characters."));
        }
        if expires_in.is_zero() || expires_in > TOKEN_MAX {
            return Err(AppError::invalid("expires_in", "A token lives for at most ten years."));
        }
        let at = self.0.clock.now();
        let life = i64::try_from(expires_in.as_millis()).unwrap_or(i64::MAX);
        let mut tx = self.0.store.begin().await.map_err(failed)?;
        let user = find(&mut tx, user).await?;
        if role > user.role {
            return Err(AppError::invalid("role", format!("{} is {}: a token of theirs can not be more.", user.name, user.role.as_str())));
        }
        let secret = secret::token();
        let id: TokenId = new_id(at);
        let token = NewToken {
            id: &id,
            user_id: &user.id,
            hash: &secret::hash(&secret),
            label,
            role,
            scopes: None,
            created_at: at,
            expires_at: Timestamp(at.0.saturating_add(life)),
        };
        tokens::insert(&mut tx, &token).await.map_err(failed)?;
        let detail = json!({ "token": id, "user": user.name, "role": role, "expires_at": token.expires_at });
        audit_cli(&mut tx, at, "token.create", label, detail).await?;
        tx.commit().await.map_err(failed)?;
        Ok(secret)
    }
}

/// Stores a user whose name and password were checked.
pub(super) async fn new_user(c: &mut Connection, name: &str, role: Role, password_hash: String, at: Timestamp) -> Result<User> {
    let id: UserId = new_id(at);
    let user = NewUser { id, name: name.to_owned(), role, password_hash, created_at: at };
    users::insert(c, &user).await.map_err(|error| match error {
        StoreError::Taken => AppError::conflict(format!("There is a user {name} already.")),
        other => failed(other),
    })?;
    let stored = users::get(c, &user.id).await.map_err(failed)?;
    stored.ok_or_else(|| AppError::not_found(format!("user {name}")))
}

async fn find(c: &mut Connection, name: &str) -> Result<User> {
    let user = users::get_by_name(c, name.trim()).await.map_err(failed)?;
    user.ok_or_else(|| AppError::not_found(format!("user {}", name.trim())))
}

async fn audit_cli(c: &mut Connection, at: Timestamp, action: &str, target: &str, detail: serde_json::Value) -> Result<()> {
    let entry = NewAudit {
        at,
        user_id: None,
        user: CLI.to_owned(),
        via: Via::Cli.as_str(),
        action,
        target,
        detail,
        success: true,
        address: None,
        run_id: None,
    };
    audit::insert(c, &entry).await.map_err(failed)
}
