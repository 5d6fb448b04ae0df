//! What rclone's command line takes as a value, and what it makes of it: sizes, rates, numbers here; times in `time`,
//! patterns in `glob`. The only reader of each of them, for the server, the browser and the description of the API. It
//! takes nothing that rclone refuses or reads as another value, and leaves out only what nobody means: signs,
//! exponents, hexadecimal, infinity.

mod glob;
mod time;

pub use self::{
    glob::{glob, rule},
    time::{OFF, age, clock, date, duration, span, write_span},
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

/// Longest value, in bytes.
pub const LONGEST: usize = 4096;
/// What rclone keeps of a size that is `off`.
pub const NO_SIZE: i64 = -1;

/// A size as an expression of the API's description.
pub const SIZE_PATTERN: &str = r"^([oO][fF][fF]|([0-9]+[.]?[0-9]*|[.][0-9]+)([bB]|[kKmMgGtTpPeE]([iI]|i[bB])?)?)$";
/// One rate, as an expression of the API's description.
pub const RATE_PATTERN: &str = r"^([oO][fF][fF]|([0-9]+[.]?[0-9]*|[.][0-9]+)([bB]|[kKmMgGtTpPeE]([iI]|i[bB])?)?)(:([oO][fF][fF]|([0-9]+[.]?[0-9]*|[.][0-9]+)([bB]|[kKmMgGtTpPeE]([iI]|i[bB])?)?))?$";
/// A bandwidth limit as an expression of the API's description: the characters, since a timetable has more rules than
/// fit here.
pub const BANDWIDTH_PATTERN: &str = r"^[0-9A-Za-z.:,; -]+$";
/// An age as an expression of the API's description.
pub const AGE_PATTERN: &str = r"^(off|([0-9]+[.]?[0-9]*|[.][0-9]+)[dwMy]?|(([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|µs|ms|s|m|h))+|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)$";

/// Digits with at most one dot among them.
fn decimal_digits(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.matches('.').count() <= 1
}

/// A number that is not negative: `12`, `0.5`, `.5`, `5.`.
#[must_use]
pub fn decimal(text: &str) -> Option<f64> {
    Some(text)
        .filter(|text| decimal_digits(text))
        .and_then(|text| text.parse().ok())
        .filter(|number: &f64| number.is_finite())
}

/// A whole number, perhaps negative.
#[must_use]
pub fn whole(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Yes or no, as Go reads it.
#[must_use]
pub fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Bytes of a size: `16Mi`, `1.5G`, `100B`; a number alone is KiB. [`NO_SIZE`] of `off`.
#[must_use]
pub fn size(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("off") {
        return Some(NO_SIZE);
    }
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text.as_bytes()[number.len()..] {
        [] => 1 << 10,
        [b'b' | b'B'] => 1,
        // Of `KiB` rclone wants the small i.
        [symbol] | [symbol, b'i' | b'I'] | [symbol, b'i', b'b' | b'B'] => 1_u64 << (10 * power(*symbol)?),
        _ => return None,
    };
    #[expect(clippy::cast_precision_loss, reason = "powers of two are exact")]
    let bytes = decimal(number)? * factor as f64;
    whole_of(bytes)
}

fn power(symbol: u8) -> Option<u32> {
    (1..).zip(b"KMGTPE").find(|(_, known)| **known == symbol.to_ascii_uppercase()).map(|(power, _)| power)
}

/// Without what is after the dot, as Go converts; `None` where it would overflow.
#[expect(clippy::cast_possible_truncation, reason = "checked before")]
fn whole_of(number: f64) -> Option<i64> {
    (0.0..9_223_372_036_854_775_807.0).contains(&number).then_some(number as i64)
}

/// Bytes a second up and down: `10M`, `1M:2M`, `off`.
#[must_use]
pub fn rate(text: &str) -> Option<(i64, i64)> {
    match text.split_once(':') {
        Some((up, down)) => size(up).zip(size(down)),
        None => size(text).map(|both| (both, both)),
    }
}

/// From when on which rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// 0 is Sunday; `None` is every day.
    pub day: Option<usize>,
    /// Minutes since midnight.
    pub minute: u32,
    /// Bytes a second, up and down.
    pub rate: (i64, i64),
}

/// A rate, or a timetable of them: `Mon-08:00,512k 23:00,off`, with spaces or semicolons between.
#[must_use]
pub fn bandwidth(text: &str) -> Option<Vec<Slot>> {
    if text.len() > LONGEST {
        return None;
    }
    if !text.contains([' ', ',']) {
        return rate(text).map(|rate| vec![Slot { day: None, minute: 0, rate }]);
    }
    let slots: Option<Vec<_>> = text.split([' ', ';']).filter(|word| !word.is_empty()).map(slot).collect();
    slots.filter(|slots| !slots.is_empty())
}

fn slot(word: &str) -> Option<Slot> {
    let (at, text) = word.split_once(',')?;
    let (day, clock) = match at.split_once('-') {
        Some((day, clock)) => (Some(weekday(day)?), clock),
        None => (None, at),
    };
    let (hours, minutes) = clock.split_once(':')?;
    let two = |text: &str, below: u32| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|n: &u32| digits && *n < below)
    };
    Some(Slot { day, minute: two(hours, 24)? * 60 + two(minutes, 60)?, rate: rate(text)? })
}

fn weekday(text: &str) -> Option<usize> {
    const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let day = text.to_ascii_lowercase();
    DAYS.iter().position(|known| *known == day || known.get(..3) == Some(day.as_str()))
}
