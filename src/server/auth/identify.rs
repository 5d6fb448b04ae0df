//! Says who makes a request: at its beginning, and again while a long answer goes on.

use std::{sync::atomic::Ordering, time::Duration};

use tower_sessions::session::Id;

use super::{
    Actor, Auth, Visitor, secret,
    session::{id_hash, limits},
};
use crate::{
    domain::{audit::Via, error::Result, time::Timestamp},
    server::store::{self, sessions, tokens},
};

/// How exact the time of the last use is. Each request would write otherwise.
const TOUCH_MS: u64 = 60_000;
/// How long a request waits to note the time of its use, when others write.
const TOUCH_WAIT: Duration = Duration::from_millis(200);

/// Whether a request keeps its session alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// A person does something.
    Use,
    /// A page that is left open asks by itself.
    Idle,
}

impl Auth {
    /// Who makes a request: by the token that it shows, else by the visitor's session. A token counts alone, so that no
    /// other site can borrow the session. `None` is nobody known, which is no error: what needs an actor says so
    /// itself.
    ///
    /// # Errors
    /// `rate_limited` after too many tokens that are none, or when the database cannot be read.
    pub async fn identify(
        &self,
        visitor: &mut Visitor,
        token: Option<&str>,
        activity: Activity,
    ) -> Result<Option<Actor>> {
        self.refresh_setup().await?;
        match token {
            Some(token) => self.by_token(visitor, token).await,
            None => Ok(self.by_session(visitor, activity).await?),
        }
    }

    /// The first of several ids that is of a session that lives.
    pub async fn live_session(&self, ids: impl IntoIterator<Item = Id>) -> Option<Id> {
        let mut reader = self.0.store.acquire().await.ok()?;
        for id in ids {
            if let Ok(Some(_)) = sessions::live(&mut reader, &id_hash(&id), limits(self.0.clock.now())).await {
                return Some(id);
            }
        }
        None
    }

    /// Whether the visitor is still this actor: by a session or a token that was not ended, the same user, the same
    /// role, the same scopes. Asking does not count as use.
    pub async fn still_valid(&self, actor: &Actor, visitor: &Visitor) -> bool {
        let same = |now: &Actor| now.user_id == actor.user_id && now.role == actor.role && now.scopes == actor.scopes;
        matches!(self.current(visitor).await, Ok(Some(now)) if same(&now))
    }

    /// Who the visitor is now, by the token or the session that they came with.
    pub(super) async fn current(&self, visitor: &Visitor) -> store::Result<Option<Actor>> {
        let Some(id) = &visitor.token else { return self.by_session(visitor, Activity::Idle).await };
        let mut reader = self.0.store.acquire().await?;
        let token = tokens::live_by_id(&mut reader, id, self.0.clock.now()).await?;
        Ok(token.map(|token| token_actor(token, visitor)))
    }

    async fn by_session(&self, visitor: &Visitor, activity: Activity) -> store::Result<Option<Actor>> {
        let Some(id) = visitor.session.id() else { return Ok(None) };
        let (hash, now) = (id_hash(&id), self.0.clock.now());
        let mut reader = self.0.store.acquire().await?;
        let Some(live) = sessions::live(&mut reader, &hash, limits(now)).await? else { return Ok(None) };
        drop(reader);
        if activity == Activity::Use && is_due(Some(live.last_seen_at), now) {
            let touched = async {
                let mut tx = self.0.store.begin_within(TOUCH_WAIT).await?;
                sessions::touch(&mut tx, &hash, now).await?;
                tx.commit().await
            };
            note(touched.await);
        }
        let user = live.user;
        visitor.must_change.store(user.must_change, Ordering::Relaxed);
        Ok(Some(Actor {
            user_id: user.id,
            name: user.name,
            role: user.role,
            scopes: None,
            theme: user.theme,
            via: Via::Session,
            token: None,
            address: visitor.address,
        }))
    }

    async fn by_token(&self, visitor: &mut Visitor, token: &str) -> Result<Option<Actor>> {
        let now = self.0.clock.now();
        let mut reader = self.0.store.acquire().await?;
        let found = tokens::live(&mut reader, &secret::hash(token), now).await?;
        drop(reader);
        let Some(live) = found else {
            self.0.throttle.unknown_token(visitor.address)?;
            return Ok(None);
        };
        if is_due(live.last_used_at, now) {
            let touched = async {
                let mut tx = self.0.store.begin_within(TOUCH_WAIT).await?;
                tokens::touch(&mut tx, &live.id, now).await?;
                tx.commit().await
            };
            note(touched.await);
        }
        visitor.token = Some(live.id);
        Ok(Some(token_actor(live, visitor)))
    }
}

fn token_actor(token: tokens::Live, visitor: &Visitor) -> Actor {
    Actor {
        user_id: token.user.id,
        name: token.user.name,
        role: token.role,
        scopes: token.scopes,
        theme: token.user.theme,
        via: Via::Token,
        token: Some(token.id),
        address: visitor.address,
    }
}

fn is_due(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| now.millis_since(last) >= TOUCH_MS)
}

/// A request is not refused because the time of its use could not be noted.
fn note(touched: store::Result<()>) {
    if let Err(error) = touched {
        tracing::warn!(%error, "the time of the last use could not be noted");
    }
}
