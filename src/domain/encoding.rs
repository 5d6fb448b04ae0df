//! How rclone writes names: a port of its `lib/encoder`. A name that a person or a program gives is in the *standard*
//! encoding; each backend decodes it and encodes it again as its own storage needs it.

/// Which characters an encoding replaces. The bits have rclone's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(pub u32);

/// Turns a printable ASCII character into its full width variant.
const FULL: u32 = 0xFEE0;
/// The picture of NUL, the first of those for control characters.
const PICTURE: u32 = 0x2400;
/// Goes before a character that only looks replaced.
const QUOTE: char = '\u{201B}';
/// The picture of DEL.
const DEL: char = '\u{2421}';
/// The picture of a space.
const SPACE: char = '\u{2420}';
/// The full width full stop.
const STOP: char = '\u{FF0E}';
/// The full width tilde.
const TILDE: char = '\u{FF5E}';

/// Characters that one bit turns into their full width variants.
const WIDE: [(Encoding, &str); 16] = [
    (Encoding::ASTERISK, "*"),
    (Encoding::LT_GT, "<>"),
    (Encoding::SQUARE_BRACKET, "[]"),
    (Encoding::SEMICOLON, ";"),
    (Encoding::EXCLAMATION, "!"),
    (Encoding::QUESTION, "?"),
    (Encoding::COLON, ":"),
    (Encoding::PIPE, "|"),
    (Encoding::DOUBLE_QUOTE, "\""),
    (Encoding::SINGLE_QUOTE, "'"),
    (Encoding::BACK_QUOTE, "`"),
    (Encoding::DOLLAR, "$"),
    (Encoding::SLASH, "/"),
    (Encoding::BACK_SLASH, "\\"),
    (Encoding::HASH, "#"),
    (Encoding::PERCENT, "%"),
];

impl Encoding {
    /// Only NUL, which no encoding but [`Self::RAW`] lets through.
    pub const NONE: Self = Self(0);
    /// Nothing at all.
    pub const RAW: Self = Self(1);
    /// `/`
    pub const SLASH: Self = Self(1 << 1);
    /// `<` and `>`
    pub const LT_GT: Self = Self(1 << 2);
    /// `"`
    pub const DOUBLE_QUOTE: Self = Self(1 << 3);
    /// `'`
    pub const SINGLE_QUOTE: Self = Self(1 << 4);
    /// `` ` ``
    pub const BACK_QUOTE: Self = Self(1 << 5);
    /// `$`
    pub const DOLLAR: Self = Self(1 << 6);
    /// `:`
    pub const COLON: Self = Self(1 << 7);
    /// `?`
    pub const QUESTION: Self = Self(1 << 8);
    /// `*`
    pub const ASTERISK: Self = Self(1 << 9);
    /// `|`
    pub const PIPE: Self = Self(1 << 10);
    /// `#`
    pub const HASH: Self = Self(1 << 11);
    /// `%`
    pub const PERCENT: Self = Self(1 << 12);
    /// `\`
    pub const BACK_SLASH: Self = Self(1 << 13);
    /// CR and LF
    pub const CR_LF: Self = Self(1 << 14);
    /// DEL
    pub const DEL: Self = Self(1 << 15);
    /// The control characters from 1 to 31
    pub const CTL: Self = Self(1 << 16);
    /// A space at the beginning
    pub const LEFT_SPACE: Self = Self(1 << 17);
    /// A `.` at the beginning
    pub const LEFT_PERIOD: Self = Self(1 << 18);
    /// A `~` at the beginning
    pub const LEFT_TILDE: Self = Self(1 << 19);
    /// CR, LF, TAB or VT at the beginning
    pub const LEFT_CR_LF_HT_VT: Self = Self(1 << 20);
    /// A space at the end
    pub const RIGHT_SPACE: Self = Self(1 << 21);
    /// A `.` at the end
    pub const RIGHT_PERIOD: Self = Self(1 << 22);
    /// CR, LF, TAB or VT at the end
    pub const RIGHT_CR_LF_HT_VT: Self = Self(1 << 23);
    /// Bytes that are not UTF-8: none are in a Rust string, so only their quoted form is decoded
    pub const INVALID_UTF8: Self = Self(1 << 24);
    /// The names `.` and `..`
    pub const DOT: Self = Self(1 << 25);
    /// `[` and `]`
    pub const SQUARE_BRACKET: Self = Self(1 << 26);
    /// `;`
    pub const SEMICOLON: Self = Self(1 << 27);
    /// `!`
    pub const EXCLAMATION: Self = Self(1 << 28);

    /// How rclone reads and writes names at its own doors.
    pub const STANDARD: Self = Self(Self::SLASH.0 | Self::CTL.0 | Self::DEL.0 | Self::DOT.0);
    /// How rclone names files on the disk of a Unix, when no option says otherwise.
    pub const DISK: Self = Self(Self::SLASH.0 | Self::DOT.0);

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether `c` is replaced, and by what.
    fn replaced(self, c: char) -> Option<char> {
        let code = u32::from(c);
        if WIDE.iter().any(|(bit, chars)| self.has(*bit) && chars.contains(c)) {
            return char::from_u32(code + FULL);
        }
        match c {
            '\0' => char::from_u32(PICTURE),
            '\r' | '\n' if self.has(Self::CR_LF) => char::from_u32(PICTURE + code),
            '\u{7f}' if self.has(Self::DEL) => Some(DEL),
            '\u{1}'..='\u{1f}' if self.has(Self::CTL) => char::from_u32(PICTURE + code),
            _ => None,
        }
    }

    /// What `c` stands for, when it is what this encoding writes in place of a character.
    fn meant(self, c: char) -> Option<char> {
        let code = u32::from(c);
        let candidate = match code {
            PICTURE..=0x241F => char::from_u32(code - PICTURE),
            0x2421 => Some('\u{7f}'),
            0xFF01..=0xFF5E => char::from_u32(code - FULL),
            _ => None,
        };
        candidate.filter(|candidate| self.replaced(*candidate) == Some(c))
    }

    /// A plain name as this encoding writes it.
    #[must_use]
    pub fn encode(self, name: &str) -> String {
        if self == Self::RAW || name.is_empty() {
            return name.to_owned();
        }
        if self.has(Self::DOT) {
            match name {
                "." => return STOP.to_string(),
                ".." => return [STOP, STOP].iter().collect(),
                "\u{FF0E}" => return [QUOTE, STOP].iter().collect(),
                "\u{FF0E}\u{FF0E}" => return [QUOTE, STOP, QUOTE, STOP].iter().collect(),
                _ => {}
            }
        }
        let (prefix, rest) = self.encode_start(name);
        let (suffix, rest) = self.encode_end(rest);
        let mut out = prefix;
        for c in rest.chars() {
            if let Some(other) = self.replaced(c) {
                out.push(other);
            } else {
                if c == QUOTE || self.meant(c).is_some() {
                    out.push(QUOTE);
                }
                out.push(c);
            }
        }
        out + &suffix
    }

    fn encode_start(self, name: &str) -> (String, &str) {
        let Some(first) = name.chars().next() else { return (String::new(), name) };
        let rest = &name[first.len_utf8()..];
        for (plain, picture) in self.at_start() {
            if first == plain {
                return (picture.to_string(), rest);
            }
            if first == picture {
                return ([QUOTE, picture].iter().collect(), rest);
            }
        }
        (String::new(), name)
    }

    fn encode_end(self, name: &str) -> (String, &str) {
        let Some(last) = name.chars().next_back() else { return (String::new(), name) };
        let rest = &name[..name.len() - last.len_utf8()];
        for (plain, picture) in self.at_end() {
            if last == plain {
                return (picture.to_string(), rest);
            }
            if last == picture {
                return ([QUOTE, picture].iter().collect(), rest);
            }
        }
        (String::new(), name)
    }

    fn at_start(self) -> impl Iterator<Item = (char, char)> {
        let one = [(Self::LEFT_SPACE, ' ', SPACE), (Self::LEFT_PERIOD, '.', STOP), (Self::LEFT_TILDE, '~', TILDE)];
        one.into_iter()
            .chain(line(Self::LEFT_CR_LF_HT_VT))
            .filter(move |(bit, ..)| self.has(*bit))
            .map(|(_, plain, picture)| (plain, picture))
    }

    fn at_end(self) -> impl Iterator<Item = (char, char)> {
        let one = [(Self::RIGHT_SPACE, ' ', SPACE), (Self::RIGHT_PERIOD, '.', STOP)];
        one.into_iter()
            .chain(line(Self::RIGHT_CR_LF_HT_VT))
            .filter(move |(bit, ..)| self.has(*bit))
            .map(|(_, plain, picture)| (plain, picture))
    }

    /// What a name in this encoding stands for, in bytes: an encoding that quotes invalid UTF-8 gives bytes that no
    /// string can hold.
    #[must_use]
    pub fn decode(self, name: &str) -> Vec<u8> {
        if self == Self::RAW {
            return name.as_bytes().to_vec();
        }
        if self.has(Self::DOT) {
            match name {
                "\u{FF0E}" => return b".".to_vec(),
                "\u{FF0E}\u{FF0E}" => return b"..".to_vec(),
                "\u{201B}\u{FF0E}" => return STOP.to_string().into_bytes(),
                "\u{201B}\u{FF0E}\u{201B}\u{FF0E}" => return [STOP, STOP].iter().collect::<String>().into_bytes(),
                _ => {}
            }
        }
        let (prefix, rest) = self.decode_start(name);
        let (suffix, rest) = self.decode_end(rest);
        let mut out = prefix.map(String::from).unwrap_or_default().into_bytes();
        self.decode_middle(rest, &mut out);
        out.extend(suffix.map(String::from).unwrap_or_default().bytes());
        out
    }

    fn decode_start(self, name: &str) -> (Option<char>, &str) {
        let mut chars = name.chars();
        let first = chars.next();
        for (plain, picture) in self.at_start() {
            if first == Some(picture) {
                return (Some(plain), chars.as_str());
            }
            if first == Some(QUOTE) && chars.as_str().starts_with(picture) {
                chars.next();
                return (Some(picture), chars.as_str());
            }
        }
        (None, name)
    }

    fn decode_end(self, name: &str) -> (Option<char>, &str) {
        for (plain, picture) in self.at_end() {
            if let Some(rest) = name.strip_suffix(picture) {
                return rest.strip_suffix(QUOTE).map_or((Some(plain), rest), |rest| (Some(picture), rest));
            }
        }
        (None, name)
    }

    fn decode_middle(self, name: &str, out: &mut Vec<u8>) {
        let push = |out: &mut Vec<u8>, c: char| out.extend(c.encode_utf8(&mut [0; 4]).bytes());
        let mut quoted = false;
        let mut chars = name.char_indices();
        while let Some((at, c)) = chars.next() {
            if c == QUOTE {
                if quoted {
                    push(out, c);
                }
                quoted = !quoted;
                continue;
            }
            let was_quoted = std::mem::take(&mut quoted);
            if let Some(plain) = self.meant(c) {
                push(out, if was_quoted { c } else { plain });
                continue;
            }
            if was_quoted {
                let byte = name.get(at..at + 2).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
                if self.has(Self::INVALID_UTF8)
                    && let Some(byte) = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok())
                {
                    out.push(byte);
                    chars.next();
                    continue;
                }
                push(out, QUOTE);
            }
            push(out, c);
        }
        if quoted {
            push(out, QUOTE);
        }
    }
}

/// CR, LF, TAB and VT at one end of a name.
fn line(bit: Encoding) -> impl Iterator<Item = (Encoding, char, char)> {
    [('\t', '\u{2409}'), ('\n', '\u{240A}'), ('\u{b}', '\u{240B}'), ('\r', '\u{240D}')]
        .into_iter()
        .map(move |(plain, picture)| (bit, plain, picture))
}

/// The one form of a path of which rclone takes several spellings for the same: each name as rclone itself would write
/// it.
#[must_use]
pub fn canonical(path: &str) -> String {
    let name = |name: &str| match String::from_utf8(Encoding::STANDARD.decode(name)) {
        Ok(plain) => Encoding::STANDARD.encode(&plain),
        Err(_) => name.to_owned(),
    };
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests;
