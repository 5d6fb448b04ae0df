//! How rclone checks who a server is: where the server of a remote is asked for its host key or certificate, what is
//! trusted, and which option keeps that. A host key is kept in `host_keys`; a certificate in a file of ours, which
//! `override.ca_cert` names for this remote alone.

use std::{collections::BTreeMap, path::Path};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use sha2::{Digest as _, Sha256};

use crate::domain::identity::{Endpoint, Protocol, ServerCheck};

/// rclone's option with the host keys that are trusted.
pub(in crate::server::rclone) const HOST_KEYS: &str = "host_keys";
/// rclone's option with the certificates that are trusted, in place of the system's.
pub(in crate::server::rclone) const CERTIFICATES: &str = "override.ca_cert";
/// Options that turn the check of certificates off.
pub(in crate::server::rclone) const OFF: [&str; 3] =
    ["no_check_certificate", "override.no_check_certificate", "global.no_check_certificate"];
/// Providers that are reached by an address of one's own, and the option that has it.
const ADDRESS: [(&str, &str); 7] = [
    ("b2", "endpoint"),
    ("filefabric", "url"),
    ("http", "url"),
    ("koofr", "endpoint"),
    ("s3", "endpoint"),
    ("seafile", "url"),
    ("webdav", "url"),
];

pub(in crate::server::rclone) type Options = BTreeMap<String, String>;

/// Where the server of a remote with these options is asked for its identity. `None` where there is none, or a proxy
/// stands between.
#[must_use]
pub fn endpoint(kind: &str, options: &Options) -> Option<Endpoint> {
    let get = |name: &str| options.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let is_on = |name: &str| get(name).is_some_and(is_true);
    let at = |default: u16, protocol| {
        let host = get("host")?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = get("port").map_or(Some(default), |port| port.parse().ok())?;
        Some(Endpoint { host, port, protocol })
    };
    if ["socks_proxy", "http_proxy"].iter().any(|proxy| get(proxy).is_some()) {
        return None;
    }
    match kind {
        "sftp" if get("ssh").is_some() || get("known_hosts_file").is_some_and(|file| file != "none") => None,
        "sftp" => at(
            22,
            Protocol::Ssh(
                get("host_key_algorithms").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            ),
        ),
        "ftp" if is_on("tls") => at(21, Protocol::Tls),
        "ftp" if is_on("explicit_tls") => at(21, Protocol::FtpTls),
        _ => https(get(address_option(kind)?)?),
    }
}

/// Host and port of the server of a remote with these options. `None` where nobody knows them, or a proxy stands
/// between.
#[must_use]
pub fn address(kind: &str, options: &Options) -> Option<(String, u16)> {
    if let Some(Endpoint { host, port, .. }) = endpoint(kind, options) {
        return Some((host, port));
    }
    let get = |name: &str| options.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    if ["socks_proxy", "http_proxy", "ssh", "unix_socket"].iter().any(|name| get(name).is_some()) {
        return None;
    }
    let default = match kind {
        "sftp" => 22,
        "ftp" => 21,
        "smb" => 445,
        _ => {
            let plain = get(address_option(kind)?)?.strip_prefix("http://")?;
            let Endpoint { host, port, .. } = https(plain)?;
            return Some((host, if port == 443 && !plain.contains(":443") { 80 } else { port }));
        }
    };
    let port = get("port").map_or(Some(default), |port| port.parse().ok())?;
    Some((get("host")?.trim_start_matches('[').trim_end_matches(']').to_owned(), port))
}

fn address_option(kind: &str) -> Option<&'static str> {
    ADDRESS.iter().find(|(of, _)| *of == kind).map(|(_, option)| *option)
}

/// The server of an address. Without a scheme it is `https`, as for rclone.
fn https(url: &str) -> Option<Endpoint> {
    let rest = match url.split_once("://") {
        Some((scheme, rest)) => scheme.eq_ignore_ascii_case("https").then_some(rest)?,
        None => url,
    };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host.strip_prefix('[') {
        Some(six) => {
            let (host, rest) = six.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Some(443), |port| port.parse().ok())?;
    (!host.is_empty()).then(|| Endpoint { host: host.to_owned(), port, protocol: Protocol::Tls })
}

/// Whether a remote with these options checks who its server is.
#[must_use]
pub fn check(kind: &str, options: &Options) -> Option<ServerCheck> {
    let is_set = |name: &str| options.get(name).is_some_and(|value| !value.trim().is_empty());
    if kind == "sftp" {
        let file = options.get("known_hosts_file").map_or("", |file| file.trim());
        return match () {
            () if is_set("ssh") => None,
            () if file == "none" => Some(ServerCheck::NotChecked),
            () if !file.is_empty() || is_set(HOST_KEYS) => Some(ServerCheck::Pinned),
            () => Some(ServerCheck::NotChecked),
        };
    }
    if OFF.iter().any(|name| options.get(*name).is_some_and(|value| is_true(value.trim()))) {
        return Some(ServerCheck::NotChecked);
    }
    is_set(CERTIFICATES).then_some(ServerCheck::Pinned)
}

/// The fingerprints that a remote with these options trusts.
pub(in crate::server::rclone) fn trusted(kind: &str, options: &Options) -> Vec<String> {
    if kind == "sftp" {
        return options
            .get(HOST_KEYS)
            .map(|keys| keys.split(',').filter_map(host_key_fingerprint).collect())
            .unwrap_or_default();
    }
    let files = options.get(CERTIFICATES).and_then(|files| files.split(',').next());
    let stem = files.and_then(|file| Path::new(file).file_stem()).and_then(|stem| stem.to_str());
    stem.filter(|stem| stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(colons)
        .into_iter()
        .collect()
}

/// The fingerprint of an entry of `host_keys`, as OpenSSH prints it.
fn host_key_fingerprint(entry: &str) -> Option<String> {
    let key = BASE64_STANDARD.decode(entry.split_whitespace().nth(1)?).ok()?;
    Some(format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(Sha256::digest(key))))
}

/// What is wrong with the value of `host_keys`, as rclone reads it.
pub fn host_keys_problem(value: &str) -> Option<&'static str> {
    let fits = |entry: &str| {
        let mut words = entry.split_whitespace();
        let (Some(algorithm), Some(key), None) = (words.next(), words.next(), words.next()) else { return false };
        let Ok(key) = BASE64_STANDARD.decode(key) else { return false };
        let named =
            key.get(..4).and_then(|length| key.get(4..4 + u32::from_be_bytes(length.try_into().ok()?) as usize));
        named == Some(algorithm.as_bytes())
    };
    let entries: Vec<_> = value.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    if entries.len() <= 16 && entries.into_iter().all(fits) {
        return None;
    }
    Some(
        "Write host keys as “ssh-ed25519 AAAA…”, with a comma between: the whole public key as ssh-keyscan prints it after the host, not its fingerprint.",
    )
}

fn is_true(value: &str) -> bool {
    matches!(value, "1" | "t" | "T" | "TRUE" | "true" | "True")
}

/// Hexadecimal in pairs, as certificates are shown.
fn colons(hex: &str) -> String {
    let pairs: Vec<_> = hex.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests;
