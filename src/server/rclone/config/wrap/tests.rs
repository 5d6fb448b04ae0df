//! Tests of `wrap`.

use super::*;
use crate::server::rclone::config::tidy::tidy;
use crate::server::rclone::wire::conf::Conf;

fn named(kind: &str, value: &str) -> Option<Vec<String>> {
    let options = BTreeMap::from([(option(kind).expect("it wraps").to_owned(), value.to_owned())]);
    upstreams(kind, &options).ok().map(|upstreams| upstreams.iter().map(ToString::to_string).collect())
}

#[test]
fn what_is_wrapped_reads_as_rclone_reads_it() {
    for (kind, value, expected) in [
        ("crypt", "b2:a/b", &["b2:a/b"][..]),
        ("union", "a:x b: /srv/c", &["a:x", "b:", "/srv/c"]),
        ("union", "a:x:ro b::nc /srv/c:writeback d:ro", &["a:x", "b:", "/srv/c", "d:ro"]),
        ("union", "\"a:with space:ro\" b:\"", &[]),
        ("union", "\"a:with space:ro\" \"b:say \"\"hi\"\"\"", &["a:with space", "b:say \"hi\""]),
        ("combine", "one=a:x \"two=b:with space\"", &["a:x", "b:with space"]),
    ] {
        assert_eq!(named(kind, value).unwrap_or_default(), expected, "{kind} {value}");
    }
}

#[test]
fn no_connection_string_hides_in_what_is_wrapped() {
    for kind in ["alias", "archive", "cache", "chunker", "compress", "crypt", "hasher"] {
        for bad in [
            ":sftp,ssh=\"touch /tmp/x\":",
            "b2,ssh=x:",
            "relative",
            "/srv/../etc",
            ":local:/etc",
            "",
            "b2:../x",
            "/srv/x ",
            "b2:%(description)s",
        ] {
            assert_eq!(named(kind, bad), None, "{kind} {bad}");
        }
    }
    for bad in [
        "",
        "a:  b:",
        "a: ",
        " a:",
        "a: :sftp,ssh=x:",
        "a: \"b2,ssh=x:\"",
        "\"a:",
        "\"a:\"b:",
        "a: rel",
        "a:\"b\"",
        "a: /x/../y:ro",
    ] {
        assert_eq!(named("union", bad), None, "union {bad:?}");
    }
    for bad in ["", "a:", "x=", "=a:", "../x=a:", "x=:local:/", "x=b2,ssh=y:", "x/y=a:", "x=a: y"] {
        assert_eq!(named("combine", bad), None, "combine {bad:?}");
    }
}

#[test]
fn a_path_of_a_remote_leads_to_what_it_wraps() {
    let text = "[s]\ntype = s3\n[l]\ntype = local\n[u]\ntype = union\nupstreams = s:a l:srv/b:ro s:a\n\
            [c]\ntype = combine\nupstreams = one=u:x two=/srv/two\n[e]\ntype = crypt\nremote = c:\n[loop]\ntype = alias\nremote = loop:\n\
            [x]\ntype = union\nupstreams = y: y:1\n[y]\ntype = union\nupstreams = z: z:2\n[z]\ntype = union\nupstreams = x: x:3\n\
            [bare]\ntype = archive\n[new]\ntype = newer\nremote = /srv/new\n[newest]\ntype = newer\nupstreams = a b\n\
            [hidden]\ntype = alias\nx = ../etc\nremote = /srv/%(x)s\n[typed]\nx = local\ntype = %(x)s\n[quoted]\n`type` = `alias`\n\"remote\" = /srv/q\n";
    let sections = Conf::parse(text).expect("plain").sections;
    let below = |name: &str, path: &str| below(sections.iter().find(|section| section.name == name).expect(name), path);
    for (name, path, to) in [
        ("u", "p", &["s:a/p", "l:srv/b/p", "s:a/p"][..]),
        ("u", "/p", &["s:a/p", "l:srv/b/p", "s:a/p"]),
        ("c", "one/q", &["u:x/q"]),
        ("c", "/two", &["/srv/two"]),
        ("c", "", &["u:x", "/srv/two"]),
        ("new", "y", &["/srv/new/y"]),
        ("quoted", "y", &["/srv/q/y"]),
        ("quoted", "/y", &["/srv/q/y"]),
    ] {
        let Ok(Below::Upstreams(upstreams)) = below(name, path) else { panic!("{name}:{path}") };
        assert_eq!(upstreams.iter().map(ToString::to_string).collect::<Vec<_>>(), to, "{name}:{path}");
    }
    assert_eq!(below("s", "k").ok(), Some(Below::Itself));
    assert_eq!(below("l", "etc").ok(), Some(Below::Disk(Encoding::DISK)));
    assert_eq!(
        below("e", "x").ok(),
        Some(Below::Encrypted { under: Location::parse("c:").expect("c:"), plain_folders: false })
    );
    assert!(matches!(below("c", "three"), Err(RcloneError::NotFound)));
    for bad in ["bare", "newest", "hidden"] {
        assert!(matches!(below(bad, "x"), Err(RcloneError::Failed { .. })), "{bad}");
    }
}

#[test]
fn only_slashes_that_mean_nothing_are_left_out() {
    let text = "[s3]\ntype = s3\n[nas]\ntype = sftp\n[ftp]\ntype = ftp\n[dav]\ntype = webdav\n[disk]\ntype = local\n[other]\ntype = newer\n\
            [al]\ntype = alias\nremote = nas:\n[sub]\ntype = alias\nremote = nas:x\n[abs]\ntype = alias\nremote = nas:/abs\n[enc]\ntype = crypt\nremote = al:\n\
            [als3]\ntype = alias\nremote = s3:\n[u]\ntype = union\nupstreams = nas: nas:y\n[u3]\ntype = union\nupstreams = nas: s3:b\n[c]\ntype = combine\nupstreams = one=nas:\n";
    let sections = Conf::parse(text).expect("plain").sections;
    for (from, to) in [
        ("nas:/srv/data", Some("nas:/srv/data")),
        ("nas:srv", Some("nas:srv")),
        ("nas:/", Some("nas:/")),
        ("nas://srv//x", Some("nas:/srv/x")),
        ("ftp:/a", Some("ftp:/a")),
        ("other:/a", Some("other:/a")),
        ("al:/a", Some("al:/a")),
        ("enc:/a", Some("enc:/a")),
        ("sub:/a", Some("sub:a")),
        ("abs:/a", Some("abs:a")),
        ("u:/a", Some("u:a")),
        ("c:/one/x", Some("c:one/x")),
        ("disk:/srv", Some("disk:srv")),
        ("s3:/b/k", Some("s3:b/k")),
        ("als3:/b", Some("als3:b")),
        ("dav:/a", Some("dav:a")),
        ("al:a//b", Some("al:a/b")),
        ("s3:b//k", None),
        ("s3:/b//k", None),
        ("als3:b/k//x", None),
        ("u3:a//b", None),
        ("dav:a//b", None),
        ("s3:b/k//", None),
    ] {
        let tidied = tidy(&sections, &Location::parse(from).expect(from)).ok().map(|location| location.to_string());
        assert_eq!(tidied.as_deref(), to, "{from}");
    }
    assert!(matches!(tidy(&sections, &Location::parse("none:").expect("none:")), Err(RcloneError::UnknownRemote)));
}

#[test]
fn a_path_is_joined_as_rclone_joins_it() {
    for (upstream, path, joined) in [
        ("nas:", "/x", "nas:/x"),
        ("nas:", "x", "nas:x"),
        ("nas:a", "/x", "nas:a/x"),
        ("nas:/a", "x", "nas:/a/x"),
        ("nas:/", "x", "nas:/x"),
        ("nas:", "", "nas:"),
        ("nas:/", "", "nas:/"),
        ("/srv", "x", "/srv/x"),
        ("/", "/x", "/x"),
    ] {
        assert_eq!(join(&Location::parse(upstream).expect(upstream), path).to_string(), joined, "{upstream} {path}");
    }
}

#[test]
fn an_encoding_reads_as_rclone_reads_it() {
    assert_eq!(encoding("Slash,Dot"), Some(Encoding::DISK));
    assert_eq!(encoding("None"), Some(Encoding::NONE));
    assert_eq!(encoding("Slash, Ctl,Del,Dot"), Some(Encoding::STANDARD));
    assert_eq!((encoding("Nothing"), encoding("0x2"), encoding("")), (None, None, None));
}
