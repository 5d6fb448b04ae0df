//! Tokens for programs: the request for one, and what is shown of one. The token itself is shown once, when it is
//! created.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{AppError, Result},
    id::{TokenId, UserId},
    policy::Permission,
    time::Timestamp,
    user::Role,
};

/// Days that a token lives when nobody says.
pub const DAYS: u32 = 90;
/// Most days that a token lives: ten years is longer than anybody remembers it.
pub const DAYS_MAX: u32 = 3650;
/// Characters of what a token is for.
const LABEL_MAX: usize = 100;

/// What a token is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for, in at most 100 characters.
    #[schema(example = "nightly backup of nas-01")]
    pub label: String,
    /// What it may: at most what who makes it may.
    pub role: Role,
    /// To what of it it is narrowed down; all that the role has when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Permission>>,
    /// How many days it lives, 1 to 3,650; 90 when absent.
    #[serde(default = "days")]
    pub expires_in_days: u32,
    /// How many files a delete or a move that it starts may delete, or take from its source, without asking; 0 when
    /// absent.
    #[serde(default)]
    pub may_delete: u32,
}

const fn days() -> u32 {
    DAYS
}

impl NewToken {
    /// Refuses what no token can be, naming the field.
    pub fn validate(&self) -> Result<()> {
        validate_label(&self.label)?;
        if !(1..=DAYS_MAX).contains(&self.expires_in_days) {
            return Err(AppError::invalid("expires_in_days", "A token is valid for 1 to 3,650 days."));
        }
        if self.may_delete > 0 && !self.role.may(Permission::RunsWrite) {
            let role = Permission::RunsWrite.role().as_str();
            return Err(AppError::invalid(
                "may_delete",
                format!("Only a token that may start runs can have this: it needs the role {role}."),
            ));
        }
        let Some(scopes) = &self.scopes else { return Ok(()) };
        if scopes.is_empty() {
            return Err(AppError::invalid(
                "scopes",
                "Choose at least one, or leave scopes out to allow everything its role allows.",
            ));
        }
        match scopes.iter().find(|scope| !self.role.may(**scope)) {
            Some(scope) => {
                let problem = format!("{} needs the role {}.", scope.as_str(), scope.role().as_str());
                Err(AppError::invalid("scopes", problem))
            }
            None => Ok(()),
        }
    }
}

/// A token says what it is for.
pub fn validate_label(label: &str) -> Result<()> {
    let label = label.trim();
    if label.is_empty() || label.chars().count() > LABEL_MAX || label.chars().any(char::is_control) {
        return Err(AppError::invalid("label", "Say what the token is for, in at most 100 characters."));
    }
    Ok(())
}

/// Whether a token can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// It can.
    Usable,
    /// Its time is over.
    Expired,
    /// Its owner is disabled.
    Stopped,
}

/// A token that was not revoked, without the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenSummary {
    /// By what it is named.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// Their name.
    pub user: String,
    /// What it is for.
    pub label: String,
    /// What it may now: at most what its owner may.
    pub role: Role,
    /// To what of it it is narrowed down; absent is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Permission>>,
    /// How many files a delete or a move that it starts may delete, or take from its source, without asking; absent is
    /// none beyond the budget.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub may_delete: u32,
    /// Whether it can be used.
    pub state: TokenState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute; absent when never.
    pub last_used_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// A token that was made just now.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// What is shown of it from now on.
    #[serde(flatten)]
    pub summary: TokenSummary,
    /// The token itself. This once and never again: only its hash is stored.
    #[schema(example = "lsh_…")]
    pub token: String,
}

impl fmt::Debug for IssuedToken {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("summary", &self.summary).finish_non_exhaustive()
    }
}

/// Which tokens are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TokenQuery {
    /// Whose: one's own when empty, those of one person by name, everybody's with `*`.
    pub user: String,
    /// Only those before this one, newest first: the cursor from the previous page.
    pub cursor: Option<TokenId>,
    /// How many, at most 1,000; 0 is 100.
    pub limit: u32,
}

/// A page of tokens, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenPage {
    /// The tokens.
    pub tokens: Vec<TokenSummary>,
    /// Give it back to have the next page; `None` on the last.
    pub cursor: Option<TokenId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> NewToken {
        NewToken {
            label: "nightly".to_owned(),
            role: Role::Operator,
            scopes: None,
            expires_in_days: DAYS,
            may_delete: 0,
        }
    }

    #[test]
    fn what_no_token_can_be_is_refused_by_field() {
        token().validate().expect("good");
        NewToken { scopes: Some(vec![Permission::RunsWrite]), ..token() }.validate().expect("good");
        for (wrong, field) in [
            (NewToken { label: " ".to_owned(), ..token() }, "label"),
            (NewToken { label: "x".repeat(101), ..token() }, "label"),
            (NewToken { label: "a\nb".to_owned(), ..token() }, "label"),
            (NewToken { expires_in_days: 0, ..token() }, "expires_in_days"),
            (NewToken { expires_in_days: 3651, ..token() }, "expires_in_days"),
            (NewToken { role: Role::Viewer, may_delete: 1, ..token() }, "may_delete"),
            (NewToken { scopes: Some(Vec::new()), ..token() }, "scopes"),
            (NewToken { scopes: Some(vec![Permission::UsersWrite]), ..token() }, "scopes"),
        ] {
            assert!(wrong.validate().expect_err(field).field(field).is_some(), "{field}");
        }
    }

    #[test]
    fn a_new_token_is_not_shown_by_accident() {
        let id = "01JD3Z6N9V4M2K8Q7W5X1T0R3S";
        let summary = TokenSummary {
            id: id.parse().expect("id"),
            user_id: id.parse().expect("id"),
            user: "ana".to_owned(),
            label: "nightly".to_owned(),
            role: Role::Viewer,
            scopes: None,
            may_delete: 0,
            state: TokenState::Usable,
            created_at: Timestamp(0),
            expires_at: Timestamp(1),
            last_used_at: None,
        };
        let issued = IssuedToken { summary, token: "lsh_secret".to_owned() };
        assert!(!format!("{issued:?}").contains("secret"));
        assert_eq!(serde_json::to_value(&issued).expect("JSON")["token"], "lsh_secret");
    }
}
