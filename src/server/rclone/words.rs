//! rclone's errors in plain words. One table, so that every door says the same.

use super::{
    error::RcloneError,
    redact::{redact, redact_all},
};

/// What rclone's text holds when it gave up waiting.
const LATE: [&str; 5] = ["i/o timeout", "timeout awaiting", "deadline exceeded", "Client.Timeout", "TLS handshake timeout"];

/// What rclone's text holds, and what that means. The first that fits counts.
const MEANINGS: [(&[&str], &str); 17] = [
    (
        &["InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity", "AuthorizationHeaderMalformed"],
        "The key was refused (403): check access key and secret.",
    ),
    (&["AccessDenied", "StatusCode: 403", "403 Forbidden"], "Access was refused (403): these credentials may not list this."),
    (&["401 Unauthorized", "StatusCode: 401"], "The credentials were refused (401): check user and password."),
    (&["unable to authenticate", "no supported methods remain"], "The server refused the user name, password or key."),
    (&["couldn't connect SSH: ssh: handshake failed: knownhosts", "host key mismatch"], "The server's host key is not the expected one."),
    (&["failed to parse private key", "failed to parse key"], "The private key could not be read: check it and its passphrase."),
    (&["no such host", "server misbehaving"], "There is no server with this name: check the host or endpoint."),
    (&["connection refused"], "The server refused the connection: check host and port."),
    (&["network is unreachable", "no route to host"], "The server can not be reached from here."),
    (&LATE, "The server did not answer in time."),
    (&["x509:", "certificate"], "The server's certificate is not trusted."),
    (&["NoSuchBucket"], "The bucket does not exist."),
    (&["directory not found", "object not found"], "The folder does not exist."),
    (&["permission denied"], "Permission was denied."),
    (&["no space left", "file too big for remaining disk space"], "The disk is full."),
    (&["didn't find section in config file"], "The remote is not configured."),
    (&["is a file not a directory"], "That is a file, not a folder."),
];

/// Longest text of rclone's own that is passed on, in characters.
const MAX: usize = 400;

/// In words: what the table knows, else rclone's own text, shortened and without secrets.
#[must_use]
pub fn explain(text: &str, secrets: &[String]) -> String {
    meaning(text).map_or_else(|| shorten(&redact_all(text, secrets)), |(_, words)| (*words).to_owned())
}

fn meaning(text: &str) -> Option<&'static (&'static [&'static str], &'static str)> {
    MEANINGS.iter().find(|(needles, _)| needles.iter().any(|needle| text.contains(needle)))
}

/// The error that rclone's text means. Who gave up waiting, rclone or we, is the same to whoever asked.
#[must_use]
pub fn error(text: &str, secrets: &[String]) -> RcloneError {
    if text.contains("didn't find section in config file") {
        RcloneError::UnknownRemote
    } else if ["directory not found", "NoSuchBucket", "is a file not a directory"].iter().any(|needle| text.contains(needle)) {
        RcloneError::NotFound
    } else if meaning(text).is_some_and(|(needles, _)| *needles == LATE) {
        RcloneError::Timeout
    } else {
        RcloneError::Failed { message: explain(text, secrets) }
    }
}

/// rclone's own text, shortened and without secrets.
#[must_use]
pub fn plain(text: &str) -> String {
    shorten(&redact(text))
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_errors_are_said_in_words_and_others_without_secrets() {
        let refused = "api error InvalidAccessKeyId: The AWS Access Key Id you provided does not exist";
        assert_eq!(explain(refused, &[]), "The key was refused (403): check access key and secret.");
        assert_eq!(explain("odd: pass=hunter2", &[]), "odd: pass=***");
        assert!(plain(&"é".repeat(5000)).chars().count() <= MAX + 1);
        assert!(matches!(error("directory not found", &[]), RcloneError::NotFound));
        let late =
            "ListObjectsV2, https response error StatusCode: 0, Get \"http://nas:9000/b\": net/http: timeout awaiting response headers";
        assert!(matches!(error(late, &[]), RcloneError::Timeout));
    }
}
