//! The order in which people expect names.

/// A key by which names sort as people expect: without regard to case, and digits as numbers ("2" before "10").
#[must_use]
pub fn natural_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 4);
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        if first.is_ascii_digit() {
            let run = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let (digits, after) = rest.split_at(run);
            let digits = digits.iter().position(|b| *b != b'0').map_or(&digits[run - 1..], |at| &digits[at..]);
            // The count of digits goes before them, so that bytes compare as numbers do; 255 digits are one class.
            key.extend([b'0', u8::try_from(digits.len()).unwrap_or(u8::MAX)]);
            key.extend(digits);
            rest = after;
        } else if first.is_ascii() {
            key.push(first.to_ascii_lowercase());
            rest = tail;
        } else {
            let run = rest.iter().take_while(|b| !b.is_ascii()).count();
            let (text, after) = rest.split_at(run);
            key.extend(String::from_utf8_lossy(text).to_lowercase().as_bytes());
            rest = after;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_expect() {
        let sorted =
            ["", "1", "01a", "2", "10", "a", "A1", "a2", "a10", "a10b", "B", "img_9", "img_10", "z", "É", "日本"];
        let mut names = sorted;
        names.reverse();
        names.sort_by_key(|name| natural_key(name));
        assert_eq!(names, sorted);
    }
}
