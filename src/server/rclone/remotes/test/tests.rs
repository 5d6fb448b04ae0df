//! Tests of `test`.

use super::*;
use crate::server::rclone::wire::conf::Conf;

#[test]
fn what_is_put_together_is_asked_part_by_part() {
    let text = "[s]\ntype = s3\n[p]\ntype = google photos\n[u]\ntype = union\nupstreams = s:a /srv/b:ro\n[c]\ntype = combine\nupstreams = x=u: y=p: z=s:\n\
            [ac]\ntype = alias\nremote = c:\n[au]\ntype = alias\nremote = u:deep\n[ap]\ntype = alias\nremote = p:\n[as]\ntype = alias\nremote = s:\n\
            [e]\ntype = crypt\nremote = c:\n[in]\ntype = alias\nremote = c:z/k\n[loop]\ntype = alias\nremote = loop:\n[uu]\ntype = union\nupstreams = uu: s:\n";
    let sections = Conf::parse(text).expect("plain").sections;
    for (name, expected) in [
        ("s", &[][..]),
        ("as", &[]),
        ("in", &[]),
        ("loop", &[]),
        ("u", &["s:a", "/srv/b"]),
        ("au", &["s:a/deep", "/srv/b/deep"]),
        ("c", &["s:a", "/srv/b", "p:album", "s:"]),
        ("ac", &["s:a", "/srv/b", "p:album", "s:"]),
        ("e", &["s:a", "/srv/b", "p:album", "s:"]),
        ("ap", &["p:album"]),
    ] {
        let section = sections.iter().find(|section| section.name == name).expect(name);
        let found: Vec<_> = parts(&sections, &section.kind(), &section.pairs(), "", &mut STEPS.clone())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected, "{name}");
    }
    let endless = sections.iter().find(|section| section.name == "uu").expect("uu");
    assert!(!parts(&sections, &endless.kind(), &endless.pairs(), "", &mut STEPS.clone()).is_empty());
}

#[test]
fn what_was_found_is_said_and_what_was_not_asked() {
    let none = BTreeMap::new();
    let off = BTreeMap::from([("filename_encryption".to_owned(), "off".to_owned())]);
    let plain = BTreeMap::from([("directory_name_encryption".to_owned(), "false".to_owned())]);
    let listed = |entries, folders, undecryptable, more| Listed { entries, folders, undecryptable, more };
    for (kind, options, found, words) in [
        ("s3", &none, listed(1, 1, 0, false), "0.1 s, 1 bucket"),
        (
            "crypt",
            &none,
            listed(0, 0, 12, false),
            "but 12 names cannot be decrypted, and there are no others: the password or salt",
        ),
        ("crypt", &none, listed(0, 0, 12, true), "but at least 12 names cannot"),
        ("alias", &none, listed(0, 0, 1, false), "but 1 name cannot"),
        ("crypt", &none, listed(5, 0, 1, false), "5 entries, but 1 name cannot be decrypted: they were"),
        ("crypt", &none, listed(5, 0, 0, false), "5 entries"),
        ("crypt", &none, listed(0, 0, 0, false), "nothing to decrypt"),
        ("crypt", &off, listed(5, 0, 0, false), "was not tried"),
        ("crypt", &plain, listed(5, 5, 0, false), "was not tried"),
        ("crypt", &plain, listed(5, 4, 0, false), "5 entries"),
    ] {
        let said = say_listed(kind, options, found, 100);
        assert!(said.contains(words), "{kind} {found:?}: {said}");
    }
    assert!(!say("crypt", &none, &Found::Listed(listed(0, 0, 12, false)), &[], 1).0, "nothing can be read");
    assert!(say("crypt", &none, &Found::Listed(listed(1, 0, 12, false)), &[], 1).0);
    let at = |text: &str| Location::parse(text).expect("a location");
    let good = Found::Listed(listed(2, 2, 0, false));
    let bad = || Found::Failed("No.".to_owned());
    let parts = [(at("a:"), good.clone()), (at("b:x"), bad()), (at("c:"), bad())];
    assert_eq!(say("union", &none, &good, &parts[..2], 1), (false, "One of its 2 parts failed: b:x No.".to_owned()));
    assert_eq!(say("union", &none, &good, &parts, 1), (false, "2 of its 3 parts failed: b:x No. c: No.".to_owned()));
    assert_eq!(say("alias", &none, &good, &parts[1..2], 1), (false, "b:x No.".to_owned()));
    assert!(say("union", &none, &good, &[parts[0].clone(), parts[0].clone()], 100).1.ends_with("all 2 parts answered"));
}
