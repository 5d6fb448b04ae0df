//! Takes secrets out of texts that rclone wrote, before anybody reads them.

/// What stands in the place of a secret.
const MASK: &str = "***";

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

/// `text` without values of secret options (`name,pass=x:`), passwords in URLs, and bearer tokens.
#[must_use]
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
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
        } else if mark == " " && (word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")) {
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

/// Whether the value of an option with this name is one.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|secret| name.contains(secret))
}

/// As [`redact`], and without each of `secrets` wherever it stands.
#[must_use]
pub fn redact_all(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    // Longest first: one may hold another. Very short ones would only mangle the text.
    let mut secrets: Vec<_> = secrets.iter().filter(|secret| secret.len() >= 4).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        text = text.replace(secret.as_str(), MASK);
    }
    redact(&text)
}

/// How long a value is: to its closing quote, or to what ends it in a connection string, a URL or a sentence.
fn value_len(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map_or(text.len(), |end| end + 2),
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
            ("GET https://bob:pw@host/x?X-Amz-Signature=ab&y=1: 403", "GET https://***@host/x?X-Amz-Signature=***&y=1: 403"),
            ("Authorization: Bearer abc.def rest", "Authorization: Bearer *** rest"),
            ("nothing to hide: a=b ünï", "nothing to hide: a=b ünï"),
            ("token={\"access_token\"", "token=***\"access_token\""),
            ("pass=", "pass=***"),
        ] {
            assert_eq!(redact(text), expected);
        }
        assert_eq!(redact_all("it is hunter22, no", &["hunter22".into(), "it".into()]), "it is ***, no");
    }
}
