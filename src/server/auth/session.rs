//! Sessions of browsers: our store for tower-sessions, and how long one lives.
//!
//! The cookie's own expiry decides nothing: a browser can keep a cookie for as long as it likes. A session ends by its
//! row. tower-sessions counts inactivity only for sessions that change, so the time of the last use is ours too (see
//! `identify`).

use async_trait::async_trait;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use super::{Visitor, secret};
use crate::{
    domain::{
        error::{AppError, Result as AppResult},
        id::UserId,
        time::Timestamp,
    },
    server::{
        error::{causes, internal},
        platform::clock::Clock,
        store::{
            self, Connection, Store, StoreError,
            sessions::{self, Limits, NewSession},
            users,
        },
    },
};

/// Under which key a session holds its user.
const USER: &str = "user";
/// Under which key a session that was just begun holds its id. Never stored.
const BEGUN: &str = "begun";

/// A session that was not used for so long has ended.
const IDLE_MS: i64 = 30 * 60 * 1000;
/// A session ends so long after the sign-in, used or not.
const ABSOLUTE_MS: i64 = 12 * 60 * 60 * 1000;
/// Browsers in which one user is signed in at the same time; the oldest goes.
const PER_USER: u32 = 10;

/// Which sessions are alive now.
pub(super) const fn limits(now: Timestamp) -> Limits {
    Limits {
        created_after: Timestamp(now.0.saturating_sub(ABSOLUTE_MS)),
        seen_after: Timestamp(now.0.saturating_sub(IDLE_MS)),
    }
}

/// Under what a session is stored: a hash, so that who reads the database cannot take over a session.
pub(super) fn id_hash(id: &Id) -> String {
    secret::hash(&id.to_string())
}

/// Deletes the sessions that have ended.
pub(super) async fn delete_expired(store: &Store, clock: &Clock) -> store::Result<()> {
    let mut tx = store.begin().await?;
    sessions::delete_expired(&mut tx, limits(clock.now())).await?;
    tx.commit().await
}

/// Where tower-sessions keeps its sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    store: Store,
    clock: Clock,
}

impl Sessions {
    pub(super) const fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl SessionStore for Sessions {
    /// Writes nothing: signing in has written the row, and nothing else makes a session.
    async fn create(&self, record: &mut Record) -> Result<()> {
        let begun = record.data.remove(BEGUN);
        let id = begun.as_ref().and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
        record.id = id.ok_or_else(|| Error::Encode("a session that nobody signed in to".to_owned()))?;
        Ok(())
    }

    /// Writes nothing: what a session holds never changes.
    async fn save(&self, _record: &Record) -> Result<()> {
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.clock.now();
        let mut reader = self.store.acquire().await.map_err(backend)?;
        let Some(data) = sessions::data(&mut reader, &id_hash(id), limits(now)).await.map_err(backend)? else {
            return Ok(None);
        };
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&data).map_err(|error| Error::Decode(error.to_string()))?,
            // Only told, never asked: the row's own times decide.
            expiry_date: time::OffsetDateTime::from_unix_timestamp((now.0 + IDLE_MS).div_euclid(1000))
                .map_err(|error| Error::Decode(error.to_string()))?,
        }))
    }

    /// Who ends a session has deleted its row, in a transaction of their own: then nothing is written here.
    async fn delete(&self, id: &Id) -> Result<()> {
        let hash = id_hash(id);
        let mut reader = self.store.acquire().await.map_err(backend)?;
        let stored = sessions::data(&mut reader, &hash, limits(self.clock.now())).await.map_err(backend)?;
        drop(reader);
        if stored.is_none() {
            return Ok(());
        }
        let mut tx = self.store.begin().await.map_err(backend)?;
        sessions::delete(&mut tx, &hash).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

/// A session whose row is written. After the commit, [`Self::hand_over`] gives it to the browser.
#[must_use = "the browser gets no cookie otherwise"]
pub(super) struct Begun {
    id: Id,
    user: UserId,
}

/// Begins a session of this user in the transaction that lets them in: on a full disk, neither happens. The session
/// that the browser came with ends.
pub(super) async fn begin(
    tx: &mut Connection,
    visitor: &Visitor,
    user: &UserId,
    at: Timestamp,
) -> store::Result<Begun> {
    if let Some(before) = visitor.session.id() {
        sessions::delete(tx, &id_hash(&before)).await?;
    }
    let epoch = users::epoch(tx, user).await?.ok_or(StoreError::Corrupt("session without a user"))?;
    let data = serde_json::json!({ USER: user }).to_string();
    let address = visitor.address_text();
    let id = loop {
        let id = Id::default();
        let session = NewSession {
            id_hash: &id_hash(&id),
            user_id: user,
            epoch,
            data: &data,
            address: address.as_deref(),
            agent: visitor.agent.as_deref(),
            at,
        };
        match sessions::insert(tx, &session).await {
            Ok(()) => break id,
            Err(StoreError::Taken) => {}
            Err(error) => return Err(error),
        }
    };
    sessions::delete_surplus(tx, user, PER_USER).await?;
    Ok(Begun { id, user: *user })
}

impl Begun {
    /// Puts the session into the visitor's browser, under its new id: one that somebody else planted there is worth
    /// nothing. The layer sends the cookie when the answer goes out.
    pub(super) async fn hand_over(self, visitor: &Visitor) -> AppResult<()> {
        visitor.session.clear().await;
        visitor.session.cycle_id().await.map_err(|error| broken(&error))?;
        visitor.session.insert(USER, &self.user).await.map_err(|error| broken(&error))?;
        visitor.session.insert(BEGUN, self.id.to_string()).await.map_err(|error| broken(&error))
    }
}

/// A session that could not be changed in the browser; its row is as it should be.
pub(super) fn broken(error: &tower_sessions::session::Error) -> AppError {
    internal("a session could not be changed", error)
}

fn backend(error: impl Into<StoreError>) -> Error {
    Error::Backend(causes(&error.into()))
}
