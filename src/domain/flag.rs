//! Options of rclone beside those that have a field of their own: what they are, and what their values look like, by rclone's types.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::{
    ToSchema,
    openapi::{
        ArrayBuilder, Object, ObjectBuilder, Schema, Type,
        schema::{AdditionalProperties, OneOfBuilder, SchemaType},
    },
};

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
    pub fn words(&self) -> Vec<String> {
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
        .description(Some("Other options of rclone's, by its names; `/api/v1/operations/{operation}/options` tells which there are."))
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
    /// What there is to choose from, of a choice.
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
            (FlagKind::Size, value) => text(value).filter(|text| is_size(text)).map(FlagValue::Text),
            (FlagKind::Duration, value) => text(value).filter(|text| is_duration(text)).map(FlagValue::Text),
            (FlagKind::Bandwidth, value) => text(value).filter(|text| is_bandwidth(text)).map(FlagValue::Text),
            (FlagKind::Time, FlagValue::Text(text)) => Some(text.trim().to_owned()).filter(|text| is_time(text)).map(FlagValue::Text),
            (FlagKind::Choice, FlagValue::Text(text)) => {
                self.choices.iter().find(|choice| choice.eq_ignore_ascii_case(text.trim())).cloned().map(FlagValue::Text)
            }
            (FlagKind::Text, FlagValue::Text(text)) => Some(FlagValue::Text(text.clone())).filter(|_| is_plain(text)),
            (FlagKind::List, FlagValue::Text(text)) => Some(FlagValue::List(vec![text.clone()])).filter(|_| is_plain(text)),
            (FlagKind::List, FlagValue::List(items)) if items.len() > ITEMS => return refuse("At most 200 items."),
            (FlagKind::List, FlagValue::List(items)) if items.is_empty() => return refuse("Leave it out, or give at least one item."),
            (FlagKind::List, FlagValue::List(items)) => Some(value.clone()).filter(|_| items.iter().all(|item| is_plain(item))),
            _ => None,
        };
        checked.ok_or_else(|| self.remedy())
    }

    fn remedy(&self) -> String {
        match self.kind {
            FlagKind::Bool => "Write true or false.".to_owned(),
            FlagKind::Int => "Write a whole number.".to_owned(),
            FlagKind::Float => "Write a number that is not negative.".to_owned(),
            FlagKind::Size => "Write a size as 16Mi, 1.5G or off.".to_owned(),
            FlagKind::Duration => "Write a duration as 1h30m, 90s or 500ms.".to_owned(),
            FlagKind::Bandwidth => "Write a rate as 10M or 1M:2M, or a timetable as “08:00,512k 23:00,off”.".to_owned(),
            FlagKind::Time => "Write a date as 2026-05-01 or 2026-05-01T10:00:00Z.".to_owned(),
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
    text.parse().ok().filter(|n| (-1..=i64::from(i32::MAX)).contains(n))
}

fn decimal(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n <= f64::from(i32::MAX))?;
    text.parse::<u32>().map_or_else(|_| Number::from_f64(number), |whole| Some(whole.into()))
}

/// `off`, `16Mi`, `1.5G`, `512` (which is 512 KiB), `10MiB`: below 8 EiB.
fn is_size(text: &str) -> bool {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[number.len()..].to_ascii_lowercase().as_str() {
        "b" => 0,
        "" | "k" | "ki" | "kib" => 10,
        "m" | "mi" | "mib" => 20,
        "g" | "gi" | "gib" => 30,
        "t" | "ti" | "tib" => 40,
        "p" | "pi" | "pib" => 50,
        _ => return text == "off",
    };
    let small = number.parse::<f64>().is_ok_and(|n| n * f64::from(1_u32 << (shift / 2)) * f64::from(1_u32 << (shift - shift / 2)) < 9e18);
    text == "off" || (is_number(number) && small)
}

/// As Go reads a duration: `1h30m`, `1.5s`, `500ms`, `0`.
fn is_duration(text: &str) -> bool {
    if text == "0" {
        return true;
    }
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let factor = match unit {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return false,
        };
        let Some(number) = Some(number).filter(|number| is_number(number)).and_then(|number| number.parse::<f64>().ok()) else {
            return false;
        };
        seconds += number * factor;
        rest = after;
    }
    // Go counts nanoseconds in 63 bits: 292 years.
    !text.is_empty() && seconds < 9e9
}

/// A rate (`10M`, `1M:2M`, `off`), or a timetable of them: `Mon-08:00,512k 23:00,off`.
fn is_bandwidth(text: &str) -> bool {
    let is_rate = |text: &str| text.split_once(':').map_or_else(|| is_size(text), |(up, down)| is_size(up) && is_size(down));
    let is_turn = |turn: &str| {
        let Some((at, rate)) = turn.split_once(',') else { return false };
        let clock = match at.split_once('-') {
            Some((day, clock)) if ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(&day.to_ascii_lowercase().as_str()) => clock,
            Some(_) => return false,
            None => at,
        };
        is_clock(clock) && is_rate(rate)
    };
    text.len() <= TEXT && (is_rate(text) || (text.contains(',') && text.split_whitespace().all(is_turn)))
}

fn is_clock(text: &str) -> bool {
    let two = |text: &str, below: u32| text.len() == 2 && is_digits(text) && text.parse::<u32>().is_ok_and(|n| n < below);
    text.split_once(':').is_some_and(|(hours, minutes)| two(hours, 24) && two(minutes, 60))
}

/// `2026-05-01`, or with `T10:00:00` and perhaps `Z` behind it.
fn is_time(text: &str) -> bool {
    let (date, clock) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let clock = clock.strip_suffix('Z').unwrap_or(clock);
    let mut parts = date.splitn(3, '-');
    let mut part = |digits: usize, least: u32, most: u32| {
        parts
            .next()
            .is_some_and(|part| part.len() == digits && is_digits(part) && part.parse::<u32>().is_ok_and(|n| (least..=most).contains(&n)))
    };
    let seconds = clock.get(5..).and_then(|rest| rest.strip_prefix(':'));
    // Each month has 28 days; who needs the 29th as a default finds another.
    part(4, 1970, 2200)
        && part(2, 1, 12)
        && part(2, 1, 28)
        && clock.get(..5).is_some_and(is_clock)
        && seconds.is_some_and(|seconds| seconds.len() == 2 && is_digits(seconds) && seconds < "60")
}

fn is_number(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.matches('.').count() <= 1
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn flag(kind: FlagKind) -> Flag {
        let choices = vec!["HARD".to_owned(), "SOFT".to_owned()];
        Flag { name: "x".into(), help: String::new(), kind, default: String::new(), group: String::new(), choices }
    }

    fn value(json: Value) -> FlagValue {
        serde_json::from_value(json).expect("anything is a value")
    }

    #[test]
    fn a_value_is_of_its_kind_or_refused() {
        use FlagKind::{Bandwidth, Bool, Choice, Duration, Float, Int, List, Size, Text, Time};
        for (kind, good, bad) in [
            (Bool, vec![json!(true), json!("false")], vec![json!(1), json!("yes"), json!(null), json!([true]), json!("")]),
            (Int, vec![json!(-1), json!("12"), json!(0)], vec![json!(1.5), json!("0x10"), json!(-2), json!(1_u64 << 40), json!("1_0")]),
            (Float, vec![json!(1.5), json!("2"), json!(0)], vec![json!(-1), json!("NaN"), json!("inf"), json!("-0.5")]),
            (
                Size,
                vec![json!("16Mi"), json!("off"), json!(512), json!("1.5G")],
                vec![json!("10kb"), json!("9000P"), json!("-1"), json!("M")],
            ),
            (Duration, vec![json!("1h30m"), json!("1ns"), json!("0")], vec![json!("1d"), json!("90"), json!("-1s"), json!("1h 1m")]),
            (Bandwidth, vec![json!("1M:2M"), json!("Mon-08:00,512k 23:00,off")], vec![json!("8:00,1M"), json!("24:00,1M"), json!("")]),
            (Time, vec![json!("2026-05-01"), json!("2026-05-01T10:00:00Z")], vec![json!("1d"), json!("2026-13-01"), json!("2026-05-01T")]),
            (Choice, vec![json!("soft")], vec![json!("gentle"), json!(1)]),
            (Text, vec![json!("a b"), json!("--config=x")], vec![json!(""), json!("a\nb"), json!("a\0"), json!(1), json!({})]),
            (List, vec![json!(["a", "b,c"]), json!("a")], vec![json!([]), json!(["a\n"]), json!([1]), json!({ "a": 1 })]),
        ] {
            for json in good {
                let checked = flag(kind).check(&value(json.clone())).unwrap_or_else(|problem| panic!("{kind:?} {json}: {problem}"));
                assert_eq!(flag(kind).check(&checked).as_ref(), Ok(&checked), "{kind:?} {json} is not stable");
            }
            for json in bad {
                assert!(flag(kind).check(&value(json.clone())).is_err(), "{kind:?} {json}");
            }
        }
    }

    #[test]
    fn a_value_has_one_form_however_it_is_written() {
        assert_eq!(flag(FlagKind::Choice).check(&value(json!("soft"))), Ok(value(json!("SOFT"))));
        assert_eq!(flag(FlagKind::Int).check(&value(json!("010"))), Ok(value(json!(10))));
        assert_eq!(flag(FlagKind::Float).check(&value(json!("2"))), Ok(value(json!(2))));
        assert_eq!(value(json!(["a", "b"])).words(), ["a", "b"]);
        assert_eq!(value(json!(true)).words(), ["true"]);
    }
}
