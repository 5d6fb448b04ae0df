//! The actor: the first argument of every service. And the visitor: what is known about somebody who has not signed in.

use std::{
    fmt,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tower_sessions::Session;

use crate::{
    domain::{
        audit::Via,
        error::{AppError, Result},
        id::{TokenId, UserId},
        policy::Permission,
        time::Timestamp,
        user::{Role, Theme},
    },
    server::store::audit::Entry,
};

/// Characters that are kept of what a browser calls itself.
const AGENT_LEN: usize = 256;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The user.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// What they may: of a token, what the token may.
    pub role: Role,
    /// To what of it a token is narrowed down; `None` is all.
    pub scopes: Option<Arc<[Permission]>>,
    /// How the console looks to them.
    pub theme: Theme,
    /// By which door they came.
    pub via: Via,
    /// With which token.
    pub token: Option<TokenId>,
    /// From which address.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// Refuses who may not do this, by their role or by the scopes of their token.
    ///
    /// # Errors
    /// `forbidden`, with what is missing.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if !self.role.may(permission) {
            let (needed, own) = (permission.role().as_str(), self.role.as_str());
            return Err(AppError::forbidden(format!("This needs the role {needed}; yours is {own}.")));
        }
        if self.scopes.as_ref().is_some_and(|scopes| !scopes.contains(&permission)) {
            return Err(AppError::forbidden(format!("This token does not allow {}.", permission.as_str())));
        }
        Ok(())
    }
}

impl Actor {
    /// A row of the audit log for something that they do.
    pub fn entry<'a>(&self, at: Timestamp, action: &'a str) -> Entry<'a> {
        let address = self.address.map(|address| address.to_string());
        Entry::new(at, self.via.as_str(), action).by(Some(self.user_id), &self.name).from(address)
    }
}

/// The sender of a request, signed in or not.
#[derive(Clone)]
pub struct Visitor {
    /// The browser's session; empty when it has none.
    pub session: Session,
    /// From which address.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub(super) agent: Option<Arc<str>>,
    /// The token that the request showed, when that is how it was let in.
    pub(super) token: Option<TokenId>,
    /// Whether their session may do nothing but choose a new password.
    pub(super) must_change: Arc<AtomicBool>,
}

impl Visitor {
    /// A visitor without a token, whose browser calls itself `agent`.
    #[must_use]
    pub fn new(session: Session, address: Option<IpAddr>, agent: Option<&str>) -> Self {
        let agent = agent.map(|text| text.chars().take(AGENT_LEN).collect::<String>().into());
        Self { session, address, agent, token: None, must_change: Arc::default() }
    }

    /// Whether they have to choose a password of their own before anything else: somebody else gave them the one they
    /// signed in with.
    #[must_use]
    pub fn must_change_password(&self) -> bool {
        self.must_change.load(Ordering::Relaxed)
    }

    pub(super) fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }
}

impl fmt::Debug for Visitor {
    /// Without the session: its id is a secret, like a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::new_id;

    #[test]
    fn a_role_and_the_scopes_of_a_token_both_count() {
        let mut actor = Actor {
            user_id: new_id(Timestamp(0)),
            name: "marianne".to_owned(),
            role: Role::Operator,
            scopes: None,
            theme: Theme::Auto,
            token: None,
            via: Via::Session,
            address: None,
        };
        actor.require(Permission::RunsRead).expect("less");
        actor.require(Permission::RunsWrite).expect("the same");
        assert_eq!(actor.require(Permission::RemotesWrite).expect_err("more").status(), 403);
        actor.scopes = Some(Arc::new([Permission::RunsRead, Permission::UsersWrite]));
        actor.require(Permission::RunsRead).expect("in scope");
        assert_eq!(actor.require(Permission::RunsWrite).expect_err("out of scope").status(), 403);
        assert_eq!(actor.require(Permission::UsersWrite).expect_err("a scope is no role").status(), 403);
    }
}
