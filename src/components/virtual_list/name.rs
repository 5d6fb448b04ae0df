//! The name of a file as it is shown: any bytes that a provider lets into a name, made harmless to the eye.

use leptos::prelude::*;

/// Longer names are shortened in the middle, so their end (the extension) stays in sight.
const LONG: usize = 40;
/// Characters of a long name that are never cut off.
const TAIL: usize = 12;

/// The name with what cannot be seen made visible: a newline is `␊`, a mark that turns the direction of text is named.
#[must_use]
pub fn visible(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match u32::from(c) {
            // The block of control pictures has them in the same order.
            code @ 0..0x20 => out.extend(char::from_u32(0x2400 + code)),
            0x7f => out.push('␡'),
            code @ (0x80..=0x9f | 0x200b | 0x200e | 0x200f | 0x2028..=0x202e | 0x2060..=0x2069 | 0xfeff) => {
                out.push_str(&format!("‹U+{code:04X}›"));
            }
            _ => out.push(c),
        }
    }
    out
}

/// A name, isolated from the direction of the text around it; a long one keeps its end.
#[must_use]
pub fn file_name(name: &str) -> AnyView {
    let shown = visible(name);
    let count = shown.chars().count();
    let cut = if count > LONG {
        shown.char_indices().nth(count - TAIL).map_or(shown.len(), |(at, _)| at)
    } else {
        shown.len()
    };
    let (head, tail) = (shown[..cut].to_owned(), shown[cut..].to_owned());
    view! {
        <bdi class="file-name" title=shown>
            <span class="file-name__head">{head}</span>
            {(!tail.is_empty()).then(|| view! { <span class="file-name__tail">{tail}</span> })}
        </bdi>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_invisible() {
        assert_eq!(visible("a\nb\tc\u{7f}"), "a␊b␉c␡");
        assert_eq!(visible("photo\u{202e}gpj.exe"), "photo‹U+202E›gpj.exe");
        assert_eq!(visible("<b>שלום</b> 名前.txt"), "<b>שלום</b> 名前.txt");
    }
}
