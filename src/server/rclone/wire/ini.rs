//! How rclone reads its configuration: one line at a time, and then the value of an option, which may stand in another
//! section or refer to another option. The rules are those of its reader (goconfig), so that what is shown and checked
//! here is what rclone uses. Pure.

use std::collections::BTreeMap;

/// The section of what stands before the first header.
pub const DEFAULT: &str = "DEFAULT";
/// How often the references in one value are replaced, as in rclone.
const ROUNDS: usize = 200;
/// How many lookups one value may cost. rclone has no such limit: it crashes.
const STEPS: usize = 2000;
/// How long a value may grow by its references, in bytes. Again, rclone has none.
const LONGEST: usize = 64 << 10;

/// Options by their names, as they are written.
pub type Options = BTreeMap<String, String>;

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Nothing.
    Blank,
    /// A comment: a whole line, never the end of one.
    Comment,
    /// The header of a section. The name may be empty, and may be that of an earlier section, which goes on then.
    Header(&'a str),
    /// An option.
    Pair(&'a str, &'a str),
}

/// Reads a line; `None` when rclone cannot, which then reads nothing at all of the file.
#[must_use]
pub fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Line::Blank);
    }
    if text.starts_with(['#', ';']) {
        return Some(Line::Comment);
    }
    if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Some(Line::Header(name.trim()));
    }
    let (key, value) = key(text)?;
    Some(Line::Pair(key, unquoted(value.trim())?))
}

/// The name of an option, which may stand in quotes, and what follows its `=` or `:`.
fn key(text: &str) -> Option<(&str, &str)> {
    let quote = match text {
        text if text.len() >= 6 && text.starts_with("\"\"\"") => "\"\"\"",
        text if text.starts_with('"') => "\"",
        text if text.starts_with('`') => "`",
        text => {
            let (key, value) = text.split_once(['=', ':'])?;
            return (!key.is_empty()).then_some((key.trim(), value));
        }
    };
    let (key, rest) = text[quote.len()..].split_once(quote)?;
    Some((key, rest.split_once(['=', ':'])?.1))
}

/// A value without its grave accents or three quotes; one or two quotes belong to it.
fn unquoted(value: &str) -> Option<&str> {
    let quote = match value {
        value if value.len() >= 2 && value.starts_with('`') => "`",
        value if value.len() >= 6 && value.starts_with("\"\"\"") => "\"\"\"",
        value => return Some(value),
    };
    Some(value[quote.len()..].rsplit_once(quote)?.0)
}

/// The sections of a file by their names, as they are written.
#[derive(Debug, Default)]
pub struct Sections(BTreeMap<String, Options>);

/// Options that refer to one another without end: rclone crashes when it reads one of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Endless;

impl Sections {
    /// The options of a section. It is made when it is not there.
    pub fn of(&mut self, name: &str) -> &mut Options {
        self.0.entry(name.to_owned()).or_default()
    }

    /// What a section's options are to rclone, with those that it takes from the section whose name is its own up to
    /// the last point.
    pub fn values(&self, name: &str) -> Result<Options, Endless> {
        let mut values = Options::new();
        let mut next = Some(name);
        while let Some(own) = next.and_then(|name| self.0.get(name)) {
            for key in own.keys() {
                if !values.contains_key(key) {
                    let value = self.value(name, key, &mut STEPS.clone())?.unwrap_or_default();
                    values.insert(key.clone(), value);
                }
            }
            next = next.and_then(parent);
        }
        Ok(values)
    }

    fn value(&self, section: &str, key: &str, steps: &mut usize) -> Result<Option<String>, Endless> {
        *steps = steps.checked_sub(1).ok_or(Endless)?;
        let Some(own) = self.0.get(section) else { return Ok(None) };
        let Some(value) = own.get(key) else {
            return parent(section).map_or(Ok(None), |parent| self.value(parent, key, steps));
        };
        let mut value = value.clone();
        for _ in 0..ROUNDS {
            let Some(reference) = reference(&value) else { break };
            let option = reference.trim_start_matches(['%', '(']).trim_end_matches([')', 's']);
            let found = match self.value(DEFAULT, option, steps)? {
                Some(found) => found,
                None if section == DEFAULT => String::new(),
                None => own.get(option).cloned().unwrap_or_default(),
            };
            value = value.replace(reference, &found);
            if value.len() > LONGEST {
                return Err(Endless);
            }
        }
        Ok(Some(value))
    }
}

/// The section that one takes options from, when there is one of that name: its own name up to the last point.
#[must_use]
pub fn parent(name: &str) -> Option<&str> {
    let (parent, _) = name.rsplit_once('.')?;
    Some(if parent.is_empty() { DEFAULT } else { parent })
}

/// The first `%(name)s` of a value.
fn reference(value: &str) -> Option<&str> {
    value.match_indices("%(").find_map(|(start, open)| {
        let rest = &value[start + open.len()..];
        let end = rest.find(')').filter(|end| *end > 0 && rest[*end..].starts_with(")s"))?;
        value.get(start..start + open.len() + end + ")s".len())
    })
}

/// Whether rclone would put another option's value into this one, and so make something else of what was checked.
#[must_use]
pub fn is_replaced(value: &str) -> bool {
    reference(value).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_rclone_reads_it() {
        use Line::{Blank, Comment, Header, Pair};
        for (text, expected) in [
            ("a = b", Some(Pair("a", "b"))),
            ("a: b=c", Some(Pair("a", "b=c"))),
            ("\"a:b\" = c", Some(Pair("a:b", "c"))),
            ("`a` = `b`", Some(Pair("a", "b"))),
            ("\" a \" = c", Some(Pair(" a ", "c"))),
            ("a = \"\"\"b`\"c\"\"\"", Some(Pair("a", "b`\"c"))),
            ("a = ` b `", Some(Pair("a", " b "))),
            ("a = \"b\"", Some(Pair("a", "\"b\""))),
            ("a = `", Some(Pair("a", "`"))),
            ("a = `b` # c", Some(Pair("a", "b"))),
            ("a =", Some(Pair("a", ""))),
            ("\u{a0}[ a ]\u{3000}", Some(Header("a"))),
            ("[]", Some(Header(""))),
            ("[a]b=[c]", Some(Header("a]b=[c"))),
            ("[a = b", Some(Pair("[a", "b"))),
            ("a = `b", None),
            ("a = \"\"\"abc", None),
            ("\"a = b", None),
            ("= b", None),
            ("  b", None),
            ("[a", None),
            ("# a = b", Some(Comment)),
            (" \t ", Some(Blank)),
        ] {
            assert_eq!(line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_value_is_what_its_references_make_of_it() {
        let mut sections = Sections::default();
        for (section, key, value) in [
            ("DEFAULT", "host", "d"),
            ("DEFAULT", "self", "%(self)s"),
            ("a", "host", "h"),
            ("a", "x", "%(host)s-%(own)s-%(none)s"),
            ("a", "own", "o"),
            ("a", "ring", "%(ring)s%(ring)s"),
            ("a.b", "y", "%(own)s"),
        ] {
            sections.of(section).insert(key.to_owned(), value.to_owned());
        }
        assert_eq!(sections.values("DEFAULT"), Err(Endless));
        sections.of("DEFAULT").remove("self");
        assert_eq!(sections.values("a"), Err(Endless));
        sections.of("a").remove("ring");
        assert_eq!(sections.values("a").expect("it ends")["x"], "d-o-");
        let below = sections.values("a.b").expect("it ends");
        assert_eq!((below["y"].as_str(), below["host"].as_str(), below["own"].as_str()), ("", "h", "o"));
        assert!(sections.values("a.b.c").expect("it ends").is_empty() && parent(".x") == Some(DEFAULT));
    }

    #[test]
    fn a_value_that_rclone_would_replace_is_seen() {
        for (value, expected) in [
            ("/srv/%(description)s", true),
            ("%(a)s", true),
            ("x%(%(a)s", true),
            ("%()s", false),
            ("100%(x)", false),
            ("%s(a)s", false),
        ] {
            assert_eq!(is_replaced(value), expected, "{value}");
        }
    }
}
