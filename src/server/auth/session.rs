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

use super::secret;
use crate::{
    domain::{id::UserId, time::Timestamp},
    server::{
        error::causes,
        platform::clock::Clock,
        store::{
            self, Store, StoreError,
            sessions::{self, Limits, NewSession},
        },
    },
};

/// Under which key a session holds its user.
pub(super) const USER: &str = "user";
/// Under which key it holds the user's epoch at the sign-in.
pub(super) const EPOCH: &str = "epoch";

/// Under which keys it holds from where, and with what browser, it was begun.
pub(super) const ADDRESS: &str = "address";
pub(super) const AGENT: &str = "agent";

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
    async fn create(&self, record: &mut Record) -> Result<()> {
        // A session is made by signing in and by nothing else.
        let (user, epoch) = owner(record).ok_or_else(|| Error::Encode("a session without a user".to_owned()))?;
        let data = encode(record)?;
        let mut tx = self.store.begin().await.map_err(backend)?;
        loop {
            let text = |key| record.data.get(key).and_then(|value| value.as_str());
            let session = NewSession {
                id_hash: &id_hash(&record.id),
                user_id: &user,
                epoch,
                data: &data,
                address: text(ADDRESS),
                agent: text(AGENT),
                at: self.clock.now(),
            };
            match sessions::insert(&mut tx, &session).await {
                Ok(()) => break,
                Err(StoreError::Taken) => record.id = Id::default(),
                Err(error) => return Err(backend(error)),
            }
        }
        sessions::delete_surplus(&mut tx, &user, PER_USER).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    /// One that was ended while its request ran stays ended: this makes none.
    async fn save(&self, record: &Record) -> Result<()> {
        let data = encode(record)?;
        let mut tx = self.store.begin().await.map_err(backend)?;
        sessions::set_data(&mut tx, &id_hash(&record.id), &data).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
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

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.store.begin().await.map_err(backend)?;
        sessions::delete(&mut tx, &id_hash(id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

fn owner(record: &Record) -> Option<(UserId, i64)> {
    Some((record.data.get(USER)?.as_str()?.parse().ok()?, record.data.get(EPOCH)?.as_i64()?))
}

fn encode(record: &Record) -> Result<String> {
    serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

fn backend(error: impl Into<StoreError>) -> Error {
    Error::Backend(causes(&error.into()))
}
