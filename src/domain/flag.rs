//! rclone options without a field of their own: their names, types and valid values.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::{
    ToSchema,
    openapi::{
        ArrayBuilder, Object, ObjectBuilder, Schema, Type,
        schema::{AdditionalProperties, OneOfBuilder, SchemaType},
    },
};

use super::value;

/// Most flags of a run.
pub const FLAGS: usize = 200;
/// Longest text, in bytes.
const TEXT: usize = 4096;
/// Most items of a list.
const ITEMS: usize = 200;

/// The value of a flag, as it is given: a switch, a number, a text, or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FlagValue {
    /// On or off.
    Switch(bool),
    /// A number.
    Number(Number),
    /// A text, also for sizes, durations, rates and times.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// Anything else. No flag takes it; it is kept so that it can be refused by the flag's name.
    Other(serde_json::Value),
}

impl FlagValue {
    /// Its words as rclone's command line has them: one, or one for each item of a list.
    #[must_use]
    pub fn to_args(&self) -> Vec<String> {
        match self {
            Self::Switch(on) => vec![on.to_string()],
            Self::Number(number) => vec![number.to_string()],
            Self::Text(text) => vec![text.clone()],
            Self::List(items) => items.clone(),
            Self::Other(_) => Vec::new(),
        }
    }
}

/// The rules of flags, for the description of the API.
#[must_use]
pub fn flags_schema() -> Object {
    let text = || ObjectBuilder::new().schema_type(Type::String).max_length(Some(TEXT));
    let kind = |kind| ObjectBuilder::new().schema_type(SchemaType::Type(kind));
    let list = ArrayBuilder::new().items(text()).max_items(Some(ITEMS));
    let value = OneOfBuilder::new().item(kind(Type::Boolean)).item(kind(Type::Number)).item(text()).item(list);
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "Other rclone options, by rclone's names; `/api/v1/operations/{operation}/options` lists them.",
        ))
        .additional_properties(Some(AdditionalProperties::RefOr(Schema::from(value).into())))
        .max_properties(Some(FLAGS))
        .examples([serde_json::json!({ "track_renames": true, "order_by": "size,descending" })])
        .build()
}

/// What the value of a flag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A size: `16Mi`, `1.5G`, or `off`.
    Size,
    /// A duration: `1h30m`, `500ms`.
    Duration,
    /// A rate, or a timetable of rates: `10M`, `08:00,512k 23:00,off`.
    Bandwidth,
    /// A date, with or without a time.
    Time,
    /// One of a few words.
    Choice,
    /// A text.
    Text,
    /// Several texts.
    List,
}

/// An option of rclone's that a run may be given among its `flags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Flag {
    /// rclone's name for it.
    #[schema(example = "track_renames")]
    pub name: String,
    /// What it does, in rclone's words.
    #[schema(example = "When synchronizing, track file renames and do a server-side move if possible")]
    pub help: String,
    /// What its value is.
    pub kind: FlagKind,
    /// What counts when it is not given, as rclone writes it.
    #[schema(example = "false")]
    pub default: String,
    /// Where rclone's documentation has it.
    #[schema(example = "Sync")]
    pub group: String,
    /// The values of a choice.
    pub choices: Vec<String>,
}

impl Flag {
    /// The value as it is kept and given to rclone, or what is wrong with it. A number may be given as text too.
    pub fn check(&self, value: &FlagValue) -> Result<FlagValue, String> {
        let text = |value: &FlagValue| match value {
            FlagValue::Text(text) => Some(text.trim().to_owned()),
            FlagValue::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let refuse = |problem: &str| Err(problem.to_owned());
        let checked = match (self.kind, value) {
            (FlagKind::Bool, FlagValue::Switch(on)) => Some(FlagValue::Switch(*on)),
            (FlagKind::Bool, FlagValue::Text(text)) => match text.trim() {
                "true" => Some(FlagValue::Switch(true)),
                "false" => Some(FlagValue::Switch(false)),
                _ => None,
            },
            (FlagKind::Int, value) => text(value).and_then(|text| whole(&text)).map(|n| FlagValue::Number(n.into())),
            (FlagKind::Float, value) => text(value).and_then(|text| decimal(&text)).map(FlagValue::Number),
            (FlagKind::Size, value) => {
                text(value).filter(|text| value::Size::parse(text).is_some()).map(FlagValue::Text)
            }
            (FlagKind::Duration, value) => {
                text(value).filter(|text| value::Duration::parse_go(text).is_some()).map(FlagValue::Text)
            }
            (FlagKind::Bandwidth, value) => {
                text(value).filter(|text| value::Timetable::parse(text).is_some()).map(FlagValue::Text)
            }
            (FlagKind::Time, FlagValue::Text(text)) => {
                Some(text.trim().to_owned()).filter(|text| value::date(text).is_some()).map(FlagValue::Text)
            }
            (FlagKind::Choice, FlagValue::Text(text)) => self
                .choices
                .iter()
                .find(|choice| choice.eq_ignore_ascii_case(text.trim()))
                .cloned()
                .map(FlagValue::Text),
            (FlagKind::Text, FlagValue::Text(text)) => Some(FlagValue::Text(text.clone())).filter(|_| is_plain(text)),
            (FlagKind::List, FlagValue::Text(text)) => {
                Some(FlagValue::List(vec![text.clone()])).filter(|_| is_plain(text))
            }
            (FlagKind::List, FlagValue::List(items)) if items.len() > ITEMS => return refuse("At most 200 items."),
            (FlagKind::List, FlagValue::List(items)) if items.is_empty() => {
                return refuse("Leave it out, or give at least one item.");
            }
            (FlagKind::List, FlagValue::List(items)) => {
                Some(value.clone()).filter(|_| items.iter().all(|item| is_plain(item)))
            }
            _ => None,
        };
        checked.ok_or_else(|| self.remedy())
    }

    fn remedy(&self) -> String {
        match self.kind {
            FlagKind::Bool => "Write true or false.".to_owned(),
            FlagKind::Int => value::WHOLE.to_owned(),
            FlagKind::Float => "Write a number that is not negative.".to_owned(),
            FlagKind::Size => value::SIZE.to_owned(),
            FlagKind::Duration => value::CLOCK.to_owned(),
            FlagKind::Bandwidth => value::BANDWIDTH.to_owned(),
            FlagKind::Time => value::DATE.to_owned(),
            FlagKind::Choice => format!("Choose one of: {}.", self.choices.join(", ")),
            FlagKind::Text => "Write a text of one line, at most 4,096 bytes.".to_owned(),
            FlagKind::List => "Give a list of texts of one line each, at most 4,096 bytes.".to_owned(),
        }
    }
}

/// Not empty, one line, nothing that a terminal or a process would take for something else.
fn is_plain(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= TEXT && !text.chars().any(char::is_control)
}

/// A whole number, as rclone's own programs count: `-1` is “no limit” in some options.
fn whole(text: &str) -> Option<i64> {
    value::whole(text).filter(|n| (-1..=i64::from(i32::MAX)).contains(n))
}

fn decimal(text: &str) -> Option<Number> {
    let number = value::decimal(text).filter(|n| *n <= f64::from(i32::MAX))?;
    text.parse::<u32>().map_or_else(|_| Number::from_f64(number), |whole| Some(whole.into()))
}

#[cfg(test)]
mod tests;
