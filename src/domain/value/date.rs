//! Ages and dates as rclone reads them.

use super::duration::Duration;

/// How old a file is, or since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Older or younger than this.
    Of(Duration),
    /// Before or after this moment, in seconds since 1970.
    Since(i64),
}

impl Age {
    /// A duration, or a date from which it is counted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Duration::parse(text).map(Self::Of).or_else(|| date(text).map(Self::Since))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
