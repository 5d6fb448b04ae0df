//! Tests of `provider`.

use super::*;

#[test]
fn provider_filters_read_as_rclones_do() {
    for (filter, chosen, expected) in [
        ("", "AWS", true),
        ("AWS", "", true),
        ("AWS,Minio", "Minio", true),
        ("AWS,Minio", "Ceph", false),
        ("!AWS,Minio", "Ceph", true),
        ("!AWS,Minio", "AWS", false),
    ] {
        assert_eq!(matches_provider(filter, chosen), expected, "{filter:?} {chosen:?}");
    }
}

#[test]
fn any_pem_is_kept_in_one_line_and_nothing_else_is_changed() {
    let option = |name: &str| ProviderOption {
        name: name.to_owned(),
        help: String::new(),
        kind: OptionKind::Text,
        default: String::new(),
        required: false,
        advanced: false,
        secret: true,
        exclusive: false,
        weakens: false,
        provider: String::new(),
        examples: Vec::new(),
    };
    for (name, value, kept) in [
        ("key_pem", "-----BEGIN-----\nabc\n-----END-----\n", "-----BEGIN-----\\nabc\\n-----END-----"),
        ("client_cert_pem", "-----BEGIN-----\r\nabc\r\n-----END-----\r\n", "-----BEGIN-----\\nabc\\n-----END-----"),
        ("key_pem", "  a\rb  ", "a\\nb"),
        ("key_pem", "a\n\nb", "a\\n\\nb"),
        ("key_pem", "a\\nb", "a\\nb"),
        ("key_pem", " \n ", ""),
        ("pem", "a\nb", "a\nb"),
        ("key_pem_file", " a\nb ", " a\nb "),
        ("pass", " a\r\n", " a\r\n"),
    ] {
        let option = option(name);
        assert_eq!(option.in_one_line(value), kept, "{name} {value:?}");
        assert_eq!(option.in_one_line(kept), kept, "{name} {value:?}");
    }
}
