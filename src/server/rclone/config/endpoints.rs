//! Where the options of a remote lead by the network: each address that they hold, to be refused with words before
//! anything connects. What holds is `connects`: not every provider says in its options where it connects to.

use std::collections::BTreeMap;

use crate::server::{outbound::Outbound, rclone::error::redact::is_secret};

/// Options that hold a host without a scheme, with or without a port; some hold several.
const HOSTS: [&str; 15] = [
    "api_url",
    "download_url",
    "endpoint",
    "front_endpoint",
    "host",
    "hostname",
    "http_proxy",
    "ibm_iam_endpoint",
    "namenode",
    "proxy",
    "satellite_address",
    "socks_proxy",
    "storage_url",
    "sts_endpoint",
    "url",
];
/// Options that look like secrets by their names, and hold addresses.
const BOTH: [&str; 5] = ["auth", "auth_url", "connection_string", "sas_url", "token_url"];

/// The first option that leads to an address which is refused, and why.
pub async fn refused(outbound: &Outbound, options: &BTreeMap<String, String>) -> Option<(String, String)> {
    for (option, value) in options {
        for (host, port) in addresses(option, value, options) {
            if let Err(why) = outbound.check(&host, port).await {
                return Some((option.clone(), why));
            }
        }
    }
    None
}

/// Hosts and ports that the value of an option names.
fn addresses(option: &str, value: &str, options: &BTreeMap<String, String>) -> Vec<(String, u16)> {
    if is_secret(option) && !BOTH.contains(&option) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("://") {
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let usual = if scheme.eq_ignore_ascii_case("http") { 80 } else { 443 };
        found.extend(authority(after, usual));
        rest = after;
    }
    if found.is_empty() && HOSTS.contains(&option) {
        let port =
            options.get("port").filter(|_| option == "host").and_then(|port| port.trim().parse().ok()).unwrap_or(443);
        found.extend(value.split(',').filter_map(|part| authority(part, port)));
    }
    found
}

/// Host and port at the beginning of a text, behind a user and a password.
fn authority(text: &str, usual: u16) -> Option<(String, u16)> {
    let end = text.find(|c: char| matches!(c, '/' | '?' | '#' | '\\' | ';' | ',') || c.is_whitespace());
    let authority = &text[..end.unwrap_or(text.len())];
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && (host.ends_with(']') || !host.contains(':')) => {
            (host, port.parse().unwrap_or(usual))
        }
        _ => (server, usual),
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_in_an_option_is_found() {
        for (option, value, found) in [
            ("url", "http://169.254.169.254/latest", &["169.254.169.254 80"][..]),
            ("url", "HTTPS://nas:8443?x", &["nas 8443"]),
            ("url", "http://good@169.254.169.254/", &["169.254.169.254 80"]),
            ("url", "http://good:80@169.254.169.254:81#@good", &["169.254.169.254 81"]),
            ("url", "http://169.254.169.254\\@good/", &["169.254.169.254 80"]),
            ("url", "http://[fd00:ec2::254]/", &["[fd00:ec2::254] 80"]),
            ("url", "http://[fd00:ec2::254]:8080/", &["[fd00:ec2::254] 8080"]),
            ("url", "169.254.169.254/dav", &["169.254.169.254 443"]),
            ("endpoint", "169.254.169.254", &["169.254.169.254 443"]),
            ("endpoint", "minio:9000", &["minio 9000"]),
            ("endpoint", "http://2852039166", &["2852039166 80"]),
            ("host", "169.254.169.254", &["169.254.169.254 2022"]),
            ("host", "[::ffff:a9fe:a9fe]", &["[::ffff:a9fe:a9fe] 2022"]),
            ("host", "fd00:ec2::254", &["fd00:ec2::254 2022"]),
            ("namenode", "a:8020,169.254.169.254:80", &["a 8020", "169.254.169.254 80"]),
            ("socks_proxy", "user:pass@169.254.169.254:1080", &["169.254.169.254 1080"]),
            ("http_proxy", "http://169.254.169.254:3128", &["169.254.169.254 3128"]),
            ("auth", "https://keystone.example/v3", &["keystone.example 443"]),
            ("token_url", "http://169.254.169.254/token", &["169.254.169.254 80"]),
            ("connection_string", "AccountKey=x==;BlobEndpoint=http://169.254.169.254:80/x;", &["169.254.169.254 80"]),
            ("sas_url", "https://x.blob.core.windows.net/c?sig=x", &["x.blob.core.windows.net 443"]),
            ("pass", "x://secret", &[]),
            ("region", "eu-west-1", &[]),
            ("user", "bob", &[]),
            ("url", "", &[]),
        ] {
            let options = BTreeMap::from([("port".to_owned(), "2022".to_owned())]);
            let addresses: Vec<_> =
                addresses(option, value, &options).into_iter().map(|(host, port)| format!("{host} {port}")).collect();
            assert_eq!(addresses, found, "{option} {value}");
        }
    }
}
