//! Words of a command line that a person pastes into a shell.

use std::borrow::Cow;

/// The words as one line of a POSIX shell, each read as what it is and nothing else: no variable, pattern, brace or
/// history of the shell is expanded in it, and nothing in it acts on the terminal.
///
/// `shlex` decides what is plain. `shell-words` would leave `~`, `!` and braces as they are, which a shell expands.
#[must_use]
pub fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// One word. Of `--flag=value` only the value is quoted.
#[must_use]
pub fn quote(word: &str) -> Cow<'_, str> {
    match word.split_once('=') {
        Some((name, value)) if is_name(name) => format!("{name}={}", quote_text(value)).into(),
        _ => quote_text(word),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn quote_text(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unseen) {
        return escape(text).into();
    }
    // It refuses nothing but NUL, which is escaped above.
    shlex::try_quote(text).unwrap_or_else(|_| escape(text).into())
}

/// What a terminal acts on, or does not show: control characters, and those that change the direction of text.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `$'a\012b'`: the bytes of what is unseen in octal. No word holds a NUL; in its place stands the sign for what cannot
/// be written.
fn escape(text: &str) -> String {
    let mut out = "$'".to_owned();
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '\'' | '\\' => out.extend(['\\', c]),
            // Some shells look for their history even in quotes.
            '!' => out.push_str("\\041"),
            c if is_unseen(c) => {
                let mut bytes = [0; 4];
                out.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("\\{byte:03o}")));
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_only_where_it_has_to_be() {
        for (word, quoted) in [
            ("a-b", "a-b"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(id)", "'$(id)'"),
            ("~/x", "'~/x'"),
            ("--transfers=4", "--transfers=4"),
            ("--exclude=*.tmp", "--exclude='*.tmp'"),
            ("--exclude={a,b}", "--exclude='{a,b}'"),
            ("--suffix=", "--suffix=''"),
            ("password2=-salt_2", "password2=-salt_2"),
            ("b2:archive/2026", "b2:archive/2026"),
            ("it's", "\"it's\""),
            ("a\u{1b}[2Jb", "$'a\\033[2Jb'"),
            ("a\nb!'\\", "$'a\\012b\\041\\'\\\\'"),
            ("a\u{202e}b", "$'a\\342\\200\\256b'"),
        ] {
            assert_eq!(quote(word), quoted, "{word:?}");
        }
        assert_eq!(join(["rclone", "copy", "--", "/srv/a b", "b2:"]), "rclone copy -- '/srv/a b' b2:");
    }
}
