//! Takes secrets out of texts that rclone wrote, before anybody reads them.

use super::secrets;

/// What stands in the place of a secret.
pub(in crate::server::rclone) const MASK: &str = "***";

/// Parts of option names whose values are secret, as in `pass=` or `secret_access_key=`.
const SECRET: [&str; 14] = [
    "pass",
    "secret",
    "token",
    "key",
    "auth",
    "credential",
    "signature",
    "cookie",
    "bearer",
    "sas_url",
    "account_key",
    "connection_string",
    "access_grant",
    "headers",
];

/// Names that look like these, and whose values everybody may see.
const PUBLIC: [&str; 6] =
    ["host_keys", "host_key_algorithms", "key_exchange", "key_use_agent", "pubkey", "pin_host_key"];

/// Words before a secret: of the header `Authorization`.
const SCHEMES: [&str; 3] = ["bearer", "basic", "low"];

/// `text` without the secrets of the configured remotes (`known`), and without what looks like one: values of secret
/// options (`name,pass=x:`), passwords in URLs, and bearer tokens.
#[must_use]
pub fn redact(text: &str) -> String {
    let text = secrets::hide(text);
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some(at) = rest.find(['=', ':', ' ']) {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        let word = head.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))).next().unwrap_or_default();
        let (mark, after) = tail.split_at(1);
        out.push_str(mark);
        rest = after;
        if mark == "=" && is_secret(word) {
            out.push_str(MASK);
            rest = &after[value_len(after)..];
        } else if mark == " " && is_scheme(word, after) {
            let end = after.find(char::is_whitespace).unwrap_or(after.len());
            out.push_str(if end > 0 { MASK } else { "" });
            rest = &after[end..];
        } else if mark == ":"
            && let Some(url) = after.strip_prefix("//")
        {
            let authority = &url[..url.find(['/', '?', '#', '"', ' ']).unwrap_or(url.len())];
            if let Some((user, _)) = authority.rsplit_once('@') {
                out.push_str("//");
                out.push_str(MASK);
                rest = &url[user.len()..];
            }
        }
    }
    out + rest
}

/// Whether a word is the scheme of an `Authorization`, and what follows it a secret.
fn is_scheme(word: &str, after: &str) -> bool {
    // "low" is a word of its own as well: Internet Archive's has a colon in what follows.
    let pair = || after.split_whitespace().next().is_some_and(|next| next.contains(':') && !next.ends_with(':'));
    SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme)) && (!word.eq_ignore_ascii_case("low") || pair())
}

/// Whether the value of an option with this name is one.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "sig" || (!PUBLIC.contains(&name.as_str()) && SECRET.iter().any(|secret| name.contains(secret)))
}

/// As [`redact`], and without each of `secrets` in any form: those of a remote that is not saved yet.
#[must_use]
pub fn redact_all(text: &str, secrets: &[String]) -> String {
    redact(&secrets::hide_these(text, secrets))
}

/// How long a value is: to its closing quote, or to what ends it in a connection string, a URL or a sentence.
fn value_len(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map_or(text.len(), |end| end + 2),
        // `auth=Basic dXNlcjpwYXNz`: the word is none yet.
        _ if text.split_once(' ').is_some_and(|(word, rest)| is_scheme(word, rest)) => {
            let start = text.find(' ').map_or(0, |at| at + 1);
            start + text[start..].find([',', ' ', '\n', '"', '\'']).unwrap_or(text.len() - start)
        }
        _ => text.find([',', ':', '&', ' ', '\n', '"', '\'', ')', '}']).unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_is_kept() {
        for (text, expected) in [
            ("failed for \":sftp,host=a,pass=abc:dir\": no", "failed for \":sftp,host=a,pass=***:dir\": no"),
            ("secret_access_key=\"a,b\" end", "secret_access_key=*** end"),
            (
                "GET https://bob:pw@host/x?X-Amz-Signature=ab&y=1: 403",
                "GET https://***@host/x?X-Amz-Signature=***&y=1: 403",
            ),
            ("Authorization: Bearer abc.def rest", "Authorization: Bearer *** rest"),
            ("nothing to hide: a=b ünï", "nothing to hide: a=b ünï"),
            ("token={\"access_token\"", "token=***\"access_token\""),
            ("pass=", "pass=***"),
            ("GET https://h/c?sv=2&sig=abc%2B&se=1: 403", "GET https://h/c?sv=2&sig=***&se=1: 403"),
            ("sent auth=Basic dXNlcjpwYXNz end", "sent auth=*** end"),
            ("Authorization: LOW key:secret, no", "Authorization: LOW *** no"),
            ("the battery is low today", "the battery is low today"),
            ("host_keys=ssh-ed25519 AAAA", "host_keys=ssh-ed25519 AAAA"),
            (
                "Put \"https://b.example.net/f?X-Amz-Algorithm=AWS4&X-Amz-Credential=AKIA%2F2022&X-Amz-Security-Token=FwoG%2B&X-Amz-Signature=ab\": EOF",
                "Put \"https://b.example.net/f?X-Amz-Algorithm=AWS4&X-Amz-Credential=***&X-Amz-Security-Token=***&X-Amz-Signature=***\": EOF",
            ),
            (
                "Setting pass=\"obscured\" for \"src\" from environment variable",
                "Setting pass=*** for \"src\" from environment variable",
            ),
        ] {
            assert_eq!(redact(text), expected);
        }
        assert_eq!(redact_all("it is hunter22, no", &["hunter22".into(), "it".into()]), "it is ***, no");
    }
}
