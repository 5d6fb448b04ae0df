//! Tests of `secrets`.

use std::time::{Duration, Instant};

use aes::Aes256;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit as _, StreamCipher as _},
};

use super::{forms::KEY, *};

fn finder_of(conf: &str) -> AhoCorasick {
    let conf = Conf::parse(conf).expect("a configuration");
    finder(&conf.sections.iter().flat_map(values).collect::<Vec<_>>()).expect("secrets")
}

#[test]
fn a_secret_is_found_in_every_form_in_which_it_may_be_said_again() {
    // `rclone obscure 'p&ss "wörd"/+'` is one of many; this one was made by the console's own key.
    let secret = "p&ss \"w\u{f6}rd\"/+=";
    let finder = finder(&VecDeque::from([secret.to_owned()])).expect("a finder");
    let basic = base64::prelude::BASE64_STANDARD.encode(format!("somebody:{secret}"));
    for said in [
        secret.to_owned(),
        "p%26ss%20%22w%C3%B6rd%22%2F%2B%3D".to_owned(),
        "p%26ss%20%22w%c3%b6rd%22%2f%2b%3d".to_owned(),
        "p%26ss+%22w%C3%B6rd%22%2F%2B%3D".to_owned(),
        base64::prelude::BASE64_STANDARD.encode(secret),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        Value::String(secret.to_owned()).to_string(),
        Value::String(Value::String(secret.to_owned()).to_string()).to_string(),
        "p\\u0026ss \\\"w\u{f6}rd\\\"/+=".to_owned(),
    ] {
        let text = format!("the server said {said} and more");
        let hidden = hide_with(&finder, &text);
        assert!(hidden.contains(MASK) && hidden.len() + 4 < text.len(), "{said}: {hidden}");
        assert!(hidden.starts_with("the server said ") && hidden.ends_with(" and more"), "{hidden}");
    }
    for user in ["a", "ab", "abc", "abcd"] {
        let basic = base64::prelude::BASE64_STANDARD.encode(format!("{user}:{secret}"));
        let hidden = hide_with(&finder, &basic);
        assert!(hidden.contains(MASK) && hidden.len() < 14, "{user}: {hidden}");
    }
    assert!(!hide_with(&finder, &basic).contains(&basic[12..]));
    assert_eq!(hide_with(&finder, "nothing of it"), "nothing of it");
}

#[test]
fn what_rclone_obscured_is_known_as_it_was() {
    // rclone obscure potato-and-leek
    let obscured = {
        let mut text = b"potato-and-leek".to_vec();
        Ctr128BE::<Aes256>::new_from_slices(&KEY, &[7; 16]).expect("sizes").apply_keystream(&mut text);
        BASE64_URL_SAFE_NO_PAD.encode([vec![7; 16], text].concat())
    };
    assert_eq!(reveal(&obscured).as_deref(), Some("potato-and-leek"));
    // What rclone itself wrote: its tests have it.
    assert_eq!(reveal("YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ").as_deref(), Some("potato"));
    assert_eq!(reveal("not obscured"), None);
    let finder = finder_of(&format!("[a]\ntype = webdav\nuser = eva\npass = {obscured}\n"));
    let basic = base64::prelude::BASE64_STANDARD.encode("eva:potato-and-leek");
    for text in ["potato-and-leek", &obscured, &basic] {
        assert_eq!(hide_with(&finder, text).trim_end_matches('='), MASK, "{text}");
    }
}

#[test]
fn parts_that_are_secrets_of_their_own_are_known_and_what_is_none_is_not() {
    let finder = finder_of(
        "[azure]\ntype = azureblob\nsas_url = https://acct.example.net/box?sv=2022-11-02&sig=AbC%2BdEf1234567890xyz%3D&se=2030\n\
             [drive]\ntype = drive\ntoken = {\"access_token\":\"ya29.access-token-1\",\"refresh_token\":\"1//refresh-token-2\",\"expiry\":\"2026-01-01T00:00:00Z\"}\n\
             [web]\ntype = http\nurl = https://files.example.net/\nheaders = Authorization,Bearer abc.def.ghi,X-Api-Key,k3y-of-eight\n\
             [ia]\ntype = internetarchive\naccess_key_id = AKACCESS\nsecret_access_key = s3cr3t-of-ia\n\
             [s]\ntype = sftp\nhost = h\nkey_pem = -----BEGIN KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B\\n-----END KEY-----\\n\nkey_file = /home/a/.ssh/id\n\
             [u]\ntype = webdav\nurl = http://eva:older%2DSecret%2D9911@h.example.net:81/x?id=public-number&api_key=qu3ry-key\n\
             [o]\ntype = dropbox\nauth_url = https://login.example.net/oauth\ntoken_url = https://login.example.net/token\nenv_auth = true\npass = 1234\n",
    );
    for (text, expected) in [
        ("sig is AbC+dEf1234567890xyz= here", "sig is *** here"),
        ("sig is AbC%2BdEf1234567890xyz%3D here", "sig is *** here"),
        ("got ya29.access-token-1, 1//refresh-token-2", "got ***, ***"),
        ("X-Api-Key: k3y-of-eight", "X-Api-Key: ***"),
        ("you sent Bearer abc.def.ghi", "you sent ***"),
        ("LOW AKACCESS:s3cr3t-of-ia", "LOW ***:***"),
        ("line MIIEvQIBADANBgkqhkiG9w0B", "line ***"),
        ("older-Secret-9911 or older%2DSecret%2D9911", "*** or ***"),
        ("Basic ZXZhOm9sZGVyLVNlY3JldC05OTEx", "Basic ***"),
        ("qu3ry-key of h.example.net:81 and public-number", "*** of h.example.net:81 and public-number"),
        (
            "https://files.example.net/ and https://login.example.net/token",
            "https://files.example.net/ and https://login.example.net/token",
        ),
        ("true 1234 2030 /home/a/.ssh/id acct.example.net", "true 1234 2030 /home/a/.ssh/id acct.example.net"),
    ] {
        assert_eq!(hide_with(&finder, text), expected);
    }
}

#[test]
fn many_remotes_and_long_logs_cost_little() {
    let values: VecDeque<String> = (0..1000).map(|n| format!("secret-number-{n:06}-of-many")).collect();
    let began = Instant::now();
    let finder = finder(&values).expect("a finder");
    let line = format!("{{\"level\":\"info\",\"msg\":\"Copied (new) {}\"}}", "x".repeat(100));
    let text = format!("{}\n", line).repeat(10_000) + "secret-number-000999-of-many";
    assert!(hide_with(&finder, &text).ends_with("\n***"));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
