//! How texts are compared: as people see them when they search, and exactly but for the Unicode form when a name is
//! typed to approve.

use unicode_normalization::{UnicodeNormalization as _, char::canonical_combining_class};

/// A text as it is searched: ignoring case, accents and Unicode form. `Ü`, `ü` and `u` with a combining
/// diaeresis are `u`; `ß` is `ss`; a full-width or a superscript digit is the digit. Nothing is trimmed.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // By way of the capitals, which are the same for letters that differ in small ones only: ς and σ, ß and ss. The
    // capital ẞ is none of these.
    let letters = text.nfkd().filter(|c| !is_accent(*c) && !is_invisible(*c)).flat_map(char::to_lowercase);
    letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase).flat_map(plain).collect()
}

/// Whether it is a mark above, below or through a letter. Marks that make another letter of it, as in kana and the
/// scripts of India, are not.
fn is_accent(c: char) -> bool {
    matches!(canonical_combining_class(c), 1 | 200..)
}

/// Whether nobody sees it: where a word may be broken, which way it is written, how an emoji looks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Letters with a stroke, and ligatures, which Unicode does not take apart.
fn plain(c: char) -> impl Iterator<Item = char> {
    let letters = match c {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        _ => "",
    };
    letters.chars().chain(letters.is_empty().then_some(c))
}

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needle(String);

impl Needle {
    /// From what a person typed.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        Self(fold(typed))
    }

    /// From what was folded already.
    #[must_use]
    pub const fn folded(text: String) -> Self {
        Self(text)
    }

    /// Whether nothing is searched for: it is in every text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` holds it.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_empty() || fold(text).contains(&self.0)
    }
}

/// Whether two texts are the same but for their Unicode form: what one keyboard types composed, another types in parts.
/// Case, accents and spaces count.
#[must_use]
pub fn is_same(a: &str, b: &str) -> bool {
    a == b || a.nfc().eq(b.nfc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_what_people_see() {
        for (typed, text) in [
            ("cafe", "Café"),
            ("테스트", "\u{1110}\u{1166}\u{1109}\u{1173}\u{1110}\u{1173}_1"),
            ("\u{1110}\u{1166}\u{1109}\u{1173}", "테스트"),
            ("softhyphen", "soft\u{ad}hyphen"),
            ("zero", "ze\u{200b}ro"),
            ("left", "\u{202a}left\u{202c}"),
            ("❤", "❤\u{fe0f} photos"),
            ("❤\u{fe0f}", "❤ photos"),
            ("ISTANBUL", "ıstanbul"),
            ("viii", "Ⅷ"),
            ("CAFÉ", "cafe\u{301}.txt"),
            ("cafe\u{301}", "Le Café"),
            ("e\u{301}", "É"),
            ("strasse", "Straße 5"),
            ("STRASSE", "straße"),
            ("straße", "STRASSE"),
            ("ανθρωπος", "ΆΝΘΡΩΠΟΣ"),
            ("ΑΝΘΡΩΠΟΣ", "άνθρωπος"),
            ("istanbul", "İSTANBUL"),
            ("INDIR", "ındır"),
            ("angstrom", "Ångström \u{212b}"),
            ("lodz", "ŁÓDŹ"),
            ("kobenhavn", "København"),
            ("aether", "Æther"),
            ("ｆｉｌｅ", "file"),
            ("file", "ﬁle"),
            ("naive", "nai\u{308}ve"),
            ("viet", "Việt Nam"),
            ("й", "И\u{306}"),
            ("한", "\u{1112}\u{1161}\u{11ab}"),
            ("が", "か\u{3099}"),
            ("", "anything"),
            ("😀", "x😀y"),
            ("a b", "A b"),
            ("m2", "m²"),
        ] {
            assert!(Needle::new(typed).is_in(text), "{typed:?} in {text:?}: {:?} in {:?}", fold(typed), fold(text));
        }
    }

    #[test]
    fn a_search_does_not_find_what_is_something_else() {
        for (typed, text) in
            [(" x", "x"), ("x ", "x"), ("a  b", "a b"), ("o", "0"), ("ñandu", "nandy"), ("कि", "क"), ("cafe.", "café")]
        {
            assert!(!Needle::new(typed).is_in(text), "{typed:?} in {text:?}");
        }
    }

    #[test]
    fn folding_is_stable() {
        for text in ["Straße", "ŁÓDŹ", "İ", "ǅ", "ﬃ", "ŉ", "ΐ", "½", "Å", "日本", "\u{345}", "ẞ"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }

    #[test]
    fn a_typed_name_is_the_same_in_both_forms_and_in_no_other_way() {
        assert!(is_same("b2:Café", "b2:Cafe\u{301}") && is_same("\u{212b}", "Å") && is_same("x", "x"));
        for (a, b) in
            [("x", "X"), ("cafe", "café"), ("x", "x "), (" x", "x"), ("ﬁle", "file"), ("ß", "ss"), ("１", "1")]
        {
            assert!(!is_same(a, b), "{a:?} {b:?}");
        }
    }
}
