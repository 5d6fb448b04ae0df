//! Text of the operating system, which need not be UTF-8, as JSON.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
};

use serde::{Deserialize, Serialize};

/// Text of the system that may not be UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// It is.
    Utf8(String),
    /// It is not.
    Bytes(Vec<u8>),
}

impl From<OsString> for Text {
    fn from(text: OsString) -> Self {
        text.into_string().map_or_else(|text| Self::Bytes(text.as_bytes().to_vec()), Self::Utf8)
    }
}

impl From<Text> for OsString {
    fn from(text: Text) -> Self {
        match text {
            Text::Utf8(text) => text.into(),
            Text::Bytes(bytes) => Self::from_vec(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_utf8_survive_the_plan() {
        let name = OsString::from_vec(vec![b'a', 0xff]);
        let json = serde_json::to_string(&[Text::from(name.clone()), Text::from(OsString::from("b"))]).expect("json");
        let back: Vec<Text> = serde_json::from_str(&json).expect("text");
        assert_eq!(back.into_iter().map(OsString::from).collect::<Vec<_>>(), [name, "b".into()]);
    }
}
