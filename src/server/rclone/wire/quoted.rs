//! Text as Go quotes it: `"a\tb"`.

/// What is in the quotes. Text without them stays as it is.
pub fn unquote(text: &str) -> String {
    let Some(mut rest) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else { return text.to_owned() };
    let mut out = Vec::with_capacity(rest.len());
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = escape(&rest[at + 1..], &mut out);
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// Writes what follows a backslash, and gives back what follows that.
fn escape<'a>(text: &'a str, out: &mut Vec<u8>) -> &'a str {
    let mut chars = text.chars();
    let Some(kind) = chars.next() else { return text };
    let rest = chars.as_str();
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let Some((code, after)) =
            rest.split_at_checked(digits).and_then(|(code, after)| Some((u32::from_str_radix(code, 16).ok()?, after)))
        else {
            return rest;
        };
        match u8::try_from(code) {
            // A byte that is no text by itself.
            Ok(byte) if kind == 'x' => out.push(byte),
            _ => push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), out),
        }
        return after;
    }
    push(
        match kind {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            other => other,
        },
        out,
    );
    rest
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_quotes_is_read_back() {
        for (quoted, text) in [
            (r#""plain ünï""#, "plain ünï"),
            (r#""a\"b\\c\td""#, "a\"b\\c\td"),
            (r#""\u00e9\U0001f600\x41\xc3\xa9""#, "é😀Aé"),
            (r#""\xff""#, "\u{fffd}"),
            ("no quotes", "no quotes"),
            (r#""\u12""#, "12"),
            (r#""end\""#, "end"),
            (r#"""#, r#"""#),
        ] {
            assert_eq!(unquote(quoted), text, "{quoted}");
        }
    }
}
