//! The fields of [`TransferOptions`] by name: what each holds, as a text and from one, and which operations have it.
//! What goes over all options goes over [`Field::ALL`]: the command line, the form of a job, what rclone is asked
//! about.

use super::TransferOptions;
use crate::domain::{operation::Operation, value};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Whether it is on.
    Switch(&'a bool),
    /// A number, where one is given.
    Number(&'a Option<u32>),
    /// A text, where one is given.
    Text(&'a Option<String>),
    /// Several texts.
    List(&'a Vec<String>),
}

/// Where a field's value is put.
enum Slot<'a> {
    Switch(&'a mut bool),
    Number(&'a mut Option<u32>),
    Text(&'a mut Option<String>),
    List(&'a mut Vec<String>),
}

/// Names each field once; its name is that of the member.
macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $member:ident: $kind:ident,)*) => {
        /// A field of [`TransferOptions`] that is an option of rclone's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Field {
            $($(#[$doc])* $variant,)*
        }

        impl Field {
            /// All of them, in the order of a command line.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// rclone's name for it, in JSON as well.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($member),)*
                }
            }

            /// What it holds in `options`.
            #[must_use]
            pub const fn value(self, options: &TransferOptions) -> Value<'_> {
                match self {
                    $(Self::$variant => Value::$kind(&options.$member),)*
                }
            }

            const fn slot(self, options: &mut TransferOptions) -> Slot<'_> {
                match self {
                    $(Self::$variant => Slot::$kind(&mut options.$member),)*
                }
            }
        }
    };
}

fields! {
    /// Only say what would be done.
    DryRun = dry_run: Switch,
    /// How files are compared.
    Checksum = checksum: Switch,
    /// Whether empty folders of the source go.
    DeleteEmptySrcDirs = delete_empty_src_dirs: Switch,
    /// How quickly files are transferred.
    Bwlimit = bwlimit: Text,
    /// Files transferred at once.
    Transfers = transfers: Number,
    /// Files checked at once.
    Checkers = checkers: Number,
    /// How old files have to be.
    MinAge = min_age: Text,
    /// How old files may be.
    MaxAge = max_age: Text,
    /// How large files have to be.
    MinSize = min_size: Text,
    /// How large files may be.
    MaxSize = max_size: Text,
    /// How many files may be deleted.
    MaxDelete = max_delete: Number,
    /// Where what is replaced or deleted is kept.
    BackupDir = backup_dir: Text,
    /// What alone is taken.
    Include = include: List,
    /// What is left out.
    Exclude = exclude: List,
}

impl Field {
    /// The field of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.as_str() == name)
    }

    /// Whether it is given, and is not off.
    #[must_use]
    pub const fn is_set(self, options: &TransferOptions) -> bool {
        match self.value(options) {
            Value::Switch(on) => *on,
            Value::Number(number) => number.is_some(),
            Value::Text(text) => text.is_some(),
            Value::List(items) => !items.is_empty(),
        }
    }

    /// What it holds as one text, as a form has it: `true` of a switch that is on, a line for each of several, nothing
    /// where it is not set.
    #[must_use]
    pub fn text(self, options: &TransferOptions) -> String {
        match self.value(options) {
            Value::Switch(true) => "true".to_owned(),
            Value::Switch(false) => String::new(),
            Value::Number(number) => number.map(|n| n.to_string()).unwrap_or_default(),
            Value::Text(text) => text.clone().unwrap_or_default(),
            Value::List(items) => items.join("\n"),
        }
    }

    /// Puts what a form has into `options`, or says how to write it. Whether rclone takes it
    /// [`TransferOptions::validate`] says.
    pub fn set_text(self, options: &mut TransferOptions, text: &str) -> Result<(), &'static str> {
        // A folder is what was written: a space at its end belongs to its name.
        let exact = if self == Self::BackupDir { text } else { text.trim() };
        let given = Some(exact).filter(|text| !text.is_empty());
        match self.slot(options) {
            Slot::Switch(on) => *on = exact == "true",
            Slot::Number(number) => {
                let read = |text| value::whole(text).and_then(|n| u32::try_from(n).ok()).ok_or(value::WHOLE);
                *number = given.map(read).transpose()?;
            }
            Slot::Text(kept) => *kept = given.map(str::to_owned),
            Slot::List(items) => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                *items = lines.map(str::to_owned).collect();
            }
        }
        Ok(())
    }

    /// Why an operation does not have it: rclone would refuse it, or ignore it in silence.
    #[must_use]
    pub fn refusal(self, operation: Operation) -> Option<String> {
        let name = operation.as_str();
        match (self, operation) {
            (Self::DeleteEmptySrcDirs, Operation::Move) => None,
            (Self::DeleteEmptySrcDirs, _) => Some("Only a move has it.".to_owned()),
            (Self::DryRun, Operation::Check) => Some("A check changes nothing anyway.".to_owned()),
            (Self::MaxDelete, _) if !operation.deletes() => Some(format!("A {name} deletes nothing.")),
            (Self::Checksum, _) if !operation.has_destination() => Some(format!("A {name} has no destination.")),
            (Self::BackupDir, Operation::Delete) => Some(format!("A {name} has no destination.")),
            (Self::BackupDir, Operation::Check) => Some("A check replaces and deletes nothing.".to_owned()),
            (Self::BackupDir, Operation::Bisync) => Some("A bisync has none: it changes two remotes.".to_owned()),
            _ => None,
        }
    }

    /// Whether it does something for an operation, and so is asked for in its form.
    #[must_use]
    pub fn fits(self, operation: Operation) -> bool {
        let does_something = match self {
            Self::Checksum | Self::Transfers => operation.writes_destination(),
            Self::Bwlimit => operation.has_destination(),
            _ => true,
        };
        does_something && self.refusal(operation).is_none()
    }
}

#[cfg(test)]
mod tests;
