//! Values that are wrong by their form, which rclone takes and then fails with: a host with a scheme, a port that is
//! none, an address without a scheme, a fingerprint in place of a key.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{
    domain::{provider::ProviderOption, value::Size},
    server::rclone::config::trust::host_keys_problem,
};

/// The value, or what is wrong with its form.
pub fn check(provider: &str, option: &ProviderOption, value: String) -> Result<String, &'static str> {
    let unknown = provider == "s3" && option.name == "provider" && !option.examples.is_empty();
    if unknown && !option.examples.iter().any(|example| example.value == value) {
        return Err("rclone knows no S3 provider of this name. Choose one that is suggested, or Other.");
    }
    problem(provider, &option.name, &value).map_or(Ok(value), Err)
}

/// The option that is needed beside those that are there, and why. Without it rclone would fail, whatever the server.
#[must_use]
pub fn missing(provider: &str, options: &BTreeMap<String, String>) -> Option<(&'static str, &'static str)> {
    let has = |name: &str| options.contains_key(name);
    match provider {
        "sftp" if !["pass", "key_pem"].into_iter().any(has) => {
            Some(("pass", "Give a password, or a private key (key_pem): Longshore has no SSH agent."))
        }
        "s3" if has("access_key_id") && !has("secret_access_key") => {
            Some(("secret_access_key", "This is needed with an access key."))
        }
        "s3" if has("secret_access_key") && !has("access_key_id") => {
            Some(("access_key_id", "This is needed with a secret key."))
        }
        "ftp"
            if ["tls", "explicit_tls"]
                .into_iter()
                .all(|name| options.get(name).is_some_and(|value| value == "true")) =>
        {
            Some(("explicit_tls", "Choose one of tls (implicit, port 990) and explicit_tls (port 21), not both."))
        }
        _ => None,
    }
}

/// What is wrong with the value of an option of a provider.
fn problem(provider: &str, option: &str, value: &str) -> Option<&'static str> {
    let text = value.trim();
    match (provider, option) {
        ("sftp" | "ftp" | "smb" | "netstorage", "host") => host(text),
        (_, "port") => port(text),
        ("webdav" | "http" | "seafile" | "filefabric" | "opendrive", "url") => url(text),
        ("sftp", "host_keys") => host_keys_problem(text),
        ("sftp", "key_pem") => private_key(text),
        ("azureblob" | "azurefiles", "key") => BASE64_STANDARD
            .decode(text)
            .is_err()
            .then_some("Paste the whole access key: letters and digits that end with =, as Azure shows it."),
        ("s3", "chunk_size") => chunk(text),
        ("s3", "endpoint") if text.contains("://") => url(text),
        _ => None,
    }
}

fn private_key(text: &str) -> Option<&'static str> {
    if text.starts_with("PuTTY-User-Key-File") {
        return Some("This is PuTTY's format. Export it as an OpenSSH key (PuTTYgen, Conversions), and paste that.");
    }
    if text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.contains("PUBLIC KEY-----") {
        return Some("This is the public key. Paste the private one, which begins with -----BEGIN.");
    }
    (!text.starts_with("-----BEGIN ")).then_some("Paste the whole private key, from -----BEGIN to the end.")
}

fn host(text: &str) -> Option<&'static str> {
    if text.contains("://") {
        return Some("Write the host alone, without “sftp://” or the like before it.");
    }
    if text.contains('/') {
        return Some("Write the host alone, without a path: the folder is chosen later.");
    }
    if text.contains('@') {
        return Some("Write the host alone: the user has a field of its own.");
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match (bare, text.matches(':').count()) {
        (Some((_, "")), _) | (None, 0) => None,
        (None, 1) | (Some(_), _) => Some("Write the host alone: the port has a field of its own."),
        (None, _) => Some("Write an IPv6 address in brackets: [2001:db8::1]."),
    }
}

fn port(text: &str) -> Option<&'static str> {
    text.parse::<u16>().map_or(true, |port| port == 0).then_some("Write a port between 1 and 65535.")
}

fn url(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return Some("Write the whole address, beginning with https:// or http://.");
    };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, number) = match host.rsplit_once(':') {
        Some((host, number)) if !number.ends_with(']') => (host, Some(number)),
        _ => (host, None),
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Some("Write the whole address, as https://nas.example.org/dav.");
    }
    number.and_then(port)
}

/// S3 takes no smaller parts.
fn chunk(text: &str) -> Option<&'static str> {
    // What is no size was refused before. `off` is less than any size to rclone.
    let too_small = Size::parse(text).is_some_and(|size| size.bytes().is_none_or(|bytes| bytes < 5 << 20));
    too_small.then_some("S3 takes no smaller parts than 5Mi.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_by_its_form_is_refused_and_nothing_else() {
        for (provider, option, good, bad) in [
            (
                "sftp",
                "host",
                &["nas", "nas.local", "10.0.0.2", "[::1]", "[fe80::1%eth0]", "büro.example"][..],
                &["sftp://nas", "nas:22", "nas/dir", "bob@nas", "::1", "[::1]:22", "ssh://bob@nas:22/x"][..],
            ),
            ("ftp", "host", &["ftp.example.org"], &["ftp://ftp.example.org", "ftp.example.org:21"]),
            ("smb", "host", &["nas"], &["//nas/share", "smb://nas", "nas:445"]),
            ("ftp", "port", &["21", "65535"], &["0", "65536", "99999", "-1", "2 2", "ssh"]),
            (
                "webdav",
                "url",
                &["https://nas/dav", "http://nas:8080", "https://[::1]:8443/x", "HTTPS://nas", "https://bob@nas/"],
                &[
                    "nas/dav",
                    "nas:8080/dav",
                    "ftp://nas",
                    "https://",
                    "https://nas:99999/",
                    "https:/nas",
                    "https://na s/",
                ],
            ),
            ("http", "url", &["http://nas/"], &["nas", "file:///etc"]),
            (
                "s3",
                "endpoint",
                &["s3.example.org", "minio:9000", "http://minio:9000"],
                &["ftp://minio", "http://minio:port"],
            ),
            (
                "s3",
                "chunk_size",
                &["5Mi", "16Mi", "5120", "1Gi", "5242880b", "5MiB", "1T"],
                &["1Mi", "100k", "4.9Mi", "4096", "100b", "1MiB", "off", "OFF", "0.000001T"],
            ),
            ("azureblob", "key", &["AAAA", "YWJj", "YWI="], &["not base64!", "abc"]),
            (
                "sftp",
                "key_pem",
                &["-----BEGIN OPENSSH PRIVATE KEY-----\\nb3\\n-----END", "-----BEGIN RSA PRIVATE KEY-----\\nx"],
                &[
                    "PuTTY-User-Key-File-3: ssh-ed25519",
                    "ssh-ed25519 AAAA me@here",
                    "garbage",
                    "-----BEGIN PUBLIC KEY-----\\nx",
                ],
            ),
            ("b2", "key", &["not base64!"], &[]),
        ] {
            for value in good {
                assert_eq!(problem(provider, option, value), None, "{provider} {option} {value}");
            }
            for value in bad {
                assert!(problem(provider, option, value).is_some(), "{provider} {option} {value}");
            }
        }
    }
}
