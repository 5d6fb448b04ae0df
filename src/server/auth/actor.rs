//! Who acts: what the services are given as their first argument, and what is known about somebody who has not signed in.

use std::{fmt, net::IpAddr};

use tower_sessions::Session;

use crate::domain::{
    error::{AppError, Result},
    id::{TokenId, UserId},
    user::{Role, Theme},
};

/// By which door somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser that is signed in.
    Session,
    /// A program with a token.
    Token,
    /// The command line of this server.
    Cli,
}

impl Via {
    /// The word for it in the audit log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Cli => "cli",
        }
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The user.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// What they may: of a token, what the token may.
    pub role: Role,
    /// How the console looks to them.
    pub theme: Theme,
    /// By which door they came.
    pub via: Via,
    /// From which address.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// Refuses who may less than `role`.
    ///
    /// # Errors
    /// `forbidden`, with what is missing.
    pub fn require(&self, role: Role) -> Result<()> {
        if self.role >= role {
            return Ok(());
        }
        Err(AppError::forbidden(format!("This needs the role {}; yours is {}.", role.as_str(), self.role.as_str())))
    }
}

/// Whoever makes a request, signed in or not.
#[derive(Clone)]
pub struct Visitor {
    /// The browser's session; empty when it has none.
    pub session: Session,
    /// From which address.
    pub address: Option<IpAddr>,
    /// The token that the request showed, when that is how it was let in.
    pub(super) token: Option<TokenId>,
}

impl Visitor {
    /// A visitor without a token.
    #[must_use]
    pub const fn new(session: Session, address: Option<IpAddr>) -> Self {
        Self { session, address, token: None }
    }

    pub(super) fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }
}

impl fmt::Debug for Visitor {
    /// Without the session: its id is as good as a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::time::Timestamp, server::store::new_id};

    #[test]
    fn each_role_may_what_the_lower_ones_may() {
        let actor = Actor {
            user_id: new_id(Timestamp(0)),
            name: "marianne".to_owned(),
            role: Role::Operator,
            theme: Theme::Auto,
            via: Via::Session,
            address: None,
        };
        actor.require(Role::Viewer).expect("less");
        actor.require(Role::Operator).expect("the same");
        assert_eq!(actor.require(Role::Admin).expect_err("more").status(), 403);
    }
}
