//! Says who somebody is, from plain values: a session, a token, a name and a password, an address. Owns passwords,
//! sessions, tokens, throttling and the first start. How a request carries them is read in `http`; what a person may do
//! once they are in is decided by the services, with [`Actor::require`].

mod accounts;
mod actor;
mod denials;
mod identify;
mod names;
mod own_password;
mod password;
mod secret;
mod session;
mod setup;
mod sign_in;
mod strength;
mod throttle;

#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

pub use accounts::{TokenPlan, issue_token, new_user};
pub use actor::{Actor, Visitor};
pub use denials::{Asked, Denial, Refusals, route};
pub use identify::Activity;
pub use secret::TOKEN_PREFIX;
pub use session::Sessions;
pub use setup::SetupCode;

use super::{
    platform::clock::Clock,
    store::{Store, audit, sessions::Limits, users},
};
use crate::domain::error::Result;

/// All of it. Clones are the same.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    passwords: password::Passwords,
    throttle: throttle::Throttle,
    setup: setup::Setup,
    denials: denials::Denials,
}

impl Auth {
    /// Looks whether there is a user yet, and is ready. The file with the setup code is written to `data_dir`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(store: Store, clock: Clock, data_dir: &Path) -> Result<Self> {
        let mut reader = store.acquire().await?;
        let needed = !users::any(&mut reader).await?;
        let signed_in = audit::sign_ins(&mut reader).await?;
        drop(reader);
        let setup = setup::Setup::new(data_dir, needed);
        let throttle = throttle::Throttle::new(&clock);
        // Where people have signed in before is known after a start as well.
        for (name, address) in signed_in {
            throttle.signed_in(&name, address.parse().ok());
        }
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            passwords: password::Passwords::new(),
            throttle,
            setup,
            denials: denials::Denials::default(),
        })))
    }

    /// Where the sessions of browsers are kept.
    #[must_use]
    pub fn sessions(&self) -> Sessions {
        Sessions::new(self.0.store.clone(), self.0.clock.clone())
    }

    /// Which sessions are alive now.
    #[must_use]
    pub fn session_limits(&self) -> Limits {
        session::limits(self.0.clock.now())
    }

    /// The hash of a new password of this user, made off the threads that answer requests.
    ///
    /// # Errors
    /// `invalid` when the password is too weak, `unavailable` when too many are hashed at this moment.
    pub async fn hash_password(&self, username: &str, password: &str) -> Result<String> {
        strength::check(username, password)?;
        self.0.passwords.hash(password).await
    }

    /// Deletes what has expired. To be called now and then; nothing depends on when.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn sweep(&self) -> Result<()> {
        self.flush_denials(false).await?;
        Ok(session::delete_expired(&self.0.store, &self.0.clock).await?)
    }
}
