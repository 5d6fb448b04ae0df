//! Identifiers: each its own type, so that one cannot be passed for another. All are ULIDs, made by the server, and are
//! the same text wherever they are written. They are small and `Copy`.

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

/// Characters of an id.
const LEN: usize = 26;

/// What all ids have in common.
pub trait Identifier: FromStr<Err = ParseIdError> + ToSchema {
    /// What it is the id of, as in "There is no run with this id".
    const NOUN: &'static str;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $noun:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, pattern = "^[0-9A-HJKMNP-TV-Z]{26}$", example = "01JD3Z6N9V4M2K8Q7W5X1T0R3S")]
        pub struct $name([u8; LEN]);

        impl $name {
            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                str::from_utf8(&self.0).unwrap_or_else(|_| unreachable!("an id is ASCII"))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let crockford = |b: &u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(b));
                let id = text.as_bytes().try_into().ok().filter(|id: &[u8; LEN]| id.iter().all(crockford));
                id.map(Self).ok_or(ParseIdError { noun: Self::NOUN })
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
                id.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
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
            "01JD3Z6N9V4M2K8Q7W5X1T0R3",
            "01JD3Z6N9V4M2K8Q7W5X1T0R3SS",
            "01JD3Z6N9V4M2K8Q7W5X1T0R3\u{df}",
            "01JD3Z6N9V4M2K8Q7W5X1T0R\u{df}",
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            assert!(bad.parse::<RunId>().is_err(), "{bad:?}");
            assert!(serde_json::from_value::<RunId>(bad.into()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_id_is_one_text_everywhere_and_sorts_like_it() {
        let texts = [
            "00000000000000000000000000",
            "0123456789ABCDEFGHJKMNPQRS",
            "01JD3Z6N9V4M2K8Q7W5X1T0R3S",
            "01JD3Z6N9V4M2K8Q7W5X1T0R3T",
            "01JD3Z6N9W0000000000000000",
            "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            // More than a ULID holds: no id is made so, and none turns into another.
            "ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
        ];
        let mut before: Option<RunId> = None;
        for text in texts {
            let id: RunId = text.parse().expect(text);
            let copy = id;
            assert_eq!((id.as_str(), copy.to_string(), String::from(id)), (text, text.to_owned(), text.to_owned()));
            assert_eq!(serde_json::to_value(id).expect("JSON"), text);
            assert_eq!(serde_json::from_value::<RunId>(text.into()).expect(text), id);
            assert_eq!(format!("{id:?}"), format!("RunId({text:?})"));
            assert!(before.replace(id) < Some(id), "{text}");
        }
    }
}
