//! Tests of `outbound`.

use super::*;

fn refused(outbound: &Outbound, address: &str) -> Option<Refusal> {
    outbound.refuses(address.parse().expect(address))
}

#[test]
fn metadata_services_are_refused_however_their_address_is_written() {
    let outbound = Outbound::default();
    for address in [
        "169.254.169.254:80",
        "169.254.170.2:80",
        "169.254.42.42:80",
        "169.254.169.254:443",
        "100.100.100.200:80",
        "168.63.129.16:32526",
        "192.0.0.192:80",
        "[::ffff:169.254.169.254]:80",
        "[::ffff:a9fe:a9fe]:80",
        "[::a9fe:a9fe]:80",
        "[::ffff:0:a9fe:a9fe]:80",
        "[64:ff9b::a9fe:a9fe]:80",
        "[64:ff9b:1::a9fe:a9fe]:80",
        "[2002:a9fe:a9fe::1]:80",
        "[2001:0:1:2:3:4:5601:5601]:80",
        "[2001:db8::5efe:a9fe:a9fe]:80",
        "[fe80::200:5efe:a9fe:a9fe]:80",
        "[::ffff:100.100.100.200]:80",
        "[fd00:ec2::254]:80",
        "[fd00:ec2::23]:80",
        "[fd20:ce::254]:80",
        "[fd00:42::42]:80",
        "[fe80::a9fe:a9fe]:80",
    ] {
        assert_eq!(refused(&outbound, address), Some(Refusal::Metadata), "{address}");
        assert_eq!(refused(&Outbound { allow_metadata: true, ..Outbound::default() }, address), None, "{address}");
    }
    for address in [
        "192.168.1.2:22",
        "127.0.0.1:9000",
        "[::1]:22",
        "10.0.0.1:443",
        "[fd12::1]:80",
        "[fe80::1]:445",
        "8.8.8.8:443",
        "169.254.169.254:53",
    ] {
        assert_eq!(refused(&outbound, address), None, "{address}");
    }
}

#[test]
fn private_networks_are_refused_where_an_admin_wants_that() {
    let outbound = Outbound { refuse_private: true, ..Outbound::default() };
    for address in [
        "127.0.0.1:9000",
        "127.1.2.3:80",
        "0.0.0.0:80",
        "10.1.2.3:443",
        "172.16.0.1:80",
        "172.31.255.255:80",
        "192.168.0.1:445",
        "100.64.0.1:80",
        "[::1]:22",
        "[::]:22",
        "[fd12::1]:80",
        "[fe80::1]:445",
        "[::ffff:192.168.0.1]:80",
        "[64:ff9b::c0a8:1]:80",
        "[2002:c0a8:0001::]:80",
    ] {
        assert_eq!(refused(&outbound, address), Some(Refusal::Private), "{address}");
    }
    for address in
        ["8.8.8.8:443", "172.32.0.1:80", "100.128.0.1:80", "[2606:4700::1]:443", "192.168.0.1:53", "127.0.0.53:53"]
    {
        assert_eq!(refused(&outbound, address), None, "{address}");
    }
}

#[test]
fn the_console_is_refused_at_the_address_at_which_it_listens() {
    let at = |own: &str| Outbound { own: Some(own.parse().expect(own)), ..Outbound::default() };
    for (own, same, others) in [
        (
            "127.0.0.1:8084",
            &["127.0.0.1:8084", "0.0.0.0:8084", "[::ffff:127.0.0.1]:8084"][..],
            &["127.0.0.1:8085", "127.0.0.2:8084", "10.255.255.1:8084"][..],
        ),
        ("0.0.0.0:8084", &["127.0.0.1:8084", "127.9.9.9:8084", "0.0.0.0:8084"], &["203.0.113.9:8084", "127.0.0.1:80"]),
        ("[::]:8084", &["127.0.0.1:8084", "[::1]:8084", "[::]:8084", "0.0.0.0:8084"], &["[2001:db8::9]:8084"]),
        ("[::1]:8084", &["[::1]:8084", "[::]:8084"], &["[::1]:1"]),
        ("127.0.0.1:53", &["127.0.0.1:53"], &["127.0.0.53:53"]),
    ] {
        for address in same {
            assert_eq!(refused(&at(own), address), Some(Refusal::Own), "{own} {address}");
        }
        for address in others {
            assert_eq!(refused(&at(own), address), None, "{own} {address}");
        }
    }
}

#[tokio::test]
async fn a_name_is_refused_by_what_it_leads_to() {
    let outbound = Outbound { own_names: vec!["console.example.org:443".into()], ..Outbound::default() };
    for (host, words) in [
        ("169.254.169.254", "169.254.169.254 is an address of a cloud's metadata"),
        ("[fd00:ec2::254]", "metadata"),
        ("169.254.169.254.", "metadata"),
        ("2852039166", "leads to 169.254.169.254, which"),
        ("0xa9fea9fe", "169.254.169.254"),
        ("0xA9.0xFE.0xA9.0xFE", "169.254.169.254"),
        ("0251.0376.0251.0376", "169.254.169.254"),
        ("169.254.43518", "169.254.169.254"),
        ("metadata.google.internal", "metadata"),
        ("METADATA.Google.Internal.", "metadata"),
        ("Console.Example.ORG", "this console"),
    ] {
        let refusal = outbound.check(host, 443).await.expect_err(host);
        assert!(refusal.contains(words), "{host}: {refusal}");
    }
    for host in ["localhost", "127.0.0.1", "nosuch.invalid", "", "a b", "[::1]"] {
        assert_eq!(outbound.check(host, 443).await, Ok(()), "{host}");
    }
    assert_eq!(outbound.check("console.example.org", 8443).await, Ok(()), "another server");
    let closed = Outbound { refuse_private: true, ..Outbound::default() };
    assert!(closed.check("localhost", 443).await.expect_err("this server").contains("--private-networks"));
    for host in ["169.254.169.254", "::ffff:169.254.169.254", "2852039166"] {
        let error = outbound.connect(host, 80).await.expect_err(host);
        assert!(
            error.kind() == io::ErrorKind::PermissionDenied && error.to_string().contains("metadata"),
            "{host}: {error}"
        );
    }
}
