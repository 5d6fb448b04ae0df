//! Whether an error of rclone's may pass by itself. Decided by what the error says, and never by a name that stands in
//! it.

use super::text;

/// Errors of the network. Each ends rclone's text: its parts go from what was done to why it failed.
const NETWORK: [&str; 12] = [
    "connection refused",
    "connection reset by peer",
    "i/o timeout",
    "timeout awaiting response headers",
    "tls handshake timeout",
    "no such host",
    "temporary failure in name resolution",
    "server misbehaving",
    "network is unreachable",
    "no route to host",
    "broken pipe",
    "unexpected eof",
];

/// Answers of a busy provider. The text of the answer may follow.
const BUSY: [&str; 3] = ["429 too many requests", "503 service unavailable", "503 service temporarily unavailable"];

/// What stands before such an answer in the same part.
const BEFORE: [&str; 4] = ["error", "status", "status code", "response"];

/// The same in an error of the S3 library, which lists its facts.
const BUSY_S3: [&str; 4] = [
    "response error statuscode: 429",
    "response error statuscode: 503",
    "api error slowdown",
    "api error serviceunavailable",
];

/// How an error ends that stays, whatever stands before it.
const LASTING: [&str; 18] = [
    "permission denied",
    "operation not permitted",
    "no such file or directory",
    "file exists",
    "file already exists",
    "is a directory",
    "not a directory",
    "directory not empty",
    "file name too long",
    "read-only file system",
    "no space left on device",
    "disk quota exceeded",
    "input/output error",
    "invalid argument",
    "too many levels of symbolic links",
    "stale file handle",
    "object not found",
    "directory not found",
];

/// Whether rclone's text tells of something that may pass by itself: the network, a busy provider, a server that starts
/// again.
#[must_use]
pub fn is_passing(text: &str) -> bool {
    if text::is_refusal(text) {
        return false;
    }
    let text = without_names(&text.to_lowercase());
    let parts: Vec<&str> =
        text.split([':', '\n']).map(str::trim).filter(|part| part.chars().any(char::is_alphanumeric)).collect();
    let Some((last, before)) = parts.split_last() else { return false };
    if LASTING.iter().any(|words| says(last, words)) {
        return false;
    }
    let is_busy = |part: &&str| BUSY.iter().any(|words| answers(part, words));
    NETWORK.iter().any(|words| says(last, words))
        || is_busy(last)
        // The first part can be a file's name.
        || before.iter().skip(1).any(is_busy)
        || (text.contains("operation error ") && BUSY_S3.iter().any(|words| text.contains(words)))
        || before.iter().any(|part| part.starts_with("couldn't connect ")) && *last == "eof"
}

/// Without what is quoted (URLs, names), and of an error about a path only how it ends: a path may hold anything, also
/// a colon.
fn without_names(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, quoted)) = rest.split_once('"') {
        plain.push_str(before);
        let mut escaped = false;
        let end = quoted.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else {
            rest = quoted;
            break;
        };
        rest = &quoted[end + 1..];
    }
    plain.push_str(rest);
    let path = if plain.starts_with('/') { Some(0) } else { plain.find(" /").map(|at| at + 1) };
    match path.and_then(|start| Some((start, plain.rfind(": ").filter(|end| *end > start)?))) {
        Some((start, end)) => format!("{}{}", &plain[..start], &plain[end..]),
        None => plain,
    }
}

/// Whether `part` is these words, with no more of a sentence or a name behind them.
fn says(part: &str, words: &str) -> bool {
    part.strip_prefix(words).is_some_and(ends)
}

/// The same of an answer of a server, which may follow `error`, or stand in brackets.
fn answers(part: &str, words: &str) -> bool {
    let Some(at) = part.find(words) else { return false };
    let before = part[..at].trim_end();
    let introduced = before.is_empty() || before.ends_with('(') || BEFORE.iter().any(|word| before.ends_with(word));
    introduced && ends(&part[at + words.len()..])
}

/// Whether words end here: a name would go on, as in `connection refused.txt`.
fn ends(rest: &str) -> bool {
    match rest.strip_prefix('.') {
        Some(rest) => rest.is_empty() || rest.starts_with(' '),
        None => rest.is_empty() || rest.starts_with([',', ';', ')']) || rest.starts_with(" ("),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_and_a_busy_provider_may_pass() {
        for text in [
            "dial tcp 127.0.0.1:1: connect: connection refused",
            "read: i/o timeout",
            "googleapi: 429 Too Many Requests",
            "Failed to copy: Put \"http://nas/connection%20refused.txt\": dial tcp 10.0.0.2:80: connect: connection refused",
            "Get \"http://nas:9000/b\": net/http: timeout awaiting response headers",
            "dial tcp: lookup nas on 127.0.0.53:53: no such host",
            "dial tcp: lookup nas on 127.0.0.53:53: server misbehaving",
            "read tcp 10.0.0.1:5->10.0.0.2:445: read: connection reset by peer",
            "HTTP error 503 (503 Service Unavailable) returned body: \"<html>\"",
            "Failed to copy: PUT failed: 503 Service Unavailable: busy, come back later",
            "operation error S3: PutObject, https response error StatusCode: 503, RequestID: 1, HostID: 2, api error SlowDown: Please reduce your request rate.",
            "operation error S3: PutObject, https response error StatusCode: 429, RequestID: 1, HostID: 2, api error X: wait",
            "NewFs: couldn't connect SSH: ssh: handshake failed: EOF",
            "unexpected EOF",
        ] {
            assert!(is_passing(text), "{text}");
        }
    }

    #[test]
    fn what_stays_does_not_pass() {
        for text in [
            "permission denied",
            "429",
            "530 \"Login incorrect.\"",
            "x509: certificate signed by unknown authority",
            "NewFs: couldn't connect SSH: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none password]",
            "NewFs: couldn't connect SSH: ssh: handshake failed: knownhosts: key mismatch",
            "",
        ] {
            assert!(!is_passing(text), "{text}");
        }
    }

    #[test]
    fn the_name_of_a_file_never_makes_an_error_pass() {
        const NAMES: [&str; 22] = [
            "connection refused.txt",
            "connection refused",
            "a: connection refused",
            "connection refused: b",
            "IMG_4290.jpg",
            "429 Too Many.txt",
            "429 Too Many Requests",
            "HTTP error 429 (429 Too Many Requests)",
            "503 Service Unavailable: 503 Service Unavailable",
            "i/o timeout, again.log",
            "no such host (copy)",
            "unexpected EOF.",
            "operation error S3: PutObject, https response error StatusCode: 503, api error SlowDown: x",
            "slowdown.mp3",
            "quo\"ted: connection refused",
            "\": dial tcp: connection refused",
            "x\n: connection refused",
            "couldn't connect me: EOF",
            "broken pipe /y/connection refused",
            "TLS handshake timeout; no route to host",
            "statuscode: 429",
            "Temporary failure in name resolution",
        ];
        for name in NAMES {
            for text in [
                format!("open /x/{name}: permission denied"),
                format!("Failed to copy: open /x/{name}: permission denied"),
                format!("rename /x/{name} /y/{name}: no such file or directory"),
                format!("{name}: permission denied"),
                format!("Failed to copy: {name}: file name too long"),
                format!("open {name:?}: permission denied"),
                format!("mkdir /srv/{name}/d: not a directory"),
                format!("write /x/{name}: no space left on device"),
            ] {
                assert!(!is_passing(&text), "{text}");
            }
            let real = format!(
                "Failed to copy: Put {:?}: dial tcp 10.0.0.2:80: connect: connection refused",
                format!("http://nas/{name}")
            );
            assert!(is_passing(&real), "{real}");
        }
    }
}
