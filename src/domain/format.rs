//! How figures are written: one formatter for each kind, the same on both sides.

/// `1.24 TiB`, `812 KiB`, `37 B`: three figures, binary units.
#[must_use]
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three figures are shown")]
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    // 1023.5 would be written as 1024: it is one of the next unit.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    let digits = if n.is_multiple_of(1 << (10 * (unit + 1))) && value < 1024.0 { 0 } else { digits };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// `41.3 MiB/s`.
#[must_use]
pub fn speed(bytes_per_second: u64) -> String {
    format!("{}/s", bytes(bytes_per_second))
}

/// `1,234,567`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 file`, `1,204 files`.
#[must_use]
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// How long something takes: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
#[must_use]
pub fn duration(millis: u64) -> String {
    let seconds = millis / 1000;
    let two = |big: u64, unit: &str, small: u64, sub: &str| {
        if small == 0 { format!("{big} {unit}") } else { format!("{big} {unit} {small} {sub}") }
    };
    match seconds {
        0..10 => format!("{}.{} s", seconds, millis % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86400, "d", seconds % 86400 / 3600, "h"),
    }
}

/// `62 %` from thousandths; 100 only when all is done.
#[must_use]
pub fn percent(permille: u64) -> String {
    format!("{} %", permille / 10)
}

/// A path that is shortened in the middle to `max` characters, never at its end.
#[must_use]
pub fn middle(text: &str, max: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= max || max < 5 {
        return text.to_owned();
    }
    let tail = (max - 1) * 2 / 3;
    let head = max - 1 - tail;
    chars[..head].iter().chain(&['…']).chain(&chars[chars.len() - tail..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_figures_and_binary_units() {
        for (n, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.50 KiB"),
            (10 * 1024, "10 KiB"),
            (1_048_575, "1.00 MiB"),
            (1 << 20, "1 MiB"),
            (41_943_040, "40 MiB"),
            (1_048_576_000, "0.98 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(n), text, "{n}");
        }
    }

    #[test]
    fn counts_have_commas_and_nouns() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(plural(1, "file", "files"), "1 file");
        assert_eq!(plural(0, "file", "files"), "0 files");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        for (millis, text) in
            [(420, "0.4 s"), (59_999, "59 s"), (200_000, "3 min 20 s"), (7_500_000, "2 h 5 min"), (86_400_000, "1 d")]
        {
            assert_eq!(duration(millis), text);
        }
    }

    #[test]
    fn a_long_path_keeps_its_end() {
        assert_eq!(middle("/srv/photos/2026/05/IMG_2031.HEIC", 20), "/srv/ph…MG_2031.HEIC");
        assert_eq!(middle("short", 20), "short");
    }
}
