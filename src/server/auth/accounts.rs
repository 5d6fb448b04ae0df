//! Making users and tokens, and what the command line of the server does about them. Who can run that can read the
//! database, so it asks for no password.

use std::time::Duration;

use serde_json::json;

use super::{Auth, names, secret};
use crate::{
    domain::{
        audit::Via,
        error::{AppError, Result},
        id::{TokenId, UserId},
        policy::Permission,
        time::Timestamp,
        token::{DAYS_MAX, validate_label},
        unique::Unique,
        user::{Role, validate_username},
    },
    server::{
        error::unless_taken,
        store::{
            Connection,
            audit::{self, Entry},
            new_id, sessions,
            tokens::{self, NewToken},
            users::{self, NewUser, User},
        },
    },
};

/// Who the audit log names for the command line.
const CLI: &str = "command line";
/// The longest life of a token.
const TOKEN_MAX: Duration = Duration::from_secs(DAYS_MAX as u64 * 24 * 3600);
/// Tokens of one user that can be used. Who needs more has forgotten some.
const TOKENS_MAX: u64 = 100;

impl Auth {
    /// Makes a user.
    ///
    /// # Errors
    /// `invalid` with the field, `conflict` when the name is taken.
    pub async fn create_user(&self, name: &str, role: Role, password: &str) -> Result<User> {
        let name = name.trim();
        validate_username(name)?;
        let hash = self.hash_password(name, password).await?;
        let at = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        let user = new_user(&mut tx, name, role, hash, false, at).await?;
        audit_cli(&mut tx, at, "user.create", &user.name, json!({ "role": role })).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Gives a user a new password and ends all their sessions and tokens: somebody who knew the old one may have
    /// created some.
    ///
    /// # Errors
    /// `not_found`, or `invalid` with the field.
    pub async fn reset_password(&self, name: &str, password: &str) -> Result<()> {
        let hash = self.hash_password(name.trim(), password).await?;
        let at = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        let user = find(&mut tx, name).await?;
        users::set_password(&mut tx, &user.id, &hash).await?;
        let ended = sessions::delete_of_user(&mut tx, &user.id).await?;
        let revoked = tokens::revoke_of_user(&mut tx, &user.id).await?;
        audit_cli(&mut tx, at, "user.password", &user.name, json!({ "sessions": ended, "tokens": revoked })).await?;
        Ok(tx.commit().await?)
    }

    /// Makes a token and tells it: only now, only its hash is stored.
    ///
    /// # Errors
    /// `not_found` when there is no such user, `invalid` when the token would be more than its owner, or has no end.
    pub async fn create_token(&self, user: &str, label: &str, role: Role, expires_in: Duration) -> Result<String> {
        validate_label(label)?;
        if expires_in.is_zero() || expires_in > TOKEN_MAX {
            return Err(AppError::invalid("expires_in", "A token is valid for at most ten years."));
        }
        let at = self.0.clock.now();
        let life = i64::try_from(expires_in.as_millis()).unwrap_or(i64::MAX);
        let mut tx = self.0.store.begin().await?;
        let user = find(&mut tx, user).await?;
        let plan = TokenPlan {
            label,
            role,
            scopes: None,
            may_delete: 0,
            created_at: at,
            expires_at: Timestamp(at.0.saturating_add(life)),
        };
        let (id, token) = issue_token(&mut tx, &user, &plan).await?;
        let detail = json!({ "token": id, "user": user.name, "role": role, "expires_at": plan.expires_at });
        audit_cli(&mut tx, at, "token.create", label.trim(), detail).await?;
        tx.commit().await?;
        Ok(token)
    }
}

/// What a token will be.
#[derive(Debug)]
pub struct TokenPlan<'a> {
    /// What it is for.
    pub label: &'a str,
    /// What it may.
    pub role: Role,
    /// To what of it it is narrowed down; `None` is all.
    pub scopes: Option<&'a [Permission]>,
    /// How many files a run that it starts may delete without asking.
    pub may_delete: u32,
    /// Now.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// Stores a new token of `owner` in the caller's transaction, and tells it: only now, only its hash is stored.
///
/// # Errors
/// `invalid` when it would be more than its owner, `conflict` when they have too many.
pub async fn issue_token(c: &mut Connection, owner: &User, plan: &TokenPlan<'_>) -> Result<(TokenId, String)> {
    if plan.role > owner.role {
        return Err(AppError::invalid(
            "role",
            format!("{} has the role {}: their tokens cannot have a higher one.", owner.name, owner.role.as_str()),
        ));
    }
    if tokens::count(c, &owner.id, plan.created_at).await? >= TOKENS_MAX {
        return Err(AppError::conflict(format!(
            "{} has {TOKENS_MAX} tokens already. Revoke one that is no longer used.",
            owner.name
        )));
    }
    let token = secret::token();
    let id: TokenId = new_id(plan.created_at);
    let row = NewToken {
        id: &id,
        user_id: &owner.id,
        hash: &secret::hash(&token),
        label: plan.label.trim(),
        role: plan.role,
        scopes: plan.scopes,
        may_delete: plan.may_delete,
        created_at: plan.created_at,
        expires_at: plan.expires_at,
    };
    tokens::insert(c, &row).await?;
    Ok((id, token))
}

/// Stores a user whose name and password were checked, in the caller's transaction.
///
/// # Errors
/// `conflict` when the name is taken.
pub async fn new_user(
    c: &mut Connection,
    name: &str,
    role: Role,
    password_hash: String,
    must_change: bool,
    at: Timestamp,
) -> Result<User> {
    let id: UserId = new_id(at);
    // The same name is handled below: it is taken.
    let others = users::names(c).await?;
    let like = others.into_iter().find(|other| names::look_alike(other, name));
    if let Some(like) = like.filter(|like| like.to_lowercase() != name.to_lowercase()) {
        return Err(AppError::conflict(format!(
            "{name} looks like {like}, who is here already. Choose a name that nobody takes for another."
        ))
        .marking(Unique::User.field()));
    }
    let user = NewUser { id, name: name.to_owned(), role, password_hash, created_at: at, must_change };
    users::insert(c, &user).await.map_err(unless_taken(Unique::User, name))?;
    let stored = users::get(c, &user.id).await?;
    stored.ok_or_else(|| AppError::not_found(format!("user {name}")))
}

async fn find(c: &mut Connection, name: &str) -> Result<User> {
    let user = users::get_by_name(c, name.trim()).await?;
    user.ok_or_else(|| AppError::not_found(format!("user {}", name.trim())))
}

async fn audit_cli(
    c: &mut Connection,
    at: Timestamp,
    action: &str,
    target: &str,
    detail: serde_json::Value,
) -> Result<()> {
    let entry = Entry::new(at, Via::Cli.as_str(), action).by(None, CLI).to(target).with(detail);
    Ok(audit::insert(c, &entry).await?)
}
