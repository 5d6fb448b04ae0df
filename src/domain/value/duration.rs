//! Durations: as rclone reads them ([`Duration`]), and as Longshore's own fields do ([`Seconds`]), which add days and
//! weeks to hours.

use std::fmt;

use super::{LONGEST, number::decimal, whole_of};

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 24 * 3600 * SECOND;

/// A duration as rclone reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(i64);

impl Duration {
    /// What rclone makes of `off`.
    pub const OFF: Self = Self(i64::MAX);

    /// A duration of rclone's configuration and of its filters: `1h30m`, `500ms`, one number of days or more (`2d`,
    /// `1w`, `3M`, `1y`), one of seconds, or `off`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "off" {
            return Some(Self::OFF);
        }
        Self::parse_go(text).or_else(|| days_or_seconds(text).map(Self))
    }

    /// A duration as Go itself reads it: `1h30m`, `500ms`, `0`. On its command line rclone takes no other for a time
    /// limit.
    #[must_use]
    pub fn parse_go(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        if text == "0" { Some(Self(0)) } else { parts(text, clock_unit).map(Self) }
    }

    /// In nanoseconds; the largest number of `off`.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }
}

/// One number of days, weeks, months of 30 days, years of 365, or seconds.
fn days_or_seconds(text: &str) -> Option<i64> {
    if text.len() > LONGEST {
        return None;
    }
    let (number, unit) = text.find(|c: char| c.is_ascii_alphabetic()).map_or((text, ""), |at| text.split_at(at));
    let days = match unit {
        "" => return whole_of(decimal(number)? * 1e9),
        "d" => 1.0,
        "w" => 7.0,
        "M" => 30.0,
        "y" => 365.0,
        _ => return None,
    };
    #[expect(clippy::cast_precision_loss, reason = "the units are exact")]
    let nanos = decimal(number)? * (days * DAY as f64);
    whole_of(nanos)
}

fn clock_unit(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        _ => return None,
    })
}

/// Nanoseconds of numbers with units, one after the other, as Go adds them up.
fn parts(text: &str, unit: impl Fn(&str) -> Option<u64>) -> Option<i64> {
    let (mut total, mut rest) = (0_u64, text);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        total = total.checked_add(nanos(number, unit(name)?)?)?;
        rest = after;
    }
    i64::try_from(total).ok().filter(|_| !text.is_empty())
}

/// The fraction loses what a float cannot hold, as it does in Go.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "below the unit, and not negative"
)]
fn nanos(number: &str, unit: u64) -> Option<u64> {
    decimal(number)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let (mut digits, mut scale) = (0_u64, 1.0);
    // Go stops where another digit would not fit.
    for digit in fraction.bytes() {
        if digits > (i64::MAX as u64) / 10 {
            break;
        }
        digits = digits * 10 + u64::from(digit - b'0');
        scale *= 10.0;
    }
    whole.checked_mul(unit)?.checked_add((digits as f64 * (unit as f64 / scale)) as u64)
}

/// A duration of one of Longshore's own fields, in whole seconds: `90s`, `1h30m`, `2d`, `1d 12h`. Written, it is read
/// back as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub u32);

impl Seconds {
    /// A number needs a unit: 90 could be seconds or minutes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unit = |unit: &str| match unit {
            "w" => Some(7 * DAY),
            "d" => Some(DAY),
            unit => clock_unit(unit),
        };
        // A space may stand between two parts, not within one.
        let text = text.trim();
        if text.split_whitespace().any(|part| parts(part, unit).is_none()) {
            return None;
        }
        let nanos = parts(&text.split_whitespace().collect::<String>(), unit)?;
        let nanos = u64::try_from(nanos).ok().filter(|nanos| nanos % SECOND == 0)?;
        u32::try_from(nanos / SECOND).ok().map(Self)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (name, unit) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_back_as_they_are_written() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1800),
            ("1h30m", 5400),
            ("2d", 172_800),
            (" 1h 30m ", 5400),
            ("1d12h", 129_600),
            ("1w", 604_800),
            ("1.5h", 5400),
            ("0s", 0),
        ] {
            assert_eq!(Seconds::parse(text), Some(Seconds(seconds)), "{text}");
        }
        for bad in
            ["", "90", "h", "1x", "-1m", "1h30", "99999999d", "1 h", "1.5s", "500ms", "off", "1M", "1y", "2026-05-01"]
        {
            assert_eq!(Seconds::parse(bad), None, "{bad}");
        }
        for seconds in [0, 1, 60, 90, 3600, 5400, 86_400, 90_061, 604_800, u32::MAX] {
            assert_eq!(Seconds::parse(&Seconds(seconds).to_string()), Some(Seconds(seconds)));
        }
        assert_eq!(Seconds(90).to_string(), "1m30s");
    }
}
