//! rclone’s calls that create a remote, and the questions that it asks meanwhile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Nothing, RawOption};

/// `config/create`, asked.
#[derive(Serialize)]
pub struct Create<'a> {
    /// The new remote's name.
    pub name: &'a str,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// Its options.
    pub parameters: &'a BTreeMap<String, String>,
    /// How.
    pub opt: CreateOptions<'a>,
}

/// `config/update`, asked to go on with rclone's questions.
#[derive(Serialize)]
pub struct GoOn<'a> {
    /// The remote's name.
    pub name: &'a str,
    /// None: they are set.
    pub parameters: Nothing,
    /// How.
    pub opt: CreateOptions<'a>,
}

/// How a remote is created.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateOptions<'a> {
    /// Ask on no terminal.
    pub non_interactive: bool,
    /// Passwords are given plain, always: without it rclone guesses.
    pub obscure: bool,
    /// Whether this answers a question.
    #[serde(rename = "continue")]
    pub go_on: bool,
    /// Which.
    pub state: &'a str,
    /// The answer.
    pub result: &'a str,
}

/// `config/create` and `config/update`, answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub struct Created {
    /// What went wrong.
    pub error: String,
    /// Not empty when rclone has a question.
    pub state: String,
    /// The question.
    pub option: Option<RawOption>,
}
