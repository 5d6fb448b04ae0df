//! Names that people take for one another: `eva` and `еvа`, whose first and last letters are Cyrillic.

use unicode_security::confusable_detection::skeleton as of;

/// Whether two names look alike, in small letters or, where not all are of ASCII, in capitals: a Greek `ε` is no Latin
/// `e`, but `Ε` is an `E`.
pub(super) fn look_alike(one: &str, other: &str) -> bool {
    let [a, b] = [one, other].map(|name| skeleton(&name.to_lowercase()));
    let [c, d] = [one, other].map(|name| skeleton(&name.to_uppercase()));
    // Of ASCII, `I` and `l` are one, and Kai and Kal are two.
    a == b || (c == d && !(one.is_ascii() && other.is_ascii()))
}

/// What a text looks like, whatever its letters are (Unicode's security mechanisms, UTS 39).
fn skeleton(text: &str) -> String {
    // What a letter looks like may be a capital: that of the Cyrillic palochka is an `l`.
    of(&of(text).collect::<String>().to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_are_found_and_others_are_not() {
        for (a, b) in [
            ("vic", "v\u{456}\u{441}"),
            ("vic", "\u{ff56}\u{ff49}\u{ff43}"),
            ("eva", "\u{435}v\u{430}"),
            ("admin", "\u{430}dmin"),
            ("ADMIN", "\u{410}dmin"),
            ("olga", "\u{3bf}lga"),
            ("Ana", "ana"),
            ("\u{e9}va", "e\u{301}va"),
            ("mia", "rnia"),
            ("marianne", "MARIANN\u{395}"),
            ("marianne", "mariann\u{3b5}"),
        ] {
            assert!(look_alike(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("eva", "ewa"),
            ("p1", "p2"),
            ("ana", "anna"),
            ("eva", "\u{e9}va"),
            ("маша", "маня"),
            ("eva", "eva2"),
            ("kai", "kal"),
            ("ALI", "all"),
        ] {
            assert!(!look_alike(a, b), "{a} {b}");
        }
    }
}
