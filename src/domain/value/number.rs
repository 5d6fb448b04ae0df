//! Numbers and switches as rclone reads them.

/// A number that is not negative: `12`, `0.5`, `.5`, `5.`.
#[must_use]
pub fn decimal(text: &str) -> Option<f64> {
    let digits = text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.matches('.').count() <= 1;
    Some(text).filter(|_| digits).and_then(|text| text.parse().ok()).filter(|number: &f64| number.is_finite())
}

/// Any number of an option that is one, also negative or with an exponent.
#[must_use]
pub fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A whole number, perhaps negative. With a zero before it rclone would take it for octal: `010` for 8.
#[must_use]
pub fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    Some(text).filter(|_| plain).and_then(|text| text.parse().ok())
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
