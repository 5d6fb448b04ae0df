//! A person's own password: changed with the one before. A session alone is not enough.

use serde_json::json;

use super::{Actor, Auth, Visitor, session};
use crate::{
    domain::{
        audit::Via,
        error::{AppError, Result},
        user::PasswordChange,
    },
    server::store::{Connection, audit, sessions, users},
};

impl Auth {
    /// Changes the password of who asks, ends their other sessions, and gives this browser a new one. Tokens stay.
    ///
    /// # Errors
    /// `invalid` with the field, `rate_limited` with the seconds to wait.
    pub async fn change_password(&self, actor: &Actor, visitor: &Visitor, change: &PasswordChange) -> Result<()> {
        if change.password_again.as_ref().is_some_and(|again| *again != change.password) {
            return Err(AppError::invalid("password_again", "The two passwords differ."));
        }
        // Guessing here is guessing at the sign-in.
        self.0.throttle.sign_in(&actor.name, visitor.address)?;
        let mut reader = self.0.store.acquire().await?;
        let before = users::password_hash(&mut reader, &actor.user_id).await?;
        drop(reader);
        if !self.0.passwords.verify(&change.current_password, before.as_deref()).await? {
            let mut tx = self.0.store.begin().await?;
            self.note_password(&mut tx, actor, visitor, None).await?;
            tx.commit().await?;
            return Err(AppError::invalid("current_password", "This is not your password."));
        }
        self.0.throttle.signed_in(&actor.name, visitor.address);
        if change.password == change.current_password {
            return Err(AppError::invalid("password", "This is your current password. Choose another."));
        }
        let hash = self.hash_password(&actor.name, &change.password).await?;

        let mut tx = self.0.store.begin().await?;
        // The check took a while: somebody may have given them another one meanwhile.
        if users::password_hash(&mut tx, &actor.user_id).await? != before {
            return Err(AppError::conflict("Your password was changed meanwhile. Sign in again."));
        }
        users::set_password(&mut tx, &actor.user_id, &hash).await?;
        users::set_must_change(&mut tx, &actor.user_id, false).await?;
        let ended = sessions::delete_of_user(&mut tx, &actor.user_id).await?;
        self.note_password(&mut tx, actor, visitor, Some(ended)).await?;
        let begun = match actor.via {
            Via::Session => Some(session::begin(&mut tx, visitor, &actor.user_id, self.0.clock.now()).await?),
            _ => None,
        };
        tx.commit().await?;
        match begun {
            Some(begun) => begun.hand_over(visitor).await,
            None => Ok(()),
        }
    }

    /// Writes that it was changed, with how many sessions ended, or that somebody did not know the one before.
    async fn note_password(
        &self,
        tx: &mut Connection,
        actor: &Actor,
        visitor: &Visitor,
        ended: Option<u64>,
    ) -> Result<()> {
        let detail =
            ended.map_or_else(|| json!({ "own": true }), |sessions| json!({ "own": true, "sessions": sessions }));
        let entry = actor
            .entry(self.0.clock.now(), "user.password")
            .from(visitor.address_text())
            .to(&actor.name)
            .with(detail)
            .succeeded(ended.is_some());
        Ok(audit::insert(tx, &entry).await?)
    }
}
