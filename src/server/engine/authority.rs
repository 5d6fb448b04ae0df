//! Authority: whether a run may still be done in the name of its owner. Asked when it is put into the queue and again
//! before every spawn: of a first attempt and of each other, of a follower, of a retry, and of a run that a console
//! takes up when it starts again.

use super::{Engine, places};
use crate::{
    domain::{
        error::{AppError, ErrorCode},
        id::{TokenId, UserId},
        policy::Permission,
        time::Timestamp,
    },
    server::{
        rclone::error::RcloneError,
        store::{
            Connection, StoreError,
            runs::{self, Claimed, Task},
            tokens::{self, Standing},
            users,
        },
    },
};

/// In whose name a run is done.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The user's id.
    pub user_id: UserId,
    /// Their name.
    pub user: String,
    /// The token with which they asked for it.
    pub token: Option<TokenId>,
}

/// Why a run may not begin, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// It is not allowed any more.
    Forbidden(String),
    /// Nobody could tell, or what it uses is not there now: another attempt may find it.
    Unknown(String),
}

/// Why this owner may not start runs now; `None` when they may.
pub async fn owner_refused(c: &mut Connection, owner: &Owner, now: Timestamp) -> Result<Option<String>, StoreError> {
    let why = match users::get(c, &owner.user_id).await? {
        None => "the account no longer exists".to_owned(),
        Some(user) if user.disabled => "the account is disabled".to_owned(),
        Some(user) if !user.role.may(Permission::RunsWrite) => {
            format!(
                "that needs the role {}, and theirs is {} now",
                Permission::RunsWrite.role().as_str(),
                user.role.as_str()
            )
        }
        Some(_) => match token_refused(c, owner.token.as_ref(), now).await? {
            Some(why) => return Ok(Some(why)),
            None => return Ok(None),
        },
    };
    Ok(Some(format!("“{}” may no longer start runs: {why}.", owner.user)))
}

/// Why this token may not start runs now; `None` when it may, and where there is none.
async fn token_refused(
    c: &mut Connection,
    token: Option<&TokenId>,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let Some(id) = token else { return Ok(None) };
    let Some(Standing { label, revoked, expires_at, .. }) = tokens::standing(c, id).await? else {
        return Ok(Some("The token that requested it no longer exists.".to_owned()));
    };
    let why = match (revoked, expires_at <= now) {
        (true, _) => "was revoked",
        (false, true) => "has expired",
        (false, false) => return Ok(None),
    };
    Ok(Some(format!("The token “{label}”, which requested it, {why}.")))
}

/// Whether a claimed run may be done now: its owner, their token, its places and its options.
pub(super) async fn authorize(engine: &Engine, claimed: &Claimed, owner: &Owner, now: Timestamp) -> Result<(), Denial> {
    let stored = async {
        let mut reader = engine.0.config.store.acquire().await?;
        let refused = owner_refused(&mut reader, owner, now).await?;
        Ok::<_, StoreError>((refused, runs::places_of(&mut reader, &claimed.id).await?))
    };
    let (refused, held) = stored
        .await
        .map_err(|error| Denial::Unknown(format!("Longshore could not check whether it may start: {error}.")))?;
    if let Some(why) = refused {
        return Err(Denial::Forbidden(why));
    }
    let task = &claimed.task;
    let checked = engine.0.config.locations.transfer(places::asked(task)).await.map_err(|error| {
        let forbidden = error.code == ErrorCode::Forbidden;
        let why = error.summary();
        if forbidden { Denial::Forbidden(why) } else { Denial::Unknown(why) }
    })?;
    let found = places::of(&checked, task.operation, task.options.dry_run);
    if !found.iter().all(|place| held.contains(place)) {
        let why = "While it waited, one of its folders became a link that leads elsewhere, or its remote was changed. Run it again.";
        return Err(Denial::Forbidden(why.to_owned()));
    }
    options(engine, task).await
}

/// Whether its options are still taken: another Longshore or another rclone may have come since.
async fn options(engine: &Engine, task: &Task) -> Result<(), Denial> {
    let forbidden = |error: AppError| {
        let field = error.fields.keys().next().cloned().unwrap_or_else(|| "options".to_owned());
        Denial::Forbidden(format!("Its option “{field}” is no longer accepted: {}", error.summary()))
    };
    task.options.validate(task.operation).map_err(forbidden)?;
    task.guards.validate(task.operation).map_err(forbidden)?;
    match engine.0.config.rclone.check_flags(task.operation, &task.options.flags).await {
        Ok(_) => Ok(()),
        Err(error @ RcloneError::Invalid { .. }) => Err(forbidden(error.into())),
        Err(error) => {
            Err(Denial::Unknown(format!("Longshore could not check whether its options are still accepted: {error}.")))
        }
    }
}
