//! Tests of `conf`.

use super::*;

const TEXT: &str = "# mine\n\n; of a\n[a]\ntype = s3\nsecret = x=y:z\n\n# of b\n[ b ]\ntype=alias\n# end";

fn text(conf: &Conf) -> String {
    String::from_utf8(conf.render()).expect("text")
}

#[test]
fn what_is_not_touched_stays_byte_for_byte() {
    let odd: [&[u8]; 10] = [
        TEXT.as_bytes(),
        b"",
        b"\n\n",
        b"[x]",
        b"k = before a section\n",
        b"[a]\r\nk = v\r\n",
        b"# only\n",
        b"\xef\xbb\xbf[a]\nk=v",
        b"[a]\nk = \xff\xfe\n# \xff\n",
        b"[a]\nx=1\n[b]\n[a]\nx=2\n[]\n",
    ];
    for text in odd {
        assert_eq!(Conf::parse(text).expect("plain").render(), text, "{text:?}");
    }
}

#[test]
fn a_removed_section_takes_its_comment_along_and_no_other() {
    let mut conf = Conf::parse(TEXT).expect("plain");
    assert!(conf.remove("a") && !conf.remove("a"));
    assert_eq!(text(&conf), "# mine\n\n# of b\n[ b ]\ntype=alias\n# end");
    let mut parts = Conf::parse("[a]\nx=1\n[b]\n[a]\ny=2\n").expect("plain");
    assert!(parts.remove("a"), "all parts of it");
    assert_eq!(text(&parts), "[b]\n");
}

#[test]
fn options_read_and_change_in_the_line_that_counts() {
    let mut conf = Conf::parse(TEXT).expect("plain");
    assert_eq!(conf.get("a").expect("a").pairs()["secret"], "x=y:z");
    assert_eq!(conf.get("b").expect("b").kind(), "alias");
    conf.set("a", "secret", "new");
    conf.set("a", "token", "{}");
    assert!(text(&conf).contains("[a]\ntype = s3\nsecret = new\ntoken = {}\n\n# of b\n"), "{}", text(&conf));
    conf.set("b", "token", "{}");
    assert!(text(&conf).ends_with("[ b ]\ntype=alias\ntoken = {}\n# end"), "{}", text(&conf));
    let mut twice = Conf::parse("[a]\r\nx = 1\r\nx = 2\r\n[b]\r\n[a]\r\ny = 1\r\n").expect("plain");
    twice.set("a", "x", "3");
    twice.set("a", "z", "4");
    assert_eq!(text(&twice), "[a]\r\nx = 1\r\nx = 3\r\n[b]\r\n[a]\r\ny = 1\r\nz = 4\r\n");
    assert_eq!(twice.get("a").expect("a").pairs()["x"], "3");
    let mut bare = Conf::parse("[a]").expect("plain");
    bare.set("a", "x", "1");
    assert_eq!(text(&bare), "[a]\nx = 1\n");
}

#[test]
fn what_rclone_can_not_read_is_told_with_its_line_and_an_encrypted_file_from_a_plain_one() {
    for (text, expected) in [
        ("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc\n", Unreadable::Encrypted),
        ("RCLONE_ENCRYPT_V7:\n", Unreadable::Encrypted),
        ("[a]\ntype = s3\nword\n", Unreadable::Line(3)),
        ("[a\n", Unreadable::Line(1)),
        ("[a]\n  more\n", Unreadable::Line(2)),
        ("[]\nx = 1\n", Unreadable::Unnamed(2)),
    ] {
        assert_eq!(Conf::parse(text).expect_err(text), expected);
    }
    assert!(Conf::parse("[a]\nx = RCLONE_ENCRYPT_V0:\n").is_ok());
}

#[test]
fn a_new_section_stands_apart() {
    let mut conf = Conf::parse("[a]\ntype = s3").expect("plain");
    conf.push(Conf::parse("[b]\ntype = alias\n").expect("plain").sections.remove(0));
    assert_eq!(text(&conf), "[a]\ntype = s3\n\n[b]\ntype = alias\n");
    assert_eq!(conf.get("b").expect("b").kind(), "alias");
}
