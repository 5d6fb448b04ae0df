//! A span of time as a person types it: `90s`, `30m`, `1h30m`, `2d`. Seconds inside.

/// The units, largest first, and how many seconds each has.
const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Seconds of `1h30m`; `None` for anything else. A number alone says nothing: 90 of what?
#[must_use]
pub fn parse(text: &str) -> Option<u32> {
    let (mut total, mut rest) = (0_u32, text.trim());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(end);
        let unit = after.chars().next()?;
        let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u32>().ok()?.checked_mul(seconds)?)?;
        rest = after.get(unit.len_utf8()..)?.trim_start();
    }
    Some(total)
}

/// `1h30m` of 5,400 seconds: what [`parse`] reads.
#[must_use]
pub fn write(seconds: u32) -> String {
    let mut out = String::new();
    let mut rest = seconds;
    for (name, unit) in UNITS {
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
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("2d", 172_800), (" 1h 30m ", 5400), ("0s", 0)] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
        for bad in ["", "90", "h", "1x", "1.5h", "-1m", "1h30", "99999999d"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        for seconds in [0, 1, 60, 90, 3600, 5400, 86_400, 604_800] {
            assert_eq!(parse(&write(seconds)), Some(seconds));
        }
        assert_eq!(write(90), "1m30s");
    }
}
