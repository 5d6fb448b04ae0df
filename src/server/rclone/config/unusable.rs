//! Sections of the configuration that are no remote here: rclone, or Longshore, cannot use them. Each is named with the
//! reason.

use std::collections::BTreeSet;

use crate::{
    domain::{remote::UnusableRemote, remote_name::RemoteName},
    server::rclone::wire::{
        conf::{Conf, Fault, Section},
        ini,
    },
};

/// The option that says what a remote is.
const TYPE: &str = "type";

/// Those of a configuration, in its order. `types` are what rclone takes as a type, when that is known.
#[must_use]
pub fn unusable(sections: &[Section], types: Option<&BTreeSet<String>>) -> Vec<UnusableRemote> {
    let one = |section: &Section| {
        let reason = problem(section, types)?;
        Some(UnusableRemote { name: section.name.clone(), kind: section.kind(), reason })
    };
    sections.iter().filter_map(one).collect()
}

/// Why a section is no remote here; `None` when it is one. What stands before the first header, and has no type, is not
/// meant to be one.
#[must_use]
pub fn problem(section: &Section, types: Option<&BTreeSet<String>>) -> Option<String> {
    let no_type = !section.pairs().contains_key(TYPE);
    if section.name == ini::DEFAULT && no_type && section.fault.is_none() {
        return None;
    }
    match section.fault {
        Some(Fault::NotUtf8) => {
            return Some("It holds bytes that are not UTF-8. Save rclone.conf in UTF-8.".to_owned());
        }
        Some(Fault::Endless) => {
            return Some(
                "Its options refer to one another without end: rclone crashes on them. Correct them.".to_owned(),
            );
        }
        None => {}
    }
    if let Err(error) = section.name.parse::<RemoteName>() {
        let why = error.summary();
        return Some(format!("{why} Rename the section in rclone.conf."));
    }
    let kind = section.kind();
    if no_type {
        let near = section.own().keys().find(|key| key.trim().eq_ignore_ascii_case(TYPE));
        return Some(match near {
            Some(near) => {
                format!("It has no type: rclone reads “type” in small letters only, and here it is “{near}”.")
            }
            None => "It has no type, so that rclone does not know what it is. Add a line “type = …”.".to_owned(),
        });
    }
    if kind.is_empty() {
        return Some("Its type is empty, so that rclone does not know what it is.".to_owned());
    }
    types
        .filter(|types| !types.contains(&kind))
        .map(|_| format!("This rclone has no type “{kind}”. Correct the type, or update rclone."))
}

/// The remotes of a configuration, without what [`problem`] is said of.
#[must_use]
pub fn usable(sections: Vec<Section>, types: Option<&BTreeSet<String>>) -> Vec<Section> {
    sections.into_iter().filter(|section| problem(section, types).is_none()).collect()
}

/// The remote that would take options from a new one of this name, or give it some, by the way in which rclone reads
/// names with points.
#[must_use]
pub fn relative<'a>(names: impl IntoIterator<Item = &'a str>, new: &str) -> Option<String> {
    let related = |name: &&str| ini::parent(new) == Some(*name) || ini::parent(name) == Some(new);
    names.into_iter().find(related).map(str::to_owned)
}

/// What a file holds, for one who only looks at it: how many remotes, and what is not usable.
pub fn inspect(text: &[u8], types: Option<&BTreeSet<String>>) -> Result<(usize, Vec<UnusableRemote>), String> {
    let conf = Conf::parse(text).map_err(|problem| problem.to_string())?;
    let unusable = unusable(&conf.sections, types);
    Ok((usable(conf.sections, types).len(), unusable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_remote_is_named_with_its_reason() {
        let types = BTreeSet::from(["s3".to_owned(), "alias".to_owned()]);
        for (text, expected) in [
            ("[ok]\ntype = s3\n", ""),
            ("x = 1\n[ok]\ntype = s3\n", ""),
            ("[ok.sub]\nx = 1\n[ok]\ntype = s3\n", ""),
            ("[local]\ntype = alias\nremote = /\n", "this server"),
            ("[a:b]\ntype = s3\n", "letters, digits"),
            ("[-dash]\ntype = s3\n", "“-”"),
            ("[DEFAULT]\ntype = s3\n", "DEFAULT"),
            ("type = s3\n", "DEFAULT"),
            ("[a]\nTYPE = s3\n", "“TYPE”"),
            ("[a]\n\" type\" = s3\n", "“ type”"),
            ("[a]\n", "no type"),
            ("[a]\ntype =\n", "empty"),
            ("[a]\ntype = `` \n", "empty"),
            ("[a]\ntype = s4\n", "“s4”"),
            ("[a]\ntype = s3 # mine\n", "“s3 # mine”"),
            ("[a]\ntype = \"s3\"\n", "“\"s3\"”"),
            ("[a]\ntype = s3\nx = %(x)s%(x)s\n", "without end"),
        ] {
            let conf = Conf::parse(text).expect("plain");
            let found = unusable(&conf.sections, Some(&types));
            let reasons: Vec<_> = found.iter().map(|remote| remote.reason.as_str()).collect();
            match expected {
                "" => assert!(reasons.is_empty(), "{text:?} {reasons:?}"),
                expected => assert!(reasons.len() == 1 && reasons[0].contains(expected), "{text:?} {reasons:?}"),
            }
        }
        let bytes = Conf::parse(b"[a]\ntype = s3\nuser = \xe9\n").expect("plain");
        assert!(problem(&bytes.sections[0], None).expect("a reason").contains("UTF-8"));
    }

    #[test]
    fn names_with_points_share_options() {
        for (names, new, expected) in [
            (&["a"][..], "a.b", Some("a")),
            (&["a.b"], "a", Some("a.b")),
            (&["a"], "a.b.c", None),
            (&["DEFAULT"], ".x", Some("DEFAULT")),
            (&["ab", "a-b"], "a.b", None),
        ] {
            assert_eq!(relative(names.iter().copied(), new).as_deref(), expected, "{names:?} {new}");
        }
    }
}
