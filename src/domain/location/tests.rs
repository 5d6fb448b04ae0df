//! Tests of `location`.

use super::*;

#[test]
fn what_rclone_would_run_as_a_connection_string_is_refused() {
    for bad in [
        ":sftp,ssh=touch /tmp/x:",
        "name,ssh=x:",
        "name,ssh=\"x\":path",
        ":local:/etc",
        "relative/path",
        "",
        "-x:path",
        " x:p",
        "a/b:c",
        "x:../y",
        "x:a/../../b",
        "/srv/../etc",
        "x:a\0b",
        "na\"me:",
        "na'me:",
    ] {
        assert!(Location::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_location_reads_as_it_is_written() {
    for (text, canonical) in [
        ("b2:", "b2:"),
        ("b2:/a//b/c/", "b2:/a//b/c"),
        ("nas:/", "nas:/"),
        ("nas:/srv/", "nas:/srv"),
        ("b2:a//", "b2:a/"),
        ("b2:a ", "b2:a "),
        ("b2: a", "b2: a"),
        ("b2:x\ny", "b2:x\ny"),
        ("/srv//./photos/", "/srv/photos"),
        ("/srv/d ", "/srv/d "),
        ("/ srv/x\t", "/ srv/x\t"),
        ("/", "/"),
        ("b2:-rf", "b2:-rf"),
        ("b2:a:b,c\"d", "b2:a:b,c\"d"),
    ] {
        let location = Location::parse(text).expect(text);
        assert_eq!(location.to_string(), canonical);
    }
    for refused in ["b2:.", "b2:a/./b", "b2:./a", "b2:..", "b2:a/.."] {
        assert!(Location::parse(refused).is_err(), "{refused}");
    }
}

#[test]
fn spellings_that_rclone_takes_for_one_are_the_same() {
    let at = |text: &str| Location::parse(text).expect(text);
    assert!(at("/srv/x\ny").is_same(&at("/srv/x␊y")) && at("b2:x␡").is_same(&at("b2:x\u{7f}")));
    for (a, b) in [
        ("/srv/x␊y", "/srv/x‛␊y"),
        ("/srv/d", "/srv/d "),
        ("nas:srv", "nas:/srv"),
        ("b2:a//b", "b2:a/b"),
        ("b2:a", "c2:a"),
    ] {
        assert!(!at(a).is_same(&at(b)), "{a} {b}");
    }
}

#[test]
fn what_is_odd_about_a_path_is_said() {
    for (text, odd) in [
        ("/srv/d ", true),
        (" /srv/d", true),
        ("b2: d", true),
        ("b2:d\u{3000}", true),
        ("b2:a /b", true),
        ("b2:a/ b", true),
        ("/srv/x\ny", true),
        ("/srv/two words/d", false),
        ("b2:", false),
        ("", false),
    ] {
        assert_eq!(oddity(text).is_some(), odd, "{text:?}");
    }
}

#[test]
fn up_and_down_are_opposites() {
    for root in ["b2:", "nas:/", "/"] {
        let root = Location::parse(root).expect(root);
        assert_eq!(root.parent(), None);
        assert_eq!(root.join("a").join("b ").parent(), Some(root.join("a")));
        assert_eq!(root.join("a").parent(), Some(root.clone()));
        assert_eq!(root.join("a").join("b").root(), root);
    }
    let local = Location::parse("/").expect("/");
    assert_eq!(local.join("srv").to_string(), "/srv");
    assert_eq!(Location::parse("nas:/").expect("root").join("srv").to_string(), "nas:/srv");
}

#[test]
fn a_hostile_name_stays_one_segment_of_the_address() {
    assert_eq!(
        Location::parse("b2:").expect("root").join("a?b#c%2F <x>").href(),
        "/browse/b2/a%3Fb%23c%252F%20%3Cx%3E"
    );
}
