//! The text of an `rclone.conf`, in blocks that are kept byte for byte, and the sections that rclone reads from it.
//! Pure; files are `store`'s.

pub use super::ini::is_replaced;
use super::ini::{self, Line, Options, Sections};

/// How the first line of an encrypted configuration begins, and what it is for the rclones that we know.
const ENCRYPTED: &str = "RCLONE_ENCRYPT_V";
/// What some editors write before everything else.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// A configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// Its text: what stands before the first header, then one block for each header.
    blocks: Vec<Block>,
    /// What rclone reads from it, each section once, in the order in which they begin.
    pub sections: Vec<Section>,
}

/// Some lines of the text: a header, what follows it, and the comments right above it.
#[derive(Clone, PartialEq, Eq)]
struct Block {
    name: String,
    text: Vec<u8>,
}

/// One section, as rclone reads it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Its name: the remote's, if it is one.
    pub name: String,
    /// Why its options cannot be known, if so.
    pub fault: Option<Fault>,
    text: Vec<u8>,
    own: Options,
    values: Options,
}

/// Why the options of a section cannot be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Bytes that are no text.
    NotUtf8,
    /// They refer to one another without end.
    Endless,
}

/// Why rclone, or we, cannot read a file at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is encrypted.
    #[error(
        "it is encrypted, which Longshore cannot read. Remove its password with `rclone config encryption remove`."
    )]
    Encrypted,
    /// A line is nothing that it could be.
    #[error(
        "rclone reads nothing at all from it because of line {0}, which is neither a header, an option nor a comment. Correct that line."
    )]
    Line(usize),
    /// An option stands under an empty header.
    #[error(
        "rclone reads nothing at all from it because of line {0}, an option under the empty header []. Give that section a name."
    )]
    Unnamed(usize),
}

impl std::fmt::Debug for Block {
    /// Without the text: it holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Block").field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Section {
    /// Without the text: it holds secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Section").field("name", &self.name).field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl Conf {
    /// Reads a configuration.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, Unreadable> {
        let text = text.as_ref();
        if is_encrypted(text) {
            return Err(Unreadable::Encrypted);
        }
        let mut blocks = vec![Block { name: ini::DEFAULT.to_owned(), text: Vec::new() }];
        // Comments wait here: those right above a header belong to it.
        let mut waiting = Vec::new();
        for (number, line) in (1..).zip(lines(text)) {
            let read = decode(line, number == 1);
            match ini::line(&read).ok_or(Unreadable::Line(number))? {
                Line::Header(name) => {
                    waiting.extend(line);
                    blocks.push(Block { name: name.to_owned(), text: std::mem::take(&mut waiting) });
                    continue;
                }
                Line::Pair(..) if blocks.last().is_some_and(|block| block.name.is_empty()) => {
                    return Err(Unreadable::Unnamed(number));
                }
                Line::Comment => {
                    waiting.extend(line);
                    continue;
                }
                Line::Pair(..) | Line::Blank => {}
            }
            waiting.extend(line);
            end(&mut blocks).append(&mut waiting);
        }
        end(&mut blocks).append(&mut waiting);
        Ok(Self { sections: sections(&blocks), blocks })
    }

    /// As text. What was parsed and not touched comes out as it was.
    #[must_use]
    pub fn render(&self) -> Vec<u8> {
        self.blocks.iter().flat_map(|block| block.text.iter().copied()).collect()
    }

    /// The section of a remote.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// Appends a section, one empty line apart.
    pub fn push(&mut self, section: Section) {
        let end = end(&mut self.blocks);
        if !end.is_empty() {
            let newlines = end.iter().rev().take_while(|byte| **byte == b'\n').count();
            end.extend(std::iter::repeat_n(b'\n', 2usize.saturating_sub(newlines)));
        }
        self.blocks.push(Block { name: section.name, text: section.text });
        self.sections = sections(&self.blocks);
    }

    /// Removes a remote, wherever parts of it stand. Whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.blocks.len();
        self.blocks.retain(|block| block.name != name);
        self.sections = sections(&self.blocks);
        self.blocks.len() < before
    }

    /// Sets an option in the line that counts, or in a new one below the section's last option.
    pub fn set(&mut self, name: &str, key: &str, value: &str) {
        let mut blocks = self.blocks.iter_mut().filter(|block| block.name == name).rev();
        let Some(last) = blocks.next() else { return };
        let replaced = last.replace(key, value) || blocks.any(|block| block.replace(key, value));
        if !replaced && let Some(last) = self.blocks.iter_mut().rfind(|block| block.name == name) {
            last.insert(key, value);
        }
        self.sections = sections(&self.blocks);
    }
}

impl Block {
    /// Replaces the last line that sets this option. Whether there was one.
    fn replace(&mut self, key: &str, value: &str) -> bool {
        let lines: Vec<_> = lines(&self.text).collect();
        let is_it = |line: &[u8]| matches!(ini::line(&decode(line, true)), Some(Line::Pair(name, _)) if name == key);
        let Some(at) = lines.iter().rposition(|line| is_it(line)) else { return false };
        let (before, after) = (lines[..at].concat(), lines[at + 1..].concat());
        self.text = [before, pair(key, value, lines[at]), after].concat();
        true
    }

    /// Adds an option after the last one, or after the header.
    fn insert(&mut self, key: &str, value: &str) {
        let lines: Vec<_> = lines(&self.text).collect();
        let counts = |line: &[u8]| matches!(ini::line(&decode(line, true)), Some(Line::Pair(..) | Line::Header(_)));
        let at = lines.iter().rposition(|line| counts(line)).map_or(lines.len(), |at| at + 1);
        let mut before = lines[..at].concat();
        if before.last().is_some_and(|byte| *byte != b'\n') {
            before.push(b'\n');
        }
        let like = lines.first().copied().unwrap_or_default();
        self.text = [before, pair(key, value, like), lines[at..].concat()].concat();
    }
}

impl Section {
    /// rclone's type of this remote; empty when it has none.
    #[must_use]
    pub fn kind(&self) -> String {
        self.values.get("type").cloned().unwrap_or_default()
    }

    /// Its options as rclone uses them: with those that it takes from other sections.
    #[must_use]
    pub fn pairs(&self) -> Options {
        self.values.clone()
    }

    /// The options that it has itself, as they are written.
    #[must_use]
    pub fn own(&self) -> &Options {
        &self.own
    }
}

/// An option as a line that ends as another one does.
fn pair(key: &str, value: &str, like: &[u8]) -> Vec<u8> {
    let end = if like.ends_with(b"\r\n") { "\r\n" } else { "\n" };
    format!("{key} = {value}{end}").into_bytes()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

/// A line as text. What is no text is replaced, which [`sections`] notes.
fn decode(line: &[u8], first: bool) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(if first { line.strip_prefix(BOM).unwrap_or(line) } else { line })
}

fn end(blocks: &mut [Block]) -> &mut Vec<u8> {
    &mut blocks.last_mut().expect("there is always the block before the first header").text
}

/// Whether the first line that is no comment says so.
fn is_encrypted(text: &[u8]) -> bool {
    let mut lines = lines(text).map(|line| decode(line, false));
    lines
        .find(|line| !matches!(ini::line(line), Some(Line::Blank | Line::Comment)))
        .is_some_and(|line| line.trim().starts_with(ENCRYPTED))
}

/// What rclone reads: sections of one name are one, and of two options of one name the later counts.
fn sections(blocks: &[Block]) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    let mut all = Sections::default();
    for (at, block) in blocks.iter().enumerate().filter(|(_, block)| !block.name.is_empty()) {
        let own = options(&block.text);
        if at == 0 && own.is_empty() {
            continue;
        }
        all.of(&block.name).extend(own.clone());
        let section = match found.iter_mut().find(|section| section.name == block.name) {
            Some(section) => section,
            None => found.push_mut(Section { name: block.name.clone(), ..Section::default() }),
        };
        section.text.extend(&block.text);
        section.own.extend(own);
        // Comments are nobody's business.
        let odd = |line: &[u8]| {
            std::str::from_utf8(line).is_err() && !matches!(ini::line(&decode(line, false)), Some(Line::Comment))
        };
        section.fault = section.fault.or(lines(&block.text).any(odd).then_some(Fault::NotUtf8));
    }
    for section in &mut found {
        match all.values(&section.name) {
            Ok(values) => section.values = values,
            Err(ini::Endless) => section.fault = Some(Fault::Endless),
        }
    }
    found
}

/// The options of a block. rclone numbers those that are called `-`.
fn options(text: &[u8]) -> Options {
    let mut options = Options::new();
    let mut count = 0;
    for line in lines(text) {
        if let Some(Line::Pair(key, value)) = ini::line(&decode(line, true))
            && !matches!(key, "" | " ")
        {
            let numbered = key == "-";
            count += u32::from(numbered);
            options.insert(if numbered { format!("#{count}") } else { key.to_owned() }, value.to_owned());
        }
    }
    options
}

#[cfg(test)]
mod tests;
