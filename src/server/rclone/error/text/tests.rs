//! Tests of `text`.

use super::*;

#[test]
fn known_errors_are_said_in_words_and_others_without_secrets() {
    let refused = "api error InvalidAccessKeyId: The AWS Access Key Id you provided does not exist";
    assert_eq!(explain(refused, &[]), "The key was refused (403): check access key and secret.");
    assert_eq!(explain("odd: pass=hunter2", &[]), "odd: pass=***");
    assert!(holds("a b c", "a…c") && !holds("c a", "a…c") && !holds("", "a"));
    assert!(plain(&"é".repeat(5000)).chars().count() <= MAX + 1);
    assert!(matches!(error("directory not found", &[]), RcloneError::NotFound));
    let late = "ListObjectsV2, https response error StatusCode: 0, Get \"http://nas:9000/b\": net/http: timeout awaiting response headers";
    assert!(matches!(error(late, &[]), RcloneError::Timeout));
}
/// Texts of real peers (and of providers that have none here): what was tried, rclone's text, and what has to be
/// said.
const REAL: &str = include_str!("../../../../tests/fixtures/rclone/errors.jsonl");

#[test]
fn what_real_peers_said_is_told_in_words() {
    let mut seen = 0;
    for line in REAL.lines() {
        let (tried, text, expected): (String, String, String) = serde_json::from_str(line).expect(line);
        let said = explain(&text, &[]);
        assert!(said.contains(&expected), "{tried}: {said}");
        assert!(said.chars().count() <= MAX + 1 && !said.contains('\n') && !said.contains("<html"), "{tried}: {said}");
        assert!(!said.contains("Failed to create file system"), "{tried}: {said}");
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn a_name_server_that_fails_is_not_called_the_server() {
    for (why, expected) in [
        (
            "lookup nas.lan on 127.0.0.77:53: read udp 127.0.0.1:42->127.0.0.77:53: read: connection refused",
            "127.0.0.77:53 could not be reached",
        ),
        (
            "lookup nas.lan on 10.0.0.1:53: read udp 10.0.0.2:42->10.0.0.1:53: i/o timeout",
            "10.0.0.1:53 did not answer in time",
        ),
        ("lookup nas.lan on 10.0.0.1:53: server misbehaving", "10.0.0.1:53 answered with an error"),
        (
            "lookup nas.lan on [::1]:53: dial udp [::1]:53: connect: network is unreachable",
            "[::1]:53 could not be reached",
        ),
        (
            "lookup nas.lan on 10.0.0.1:53: dial udp 10.0.0.1:53: connect: no route to host",
            "10.0.0.1:53 could not be reached",
        ),
        ("lookup nas.lan: Temporary failure in name resolution", "the name server answered with an error"),
        ("lookup nas.lan on 10.0.0.1:53: cannot unmarshal DNS message", "10.0.0.1:53 answered with an error"),
    ] {
        for text in [format!("error listing: dial tcp: {why}"), format!("NewFs: couldn't connect SSH: dial tcp: {why}")]
        {
            let said = explain(&text, &[]);
            assert!(said.contains("host name nas.lan") && said.contains(expected), "{text}: {said}");
            assert!(matches!(error(&text, &[]), RcloneError::Failed { .. }), "{text}");
        }
    }
    for (text, expected) in [
        ("dial tcp: lookup nas.lan on 10.0.0.1:53: no such host", "no server with this name"),
        ("proxyconnect tcp: dial tcp: lookup proxy on 10.0.0.1:53: server misbehaving", "proxy could not be reached"),
        ("dial tcp 10.0.0.9:22: connect: connection refused", "refused the connection"),
        ("dial tcp: lookup a table.txt: permission denied", "Permission was denied"),
    ] {
        assert!(explain(text, &[]).contains(expected), "{text}: {}", explain(text, &[]));
    }
}

#[test]
fn a_changed_host_key_is_told_with_both_fingerprints() {
    let text = "NewFs: couldn't connect SSH: ssh: handshake failed: sftp: host key mismatch for h:22: server offered ssh-ed25519 key with \
                    fingerprint SHA256:new; pinned fingerprints for this algorithm: SHA256:old, SHA256:older -- if the server key";
    let said = explain(text, &["SHA256:new".into()]);
    for part in ["changed", "ssh-ed25519 SHA256:new", "trusts SHA256:old, SHA256:older", "on the page of the remote"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(is_about_identity(&said));
}
