//! Identifiers: each its own type, so that one cannot be passed for another. All are ULIDs in text, made by the
//! server.

use std::{error::Error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text that is no id, so nothing has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseIdError {
    /// What the id was to be of: "run".
    pub noun: &'static str,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "There is no {} with this id.", self.noun)
    }
}

impl Error for ParseIdError {}

/// What all ids have in common.
pub trait Identifier: FromStr<Err = ParseIdError> + ToSchema {
    /// What it is the id of, as in "There is no run with this id".
    const NOUN: &'static str;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $noun:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, pattern = "^[0-9A-HJKMNP-TV-Z]{26}$", example = "01JD3Z6N9V4M2K8Q7W5X1T0R3S")]
        pub struct $name(String);

        impl $name {
            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let crockford = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(&b));
                if text.len() == 26 && text.bytes().all(crockford) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(ParseIdError { noun: Self::NOUN })
                }
            }
        }

        impl Identifier for $name {
            const NOUN: &'static str = $noun;
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// One execution.
    RunId, "run"
);
id!(
    /// A run that somebody saved.
    JobId, "job"
);
id!(
    /// A mount.
    MountId, "mount"
);
id!(
    /// A person or program that may sign in.
    UserId, "user"
);
id!(
    /// A token for programs.
    TokenId, "token"
);
id!(
    /// A browser that is signed in. Says nothing about its cookie.
    SessionId, "session"
);
id!(
    /// A row of the audit log.
    AuditId, "audit row"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_ulid_and_nothing_else() {
        assert!("01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse::<RunId>().is_ok());
        for bad in [
            "",
            "../../etc/passwd",
            "01jd3z6n9v4m2k8q7w5x1t0r3s",
            "01JD3Z6N9V4M2K8Q7W5X1T0R3S\n",
            "01JD3Z6N9V4M2K8Q7W5X1T0RIL",
        ] {
            assert!(bad.parse::<RunId>().is_err(), "{bad:?}");
        }
    }
}
