//! The options that a run may be given beside those with a field of their own: rclone's own list of them
//! (`options/info`), what that leaves out, and the review that says which of them may be set. What is not in all of
//! that never gets onto a command line.

pub mod extra;
mod review;
mod rules;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::review::Verdict;
use crate::domain::{
    flag::{Flag, FlagKind, FlagValue},
    operation::Operation,
    transfer::Field,
};

/// Longest name of an option in an answer, in characters.
const NAME: usize = 60;

/// `options/info`, answered: the blocks that have to do with the commands of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Info {
    main: Vec<RawFlag>,
    filter: Vec<RawFlag>,
    log: Vec<RawFlag>,
    rc: Vec<RawFlag>,
}

/// An option as rclone describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawFlag {
    name: String,
    field_name: String,
    help: String,
    groups: String,
    default_str: String,
    #[serde(rename = "Type")]
    kind: String,
}

impl RawFlag {
    /// Rules of files stand beside the other filters, those of metadata in a block of their own.
    fn key(&self, block: &'static str) -> Key {
        let path = self.field_name.trim_start_matches("RulesOpt.").split('.').map(str::to_owned).collect();
        Key { block, path }
    }

    /// `None` for a type that nobody has looked at.
    fn offered(&self) -> Option<Flag> {
        let mut choices = Vec::new();
        let kind = match self.kind.as_str() {
            "bool" => FlagKind::Bool,
            "int" | "int64" => FlagKind::Int,
            "float64" => FlagKind::Float,
            "SizeSuffix" => FlagKind::Size,
            "Duration" => FlagKind::Duration,
            "BwTimetable" => FlagKind::Bandwidth,
            "Time" => FlagKind::Time,
            "string" => FlagKind::Text,
            "stringArray" => FlagKind::List,
            words if words.contains('|') => {
                choices = words.split('|').map(str::to_owned).collect();
                FlagKind::Choice
            }
            _ => return None,
        };
        let group = self.groups.split(',').next().unwrap_or_default().to_owned();
        let default = if kind == FlagKind::List { String::new() } else { self.default_str.clone() };
        Some(Flag { name: self.name.clone(), help: self.help.clone(), kind, default, group, choices })
    }
}

/// What one rclone takes, as far as it was reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    flags: BTreeMap<String, Flag>,
    /// Where rclone's remote control has an option: the block, and the name there. Options of a command alone have
    /// none.
    keys: BTreeMap<String, Key>,
}

/// What an option is called in a call of rclone's remote control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `_config` or `_filter`.
    pub block: &'static str,
    /// The fields that lead there, outermost first.
    pub path: Vec<String>,
}

impl Catalog {
    /// What may be set of what this rclone has.
    #[must_use]
    pub fn new(info: &Info) -> Self {
        let may = |name: &str| matches!(review::verdict(name), Some(Verdict::For(_)));
        let listed = info.main.iter().chain(&info.filter).filter_map(RawFlag::offered);
        let all = listed.chain(extra::OWN.iter().map(Into::into)).filter(|flag| may(&flag.name));
        let blocks = [("_config", &info.main), ("_filter", &info.filter)];
        let keys = blocks
            .into_iter()
            .flat_map(|(block, flags)| flags.iter().map(move |flag| (flag.name.clone(), flag.key(block))));
        Self { flags: all.map(|flag| (flag.name.clone(), flag)).collect(), keys: keys.collect() }
    }

    /// Where rclone's remote control has an option.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.get(name)
    }

    /// Those that `operation` may be given, by name.
    #[must_use]
    pub fn of(&self, operation: Operation) -> Vec<Flag> {
        self.flags.values().filter(|flag| is_for(&flag.name, operation)).cloned().collect()
    }

    /// The flags in the form in which they are kept and given to rclone, or what is wrong with which: `flags.NAME`.
    pub fn check(
        &self,
        operation: Operation,
        flags: &BTreeMap<String, FlagValue>,
    ) -> Result<BTreeMap<String, FlagValue>, BTreeMap<String, String>> {
        let (mut checked, mut wrong) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in flags {
            match self.check_one(operation, name, value) {
                Ok(value) => drop(checked.insert(name.clone(), value)),
                Err(problem) => drop(wrong.insert(field(name), problem)),
            }
        }
        let on = |name: &str| checked.get(name) == Some(&FlagValue::Switch(true));
        if let Some(name) = rules::conflict(on, &["delete_before", "delete_during", "delete_after"]) {
            wrong.insert(field(name), "Only one of delete_before, delete_during and delete_after.".to_owned());
        }
        if wrong.is_empty() { Ok(checked) } else { Err(wrong) }
    }

    fn check_one(&self, operation: Operation, name: &str, value: &FlagValue) -> Result<FlagValue, String> {
        match self.flags.get(name) {
            Some(flag) if is_for(name, operation) => {
                let value = flag.check(value)?;
                rules::problem(name, &value).map_or(Ok(value), |problem| Err(problem.to_owned()))
            }
            _ => Err(refusal(operation, name)),
        }
    }
}

fn is_for(name: &str, operation: Operation) -> bool {
    matches!(review::verdict(name), Some(Verdict::For(operations)) if operations.contains(&operation))
}

/// Why an option is not taken.
fn refusal(operation: Operation, name: &str) -> String {
    let operation_name = operation.as_str();
    match review::verdict(name) {
        Some(Verdict::Withheld(why)) => (*why).to_owned(),
        Some(Verdict::For(operations)) if !operations.contains(&operation) => {
            let others: Vec<_> = operations.iter().map(|operation| operation.as_str()).collect();
            format!("A {operation_name} does not have it. These do: {}.", others.join(", "))
        }
        Some(Verdict::For(_)) => "This rclone does not have it.".to_owned(),
        None => {
            let meant = meant(name);
            match review::verdict(&meant) {
                Some(Verdict::Withheld(why)) => (*why).to_owned(),
                Some(Verdict::For(_)) => format!("Write it as {meant}."),
                None if Field::parse(&meant).is_some() => format!("Set {meant} instead: it is an option of its own."),
                None => format!("A {operation_name} has no such option. What belongs to a remote is set there."),
            }
        }
    }
}

/// The name of a flag's field in an answer: short, and of one line.
fn field(name: &str) -> String {
    let name: String = name.chars().take(NAME).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("flags.{name}")
}

/// Options that this rclone has and nobody has reviewed, or whose type is not known here.
#[must_use]
pub fn unreviewed(info: &Info) -> Vec<String> {
    let blocks = [&info.main, &info.filter, &info.log, &info.rc];
    let unknown = |flag: &&RawFlag| match review::verdict(&flag.name) {
        None => Field::parse(&flag.name).is_none(),
        Some(Verdict::For(_)) => flag.offered().is_none(),
        Some(Verdict::Withheld(_)) => false,
    };
    blocks.into_iter().flatten().filter(unknown).map(|flag| flag.name.clone()).collect()
}

/// Whether an option was reviewed, for what `--help` names.
#[must_use]
pub fn is_reviewed(name: &str) -> bool {
    review::verdict(name).is_some() || Field::parse(name).is_some()
}

/// Whether this is an option that no run may be given, however it is written.
#[must_use]
pub fn is_withheld(name: &str) -> bool {
    matches!(review::verdict(&meant(name)), Some(Verdict::Withheld(_)))
}

/// An option by rclone's name for it: of how its command line writes it, and in small letters.
fn meant(name: &str) -> String {
    name.trim().trim_start_matches('-').replace('-', "_").to_lowercase()
}

/// Every option that no run may be given, by rclone's names.
pub fn withheld() -> impl Iterator<Item = &'static str> {
    review::names().filter(|name| matches!(review::verdict(name), Some(Verdict::Withheld(_))))
}

/// Options that are patterns.
const PATTERNS: [&str; 4] = ["filter", "metadata_exclude", "metadata_filter", "metadata_include"];

/// Checked flags as rclone's command line has them: each is one word, so that no value is ever read as a flag.
pub fn to_args(flags: &BTreeMap<String, FlagValue>) -> impl Iterator<Item = String> {
    flags.iter().flat_map(|(name, value)| {
        let flag = name.replace('_', "-");
        let is_pattern = PATTERNS.contains(&name.as_str());
        value
            .to_args()
            .into_iter()
            .map(move |word| format!("--{flag}={}", if is_pattern { exact(&word) } else { word }))
    })
}

/// A pattern whose last character rclone keeps. Of the last of several values of an option it drops blanks at the end,
/// so that a delete of `old ` deletes `old`; a class of one character is no blank.
pub(super) fn exact(pattern: &str) -> String {
    let Some(last) = pattern.chars().next_back().filter(|last| last.is_whitespace()) else { return pattern.to_owned() };
    let start = pattern.strip_suffix(last).unwrap_or_default();
    let escaped = start.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
    format!("{}[{last}]", if escaped { start.strip_suffix('\\').unwrap_or_default() } else { start })
}

#[cfg(test)]
mod tests;
