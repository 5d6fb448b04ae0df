//! What rclone takes as a value, and what it makes of it: one type for each kind, and the only reader of each, for the
//! server, the browser and the description of the API. It takes nothing that rclone refuses or reads as another value,
//! and leaves out what nobody means: signs, exponents, hexadecimal and octal numbers, infinity.

mod date;
mod duration;
mod glob;
mod number;
mod size;
mod timetable;

pub use self::{
    date::{Age, date},
    duration::{Duration, Seconds},
    glob::{glob, rule},
    number::{decimal, float, switch, whole},
    size::{Rate, Size},
    timetable::{Slot, Timetable},
};

/// How to write a size.
pub const SIZE: &str =
    "Write a size as 10M (MiB), 512k, 1.5G, 100B or off. A number alone is KiB. rclone does not read MB or KB.";
/// How to write a rate.
pub const RATE: &str =
    "Write a rate as 10M (MiB a second), 512k, off, or 1M:2M for up and down. rclone does not read MB or KB.";
/// How to write a bandwidth limit.
pub const BANDWIDTH: &str = "Write a rate as 10M (MiB a second), 512k, off, or 1M:2M for up and down, or a timetable as \
    “Mon-08:00,512k 23:00,off”. rclone does not read MB or KB.";
/// How to write a duration of a remote's option.
pub const DURATION: &str = "Write a duration as 1h30m, 90s, 500ms, 2d or off.";
/// How to write a duration of a run's option.
pub const CLOCK: &str = "Write a duration as 1h30m, 90s or 500ms. For a day write 24h.";
/// How to write an age.
pub const AGE: &str = "Write an age as 30d, 2w, 1h30m, or a date as 2026-05-01 or 2026-05-01T10:00:00Z.";
/// How to write a date.
pub const DATE: &str = "Write a date as 2026-05-01 or 2026-05-01T10:00:00Z.";

/// How to write a whole number.
pub const WHOLE: &str = "Write a whole number, without leading zeros.";

/// Longest size, rate, duration or age, in bytes.
pub const LONGEST: usize = 64;
/// Longest timetable, in bytes.
pub const LONGEST_TIMETABLE: usize = 4096;
/// A size as an expression of the API's description.
pub const SIZE_PATTERN: &str = r"^([oO][fF][fF]|([0-9]+[.]?[0-9]*|[.][0-9]+)([bB]|[kKmMgGtTpPeE]([iI]|i[bB])?)?)$";
/// One rate, as an expression of the API's description.
pub const RATE_PATTERN: &str = r"^([oO][fF][fF]|([0-9]+[.]?[0-9]*|[.][0-9]+)([bB]|[kKmMgGtTpPeE]([iI]|i[bB])?)?)(:([oO][fF][fF]|([0-9]+[.]?[0-9]*|[.][0-9]+)([bB]|[kKmMgGtTpPeE]([iI]|i[bB])?)?))?$";
/// A bandwidth limit as an expression of the API's description: the characters, since a timetable has more rules than
/// fit here.
pub const BANDWIDTH_PATTERN: &str = r"^[0-9A-Za-z.:,; -]+$";
/// An age as an expression of the API's description.
pub const AGE_PATTERN: &str = r"^(off|([0-9]+[.]?[0-9]*|[.][0-9]+)[dwMy]?|(([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|µs|ms|s|m|h))+|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)$";

/// Without what is after the dot, as Go converts; `None` where it would overflow.
#[expect(clippy::cast_possible_truncation, reason = "checked before")]
fn whole_of(number: f64) -> Option<i64> {
    (0.0..9_223_372_036_854_775_807.0).contains(&number).then_some(number as i64)
}
