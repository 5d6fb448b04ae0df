//! Identifies who makes a request. Owns passwords, sessions, tokens, throttling and the first start. What a person may
//! do once they are in is decided by the services, with [`Actor::require`].

mod accounts;
mod actor;
mod credential;
mod denials;
mod names;
mod own_password;
mod password;
mod resolve;
mod secret;
mod session;
mod setup;
mod sign_in;
mod strength;
mod throttle;

#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use tower_sessions::{SessionManagerLayer, cookie::SameSite};

pub use accounts::{TokenPlan, issue_token, new_user};
pub use actor::{Actor, Visitor};
pub use credential::{Shown, has_cookie, own_cookies, shown};
pub use denials::{Asked, Denial, Refusals, route};
pub use resolve::resolve;
pub use session::Sessions;
pub use setup::SetupCode;

use super::{
    client::TrustedProxies,
    platform::clock::Clock,
    store::{Store, audit, sessions::Limits, users},
};
use crate::domain::error::Result;

/// What has to be known about the surroundings.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Whether browsers reach the console by HTTPS: decided by its public address, never by a header.
    pub secure_cookie: bool,
    /// Where the file with the setup code is written.
    pub data_dir: PathBuf,
    /// Whose forwarding headers are believed.
    pub proxies: TrustedProxies,
}

/// All of it. Clones are the same.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    config: AuthConfig,
    passwords: password::Passwords,
    throttle: throttle::Throttle,
    setup: setup::Setup,
    denials: denials::Denials,
}

impl Auth {
    /// The cookie's name, over plain HTTP.
    pub const COOKIE: &str = session::cookie_name(false);

    /// Looks whether there is a user yet, and is ready.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(store: Store, clock: Clock, config: AuthConfig) -> Result<Self> {
        let mut reader = store.acquire().await?;
        let needed = !users::any(&mut reader).await?;
        let signed_in = audit::sign_ins(&mut reader).await?;
        drop(reader);
        let setup = setup::Setup::new(&config.data_dir, needed);
        let throttle = throttle::Throttle::new(&clock);
        // Where people have signed in before is known after a start as well.
        for (name, address) in signed_in {
            throttle.signed_in(&name, address.parse().ok());
        }
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            config,
            passwords: password::Passwords::new(),
            throttle,
            setup,
            denials: denials::Denials::default(),
        })))
    }

    /// The layer that reads and writes the cookie. [`resolve`] runs inside of it.
    #[must_use]
    pub fn session_layer(&self) -> SessionManagerLayer<Sessions> {
        let secure = self.0.config.secure_cookie;
        SessionManagerLayer::new(Sessions::new(self.0.store.clone(), self.0.clock.clone()))
            .with_name(session::cookie_name(secure))
            .with_secure(secure)
            .with_http_only(true)
            // Not strict: a link in a mail about a failed run opens the console signed in.
            .with_same_site(SameSite::Lax)
            .with_path("/")
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
