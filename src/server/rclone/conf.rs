//! The text of an `rclone.conf`, in sections that are kept byte for byte. Pure; files are `vault`'s.

use std::collections::BTreeMap;

/// How an encrypted configuration begins.
const ENCRYPTED: &str = "RCLONE_ENCRYPT_";

/// A configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// What stands before the first section.
    preamble: String,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// One remote, as it is written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The remote's name.
    pub name: String,
    /// All lines, with the header and the comments above it.
    text: String,
}

impl std::fmt::Debug for Section {
    /// Without the text: it holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Section").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Conf {
    /// Reads a configuration. `None` when it is encrypted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.lines().any(|line| line.starts_with(ENCRYPTED)) {
            return None;
        }
        let mut conf = Self::default();
        // Comments wait here: those right above a header belong to it.
        let mut waiting = String::new();
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim();
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                conf.sections.push(Section { name: name.trim().to_owned(), text: std::mem::take(&mut waiting) + line });
            } else if trimmed.starts_with(['#', ';']) {
                waiting.push_str(line);
            } else {
                let end = conf.end();
                end.push_str(&std::mem::take(&mut waiting));
                end.push_str(line);
            }
        }
        conf.end().push_str(&waiting);
        Some(conf)
    }

    /// As text. What was parsed and not touched comes out as it was.
    #[must_use]
    pub fn render(&self) -> String {
        self.sections.iter().fold(self.preamble.clone(), |text, section| text + &section.text)
    }

    /// The section of a remote.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// Appends a section, one empty line apart.
    pub fn push(&mut self, section: Section) {
        let end = self.end();
        if !end.is_empty() {
            let newlines = end.chars().rev().take_while(|c| *c == '\n').count();
            end.push_str(&"\n".repeat(2usize.saturating_sub(newlines)));
        }
        self.sections.push(section);
    }

    /// Removes a remote. Whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.sections.len();
        self.sections.retain(|section| section.name != name);
        self.sections.len() < before
    }

    fn end(&mut self) -> &mut String {
        self.sections.last_mut().map_or(&mut self.preamble, |section| &mut section.text)
    }
}

impl Section {
    /// rclone's type of this remote.
    #[must_use]
    pub fn kind(&self) -> String {
        self.pairs().remove("type").unwrap_or_default()
    }

    /// Its options.
    #[must_use]
    pub fn pairs(&self) -> BTreeMap<String, String> {
        self.text.lines().filter_map(pair).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// Sets an option in its line, or in a new one at the end.
    pub fn set(&mut self, key: &str, value: &str) {
        let line = format!("{key} = {value}\n");
        let mut text = String::with_capacity(self.text.len() + line.len());
        let mut found = false;
        for old in self.text.split_inclusive('\n') {
            let same = pair(old).is_some_and(|(name, _)| name == key);
            text.push_str(if same { &line } else { old });
            found |= same;
        }
        if !found {
            let end = text.trim_end_matches('\n').len();
            let rest = text.split_off(end);
            text.push('\n');
            text.push_str(&line);
            text.push_str(rest.strip_prefix('\n').unwrap_or(&rest));
        }
        self.text = text;
    }
}

/// The key and the value of a line, as rclone's reader splits it: a key may stand in quotes, a value in grave accents or three quotes.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.starts_with(['#', ';', '[']) {
        return None;
    }
    let quote = ["\"\"\"", "\"", "`"].into_iter().find(|quote| line.starts_with(quote));
    let (key, value) = match quote {
        Some(quote) => {
            let (key, rest) = line[quote.len()..].split_once(quote)?;
            (key, rest.split_once(['=', ':'])?.1)
        }
        None => line.split_once(['=', ':']).map(|(key, value)| (key.trim(), value))?,
    };
    let value = value.trim();
    let quote = ["\"\"\"", "`"].into_iter().find(|quote| value.starts_with(quote) && value.len() >= 2 * quote.len());
    match quote {
        Some(quote) => Some((key, value[quote.len()..].rsplit_once(quote)?.0)),
        None => Some((key, value)),
    }
}

/// Whether rclone's reader would put another option's value into this one: it replaces `%(name)s`, and so makes something else of what was
/// checked.
#[must_use]
pub fn is_replaced(value: &str) -> bool {
    value.match_indices("%(").any(|(start, open)| {
        let rest = &value[start + open.len()..];
        rest.find(')').is_some_and(|end| end > 0 && rest[end..].starts_with(")s"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# mine\n\n; of a\n[a]\ntype = s3\nsecret = x=y:z\n\n# of b\n[ b ]\ntype=alias\n# end";

    #[test]
    fn what_is_not_touched_stays_byte_for_byte() {
        for text in [TEXT, "", "\n\n", "[x]", "no section\n", "[a]\r\nk = v\r\n", "# only\n"] {
            assert_eq!(Conf::parse(text).expect("plain").render(), text, "{text:?}");
        }
    }

    #[test]
    fn a_removed_section_takes_its_comment_along_and_no_other() {
        let mut conf = Conf::parse(TEXT).expect("plain");
        assert!(conf.remove("a") && !conf.remove("a"));
        assert_eq!(conf.render(), "# mine\n\n# of b\n[ b ]\ntype=alias\n# end");
    }

    #[test]
    fn options_read_and_change_in_their_line() {
        let mut conf = Conf::parse(TEXT).expect("plain");
        assert_eq!(conf.get("a").expect("a").pairs()["secret"], "x=y:z");
        assert_eq!(conf.get("b").expect("b").kind(), "alias");
        conf.sections[0].set("secret", "new");
        conf.sections[0].set("token", "{}");
        assert!(conf.render().contains("[a]\ntype = s3\nsecret = new\ntoken = {}\n\n# of b\n"), "{}", conf.render());
    }

    #[test]
    fn quotes_read_as_rclone_reads_them() {
        for (line, expected) in [
            ("a = b", Some(("a", "b"))),
            ("a: b=c", Some(("a", "b=c"))),
            ("\"a:b\" = c", Some(("a:b", "c"))),
            ("`a` = `b`", Some(("a", "b"))),
            ("a = \"\"\"b`\"c\"\"\"", Some(("a", "b`\"c"))),
            ("a = \"b\"", Some(("a", "\"b\""))),
            ("a = `", Some(("a", "`"))),
            ("a = `b", None),
            ("\"a = b", None),
            ("# a = b", None),
        ] {
            assert_eq!(pair(line), expected, "{line}");
        }
    }

    #[test]
    fn a_value_that_rclone_would_replace_is_seen() {
        for (value, expected) in
            [("/srv/%(description)s", true), ("%(a)s", true), ("x%(%(a)s", true), ("%()s", false), ("100%(x)", false), ("%s(a)s", false)]
        {
            assert_eq!(is_replaced(value), expected, "{value}");
        }
    }

    #[test]
    fn an_encrypted_file_is_told_from_a_plain_one() {
        assert!(Conf::parse("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc\n").is_none());
    }

    #[test]
    fn a_new_section_stands_apart() {
        let mut conf = Conf::parse("[a]\ntype = s3").expect("plain");
        conf.push(Conf::parse("[b]\ntype = alias\n").expect("plain").sections.remove(0));
        assert_eq!(conf.render(), "[a]\ntype = s3\n\n[b]\ntype = alias\n");
    }
}
