//! Tests of `comparison`.

use super::*;

fn written(text: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(FILE);
    std::fs::write(&path, text).expect("written");
    (dir, path)
}

#[test]
fn names_are_counted_whatever_is_in_them() {
    let (_dir, path) = written(b"= a\n* b\n+ c d\n- - e\n- line\nfeed\n! bad\n- \xff\n= \n\n- =\n");
    let mut names = Vec::new();
    each(&path, |side, name| names.push((side, name.to_owned()))).expect("read");
    let extra: Vec<_> = names.iter().filter(|(side, _)| *side == Side::Extra).map(|(_, name)| name.as_str()).collect();
    assert_eq!(extra, ["- e", "line\nfeed", "\u{fffd}\n= \n", "="]);
    let counted = Comparison::read(&path, false).expect("read");
    assert_eq!((counted.source(), counted.destination(), counted.extra), (3, 6, 4));
    assert_eq!(Comparison::read(Path::new("/nowhere"), true).expect("nothing"), Comparison::default());
}

#[test]
fn a_destination_that_is_looked_at_twice_is_counted_once() {
    let (_dir, path) = written(b"- gone\n- also\n= a\n- also\n- gone\n");
    assert_eq!(Comparison::read(&path, true).expect("read"), Comparison { same: 1, extra: 2, ..Comparison::default() });
    assert_eq!(few(&path, &[Side::Extra], 2).expect("read"), Some(vec!["also".to_owned(), "gone".to_owned()]));
}

#[test]
fn a_name_is_found_as_rclone_would_find_it() {
    let (_dir, path) = written("- Caf\u{e9}\n- A.txt\n- l/x\n- u/d/y\n- gone\n".as_bytes());
    let look = |fold| {
        let mut wanted = NameSearch::read(&path, &[Side::Extra], fold, "").expect("read");
        ["Cafe\u{301}", "a.txt", "l.rclonelink", "other"].iter().for_each(|name| wanted.saw(name));
        wanted.cannot_see("u");
        wanted.found(&path, &[Side::Extra], 10, 100).expect("read").1
    };
    assert_eq!(look(Fold::default()), ["l/x", "u/d/y"]);
    assert_eq!(look(Fold { unicode: true, case: false }), ["Caf\u{e9}", "l/x", "u/d/y"]);
    assert_eq!(look(Fold { unicode: true, case: true }), ["Caf\u{e9}", "A.txt", "l/x", "u/d/y"]);
}

#[test]
fn few_names_are_told_and_many_only_counted() {
    let text: String = (0..5000).map(|n| format!("- {n}\n")).collect();
    let (_dir, path) = written(text.as_bytes());
    let mut wanted = NameSearch::read(&path, &[Side::Extra], Fold::default(), "").expect("read");
    (0..4000).for_each(|n| wanted.saw(&n.to_string()));
    let (count, names) = wanted.found(&path, &[Side::Extra], 100, 50).expect("read");
    assert_eq!((count, names.len()), (4000, 30), "ten of one letter and twenty of two");
    assert_eq!(few(&path, &[Side::Extra], 100).expect("read"), None);
}
