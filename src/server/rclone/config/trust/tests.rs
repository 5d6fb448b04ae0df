//! Tests of `trust`.

use super::*;

fn options(text: &str) -> Options {
    text.split(' ')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn found(kind: &str, text: &str) -> Option<(String, u16)> {
    endpoint(kind, &options(text)).map(|endpoint| (endpoint.host, endpoint.port))
}

#[test]
fn the_server_is_found_as_rclone_finds_it() {
    for (kind, text, expected) in [
        ("sftp", "host=nas", Some(("nas", 22))),
        ("sftp", "host=nas port=2222", Some(("nas", 2222))),
        ("sftp", "host=[::1] port=22", Some(("::1", 22))),
        ("sftp", "host=nas port=99999", None),
        ("sftp", "host=nas socks_proxy=p:1", None),
        ("sftp", "host=nas known_hosts_file=/x", None),
        ("sftp", "host=nas known_hosts_file=none", Some(("nas", 22))),
        ("sftp", "port=22", None),
        ("ftp", "host=nas", None),
        ("ftp", "host=nas tls=true port=990", Some(("nas", 990))),
        ("ftp", "host=nas explicit_tls=true", Some(("nas", 21))),
        ("webdav", "url=https://nas/dav", Some(("nas", 443))),
        ("webdav", "url=HTTPS://u:p@nas:8443/dav?x", Some(("nas", 8443))),
        ("webdav", "url=https://[fd00::1]:8443", Some(("fd00::1", 8443))),
        ("webdav", "url=http://nas/dav", None),
        ("s3", "endpoint=minio.lan:9000", Some(("minio.lan", 9000))),
        ("s3", "provider=AWS", None),
        ("drive", "url=https://x", None),
    ] {
        assert_eq!(
            found(kind, text),
            expected.map(|(host, port): (&str, u16)| (host.to_owned(), port)),
            "{kind} {text}"
        );
    }
}

#[test]
fn every_server_has_an_address() {
    for (kind, text, expected) in [
        ("sftp", "host=nas known_hosts_file=/x", Some(("nas", 22))),
        ("ftp", "host=nas", Some(("nas", 21))),
        ("smb", "host=nas port=4450", Some(("nas", 4450))),
        ("webdav", "url=http://nas/dav", Some(("nas", 80))),
        ("webdav", "url=http://nas:443/dav", Some(("nas", 443))),
        ("s3", "endpoint=http://[::1]:9000", Some(("::1", 9000))),
        ("webdav", "url=https://nas/dav", Some(("nas", 443))),
        ("ftp", "host=nas http_proxy=x", None),
        ("drive", "token=x", None),
    ] {
        let found = address(kind, &options(text));
        assert_eq!(found, expected.map(|(host, port): (&str, u16)| (host.to_owned(), port)), "{kind} {text}");
    }
}

#[test]
fn what_is_not_checked_is_marked() {
    use ServerCheck::{NotChecked, Pinned};
    for (kind, pairs, expected) in [
        ("sftp", "host=h", Some(NotChecked)),
        ("sftp", "host=h known_hosts_file=none", Some(NotChecked)),
        ("s3", "provider=AWS", None),
        ("s3", "override.ca_cert=/x", Some(Pinned)),
        ("s3", "override.no_check_certificate=true override.ca_cert=/x", Some(NotChecked)),
        ("ftp", "no_check_certificate=true", Some(NotChecked)),
        ("ftp", "no_check_certificate=false", None),
        ("webdav", "global.no_check_certificate=1", Some(NotChecked)),
        ("sftp", "host_keys=ssh-ed25519", Some(Pinned)),
        ("sftp", "known_hosts_file=/etc/ssh/ssh_known_hosts", Some(Pinned)),
        ("sftp", "ssh=ssh", None),
        ("sftp", "host_keys=", Some(NotChecked)),
    ] {
        assert_eq!(check(kind, &options(pairs)), expected, "{kind} {pairs}");
    }
}

#[test]
fn host_keys_are_read_as_rclone_reads_them() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    for good in [key.to_owned(), format!("{key}, {key}"), format!(" {key} ,")] {
        assert_eq!(host_keys_problem(&good), None, "{good}");
    }
    let other = key.replace("ssh-ed25519 ", "ssh-rsa ");
    for bad in [
        "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA",
        &key[12..],
        "ssh-ed25519",
        "ssh-ed25519 !",
        &format!("h {key}"),
        &other,
    ] {
        assert!(host_keys_problem(bad).is_some(), "{bad}");
    }
    let trusted = trusted("sftp", &BTreeMap::from([("host_keys".to_owned(), key.to_owned())]));
    assert_eq!(trusted, ["SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"]);
}
