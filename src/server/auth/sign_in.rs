//! Signing in and out of a browser. Signing in is two steps: a password is verified, then a session begins.

use serde_json::json;

use super::{
    Actor, Auth, Visitor,
    password::Passwords,
    session::{self, id_hash},
};
use crate::{
    domain::{
        audit::Via,
        error::{AppError, ErrorCode, Result},
        id::UserId,
    },
    server::store::{
        Connection,
        audit::{self, Entry},
        sessions,
        users::{self, User},
    },
};

/// Somebody who gave the right password, and is not signed in by that alone.
pub(super) struct Verified {
    /// As they typed it: the throttle counts by it.
    username: String,
    user_id: UserId,
    /// What the password was compared with.
    hash: String,
    /// The same password by today's parameters, where it was stored by older ones.
    rehashed: Option<String>,
}

impl Auth {
    /// Signs in with a name and a password. The answer is the same, and takes as long, whether the name is unknown, the
    /// password wrong or the user disabled.
    ///
    /// # Errors
    /// `unauthenticated`, or `rate_limited` with the seconds to wait.
    pub async fn sign_in(&self, visitor: &Visitor, username: &str, password: &str) -> Result<User> {
        let verified = self.verify(visitor, username, password).await?;
        // A second factor would be asked for here: until it is given, there is no session.
        self.admit(visitor, verified).await
    }

    /// The first step: checks the password. It begins nothing.
    pub(super) async fn verify(&self, visitor: &Visitor, username: &str, password: &str) -> Result<Verified> {
        self.0.throttle.sign_in(username, visitor.address)?;
        let (user, hash) = self.look_up(username).await?;
        let fits = self.0.passwords.verify(password, hash.as_deref()).await?;
        match (user, hash) {
            (Some(user), Some(hash)) if fits => {
                let outdated = Passwords::is_outdated(&hash);
                let rehashed = if outdated { Some(self.0.passwords.hash(password).await?) } else { None };
                Ok(Verified { username: username.to_owned(), user_id: user.id, hash, rehashed })
            }
            (user, _) => {
                let mut tx = self.0.store.begin().await?;
                let user = match user {
                    Some(user) => users::get(&mut tx, &user.id).await?,
                    None => None,
                };
                self.note_sign_in(&mut tx, visitor, user.as_ref(), false).await?;
                tx.commit().await?;
                Err(refused())
            }
        }
    }

    /// The second step: begins the session of somebody who was verified, when they may still have one.
    pub(super) async fn admit(&self, visitor: &Visitor, verified: Verified) -> Result<User> {
        let Verified { username, user_id, hash, rehashed } = verified;
        let mut tx = self.0.store.begin().await?;
        // The first step took a while: what it was about may have changed meanwhile.
        let user = users::get(&mut tx, &user_id).await?;
        let current = users::password_hash(&mut tx, &user_id).await?;
        let admitted = user.as_ref().filter(|user| !user.disabled && current.as_ref() == Some(&hash));
        if let (Some(user), Some(rehashed)) = (admitted, rehashed) {
            users::set_password(&mut tx, &user.id, &rehashed).await?;
        }
        if let Some(user) = admitted {
            users::set_signed_in(&mut tx, &user.id, self.0.clock.now()).await?;
        }
        self.note_sign_in(&mut tx, visitor, user.as_ref(), admitted.is_some()).await?;
        let begun = match admitted {
            Some(user) => Some(session::begin(&mut tx, visitor, &user.id, self.0.clock.now()).await?),
            None => None,
        };
        tx.commit().await?;

        let (Some(user), Some(begun)) = (admitted.cloned(), begun) else { return Err(refused()) };
        self.0.throttle.signed_in(&username, visitor.address);
        begun.hand_over(visitor).await?;
        Ok(user)
    }

    /// Writes into the audit log that somebody signed in, or was refused.
    async fn note_sign_in(
        &self,
        tx: &mut Connection,
        visitor: &Visitor,
        user: Option<&User>,
        success: bool,
    ) -> Result<()> {
        // Not what was typed, when it is nobody's name: people type passwords there.
        let name = user.map_or("", |user| &user.name);
        let entry = Entry::new(self.0.clock.now(), Via::Session.as_str(), "session.create")
            .by(user.map(|user| user.id), name)
            .from(visitor.address_text())
            .succeeded(success);
        Ok(audit::insert(tx, &entry).await?)
    }

    /// Signs out: ends this browser's session, or with `everywhere` all sessions of its user. Tokens stay.
    ///
    /// # Errors
    /// When the database cannot be written; then nothing has ended.
    pub async fn sign_out(&self, actor: &Actor, visitor: &Visitor, everywhere: bool) -> Result<()> {
        let own = Self::session_hash(visitor);
        let mut tx = self.0.store.begin().await?;
        let (action, detail) = if everywhere {
            ("session.delete_all", json!({ "sessions": sessions::delete_of_user(&mut tx, &actor.user_id).await? }))
        } else {
            if let Some(own) = &own {
                sessions::delete(&mut tx, own).await?;
            }
            ("session.delete", json!({}))
        };
        let entry = actor.entry(self.0.clock.now(), action).from(visitor.address_text()).to(&actor.name).with(detail);
        audit::insert(&mut tx, &entry).await?;
        tx.commit().await?;
        if own.is_none() {
            return Ok(());
        }
        // The row is gone; what is left of the session is the cookie, which this takes back.
        visitor.session.flush().await.map_err(|error| session::broken(&error))
    }

    /// Under what the visitor's own session is stored, when they came with one and not with a token.
    #[must_use]
    pub fn session_hash(visitor: &Visitor) -> Option<String> {
        visitor.session.id().filter(|_| visitor.token.is_none()).as_ref().map(id_hash)
    }

    async fn look_up(&self, username: &str) -> Result<(Option<User>, Option<String>)> {
        let mut reader = self.0.store.acquire().await?;
        let user = users::get_by_name(&mut reader, username.trim()).await?;
        let hash = match &user {
            Some(user) => users::password_hash(&mut reader, &user.id).await?,
            None => None,
        };
        Ok((user, hash))
    }
}

/// One answer to whatever was wrong.
fn refused() -> AppError {
    AppError::new(ErrorCode::Unauthenticated, "The name or the password is wrong.")
}
