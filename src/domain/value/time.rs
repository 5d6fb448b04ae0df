//! Durations, ages and dates as rclone reads them, and the spans of Longshore's own fields, which are the same with
//! days among hours.

use super::{LONGEST, decimal, whole_of};

/// Nanoseconds that rclone keeps of a duration that is `off`.
pub const OFF: i64 = i64::MAX;

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 24 * 3600 * SECOND;

/// Nanoseconds of a duration: `1h30m`, `500ms`, one number of days or more (`2d`, `1w`, `3M`, `1y`), or of seconds.
/// [`OFF`] of `off`.
#[must_use]
pub fn duration(text: &str) -> Option<i64> {
    match text {
        "off" => return Some(OFF),
        _ if text.len() > LONGEST => return None,
        _ => {}
    }
    clock(text).or_else(|| {
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
    })
}

/// Nanoseconds of a duration as Go itself reads it: `1h30m`, `500ms`, `0`. On its command line rclone takes no other
/// for a time limit, though it does for an age and in its configuration.
#[must_use]
pub fn clock(text: &str) -> Option<i64> {
    if text == "0" { Some(0) } else { parts(text, clock_unit).filter(|_| text.len() <= LONGEST) }
}

/// Whether this is a duration, or a date since when it is counted.
#[must_use]
pub fn age(text: &str) -> bool {
    duration(text).is_some() || date(text).is_some()
}

/// Seconds since 1970 of a date: `2026-05-01`, with a time behind `T` or a space, with a zone only where there is a
/// `T`. Without a zone it is the server's own time, read as UTC here. From 1800 to 2200: an age that is longer than
/// rclone can count would be none.
#[must_use]
pub fn date(text: &str) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let day = days(day)?;
    if rest.is_empty() {
        return Some(day * 86_400);
    }
    let zoned = rest.starts_with('T');
    let (clock, rest) = rest.strip_prefix(['T', ' '])?.split_at_checked(8)?;
    let [hours, minutes, seconds] = numbers(clock, ':', [2, 2, 2])?;
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            Some(zone).filter(|zone| zone.len() < fraction.len())?
        }
        None => rest,
    };
    let offset = match rest {
        "" | "Z" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let [hours, minutes] = numbers(zone.strip_prefix(['+', '-'])?, ':', [2, 2])?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            sign * (hours * 3600 + minutes * 60)
        }
    };
    (zoned || rest.is_empty()).then_some(day * 86_400 + hours * 3600 + minutes * 60 + seconds - offset)
}

/// Days since 1970 of `2026-05-01`.
fn days(text: &str) -> Option<i64> {
    let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |month: i64| match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1800..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=length(month)).contains(&day) {
        return None;
    }
    let before: i64 = (1..month).map(length).sum();
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    Some((year - 1970) * 365 + leaps(year - 1) - leaps(1969) + before + day - 1)
}

/// Numbers of so many digits each, with a sign between.
fn numbers<const N: usize>(text: &str, sign: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(sign);
    let mut out = [0; N];
    for (number, digits) in out.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
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

/// Seconds of a duration that Longshore itself reads: `90s`, `1h30m`, `2d`, `1d 12h`. A number alone says nothing: 90
/// of what?
#[must_use]
pub fn span(text: &str) -> Option<u32> {
    let unit = |unit: &str| match unit {
        "w" => Some(7 * DAY),
        "d" => Some(DAY),
        unit => clock_unit(unit),
    };
    let spaced = text.trim();
    let glued: String = spaced.split_whitespace().collect();
    // A space is between two parts, not within one.
    let whole = spaced.split_whitespace().all(|part| parts(part, unit).is_some());
    let nanos =
        parts(&glued, unit).and_then(|nanos| u64::try_from(nanos).ok()).filter(|nanos| whole && nanos % SECOND == 0)?;
    u32::try_from(nanos / SECOND).ok()
}

/// `1h30m` of 5,400 seconds: what [`span`] reads.
#[must_use]
pub fn write_span(seconds: u32) -> String {
    let mut out = String::new();
    let mut rest = seconds;
    for (name, unit) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
        if rest >= unit {
            out.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_as_it_is_written() {
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
            assert_eq!(span(text), Some(seconds), "{text}");
        }
        for bad in
            ["", "90", "h", "1x", "-1m", "1h30", "99999999d", "1 h", "1.5s", "500ms", "off", "1M", "1y", "2026-05-01"]
        {
            assert_eq!(span(bad), None, "{bad}");
        }
        for seconds in [0, 1, 60, 90, 3600, 5400, 86_400, 90_061, 604_800, u32::MAX] {
            assert_eq!(span(&write_span(seconds)), Some(seconds));
        }
        assert_eq!(write_span(90), "1m30s");
    }

    #[test]
    fn a_date_is_one_of_the_calendar() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400),
            ("2026-05-01T10:00:00Z", 1_777_629_600),
            ("2026-05-01T12:00:00+02:00", 1_777_629_600),
            ("2026-05-01 10:00:00.5", 1_777_629_600),
            ("1969-12-31", -86_400),
            ("1801-01-01", -5_333_126_400),
        ] {
            assert_eq!(date(text), Some(seconds), "{text}");
        }
        for bad in [
            "2026-13-45",
            "2026-02-29",
            "1900-02-29",
            "2026-04-31",
            "2026-05-01T",
            "2026-05-01T24:00:00",
            "2026-05-01 10:00:00Z",
            "26-05-01",
            "2026-5-1",
            "2026-05-01x",
            "0001-01-01",
            "2026-05-01T10:00",
            "é026-05-01",
        ] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }
}
