//! Tokens for programs: one's own, and for admins, everyone's. People create tokens only for themselves: the audit log
//! names the owner.

use serde_json::json;

use super::{Change, audit};
use crate::{
    domain::{
        error::{AppError, Denied, Result},
        id::{TokenId, UserId},
        page,
        policy::Permission,
        time::Timestamp,
        token::{IssuedToken, NewToken, TokenPage, TokenQuery},
    },
    server::{
        auth::{Actor, TokenPlan, issue_token},
        state::AppState,
        store::{Connection, tokens, users},
    },
};

/// Asks for the tokens of all people. No name: those have no such letter.
const EVERYBODY: &str = "*";
const MILLIS_OF_A_DAY: i64 = 86_400_000;

/// A page of tokens that were not revoked, newest first.
pub async fn list(actor: &Actor, app: &AppState, query: &TokenQuery) -> Result<TokenPage> {
    let own = query.user.is_empty() || query.user.to_lowercase() == actor.name.to_lowercase();
    actor.require(if own { Permission::TokensWrite } else { Permission::UsersWrite })?;
    page::check_limit(query.limit)?;
    let mut reader = app.store.acquire().await?;
    let user = match query.user.as_str() {
        EVERYBODY => None,
        _ if own => Some(actor.user_id),
        name => Some(find(&mut reader, name).await?),
    };
    Ok(tokens::list(&mut reader, user.as_ref(), query.cursor.as_ref(), query.limit, app.clock.now()).await?)
}

/// Makes a token of who asks, and tells it: this once. It is never more than what asks for it: a token makes no greater
/// one.
pub async fn create(actor: &Actor, app: &AppState, token: NewToken) -> Result<IssuedToken> {
    actor.require(Permission::TokensWrite)?;
    token.validate()?;
    if token.role > actor.role {
        return Err(AppError::invalid(
            "role",
            format!("Your role is {}: your tokens cannot have a higher one.", actor.role.as_str()),
        ));
    }
    let scopes = scopes(actor, &token)?;
    let now = app.clock.now();
    let life = i64::from(token.expires_in_days) * MILLIS_OF_A_DAY;
    let mut transaction = app.store.begin().await?;
    let owner = users::get(&mut transaction, &actor.user_id).await?.ok_or_else(AppError::unauthenticated)?;
    check_may_delete(&mut transaction, actor, token.may_delete).await?;
    let plan = TokenPlan {
        label: &token.label,
        role: token.role,
        scopes: scopes.as_deref(),
        may_delete: token.may_delete,
        created_at: now,
        expires_at: Timestamp(now.0.saturating_add(life)),
    };
    let (id, secret) = issue_token(&mut transaction, &owner, &plan).await?;
    let summary = tokens::get(&mut transaction, &id, now).await?.ok_or_else(|| unknown(&id))?;
    let detail = json!({ "token": id, "user": owner.name, "role": summary.role, "scopes": summary.scopes, "may_delete": summary.may_delete, "expires_at": summary.expires_at });
    audit(&mut transaction, app, actor, Change { detail, ..Change::new("token.create", &summary.label) }).await?;
    transaction.commit().await?;
    Ok(IssuedToken { summary, token: secret })
}

/// Makes a token useless for ever: one's own, or for admins, anyone's.
pub async fn delete(actor: &Actor, app: &AppState, id: &TokenId) -> Result<()> {
    let anybodys = actor.require(Permission::UsersWrite).is_ok();
    if !anybodys {
        actor.require(Permission::TokensWrite)?;
    }
    let mut transaction = app.store.begin().await?;
    let token = tokens::get(&mut transaction, id, app.clock.now()).await?;
    // Of a token of somebody else it is not even told that there is one.
    let token = token.ok_or_else(|| unknown(id))?;
    if !anybodys && token.user_id != actor.user_id {
        return Err(unknown(id).denying(Denied::Foreign));
    }
    tokens::revoke(&mut transaction, id).await?;
    let detail = json!({ "token": id, "user": token.user });
    audit(&mut transaction, app, actor, Change { detail, ..Change::new("token.delete", &token.label) }).await?;
    Ok(transaction.commit().await?)
}

/// What the new token is narrowed down to, in the order of the table: at least to what asks for it is narrowed down to
/// itself.
fn scopes(actor: &Actor, token: &NewToken) -> Result<Option<Vec<Permission>>> {
    let Some(wanted) = &token.scopes else {
        return match &actor.scopes {
            None => Ok(None),
            Some(_) => {
                Err(AppError::invalid("scopes", "This token has scopes: a token that it creates needs scopes as well."))
            }
        };
    };
    if let (Some(own), true) = (&actor.scopes, !wanted.is_empty())
        && let Some(more) = wanted.iter().find(|scope| !own.contains(scope))
    {
        return Err(AppError::invalid("scopes", format!("This token does not allow {} itself.", more.as_str())));
    }
    Ok(Some(Permission::ALL.iter().copied().filter(|scope| wanted.contains(scope)).collect()))
}

/// A token makes none that may delete more without asking than it may itself.
async fn check_may_delete(connection: &mut Connection, actor: &Actor, wanted: u32) -> Result<()> {
    let Some(id) = &actor.token else { return Ok(()) };
    let own = tokens::standing(connection, id).await?.map_or(0, |token| token.may_delete);
    if u64::from(wanted) > own {
        return Err(AppError::invalid(
            "may_delete",
            format!("This token may delete {own} files without asking: a token that it creates may not delete more."),
        ));
    }
    Ok(())
}

async fn find(connection: &mut Connection, name: &str) -> Result<UserId> {
    let user = users::get_by_name(connection, name).await?;
    user.map(|user| user.id).ok_or_else(|| AppError::not_found("user with this name"))
}

fn unknown(id: &TokenId) -> AppError {
    AppError::not_found(format_args!("token {id}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        domain::{
            audit::Via,
            user::{Role, Theme},
        },
        server::store::new_id,
    };

    #[test]
    fn a_token_makes_no_greater_one() {
        let mut actor = Actor {
            user_id: new_id(Timestamp(0)),
            name: "ana".to_owned(),
            role: Role::Admin,
            scopes: None,
            theme: Theme::Auto,
            via: Via::Token,
            token: None,
            address: None,
        };
        let token = |scopes: Option<&[Permission]>| NewToken {
            label: "x".to_owned(),
            role: Role::Viewer,
            scopes: scopes.map(<[_]>::to_vec),
            expires_in_days: 1,
            may_delete: 0,
        };
        let runs: &[_] = &[Permission::RunsRead];
        let twice: &[_] = &[Permission::TokensWrite, Permission::RunsRead, Permission::RunsRead];
        assert_eq!(scopes(&actor, &token(None)), Ok(None));
        assert_eq!(scopes(&actor, &token(Some(twice))), Ok(Some(vec![Permission::RunsRead, Permission::TokensWrite])));
        actor.scopes = Some(Arc::new([Permission::TokensWrite]));
        for greater in [None, Some(runs), Some(twice)] {
            assert!(scopes(&actor, &token(greater)).expect_err("greater").field("scopes").is_some());
        }
        actor.scopes = Some(Arc::new([Permission::TokensWrite, Permission::RunsRead]));
        assert_eq!(scopes(&actor, &token(Some(runs))), Ok(Some(runs.to_vec())));
    }
}
