//! The hostile names. Each has a neighbour in the table: the name that cleaning, decoding or folding it would make.

/// A name as bytes, with a word for it.
pub struct Name {
    /// What it is, for people.
    pub what: &'static str,
    /// The name on a disk.
    pub bytes: &'static [u8],
}

const fn name(what: &'static str, bytes: &'static [u8]) -> Name {
    Name { what, bytes }
}

/// All of them. A name that is new here is tried by every operation on every provider.
pub const NAMES: &[Name] = &[
    name("plain", b"plain"),
    name("space before", b" blank"),
    name("space after", b"blank "),
    name("its neighbour", b"blank"),
    name("two spaces inside", b"b  lank"),
    name("nothing but a space", b" "),
    name("SOH", b"con\x01trol"),
    name("ESC", b"con\x1b[31mtrol"),
    name("DEL", b"con\x7ftrol"),
    name("LF", b"line\nfeed"),
    name("LF at the end", b"line\n"),
    name("CR", b"line\rfeed"),
    name("the picture of LF", "line\u{240a}feed".as_bytes()),
    name("a quoted picture of LF", "line\u{201b}\u{240a}feed".as_bytes()),
    name("tab", b"tab\tular"),
    name("double quotes", b"\"quoted\""),
    name("single quote", b"it's"),
    name("backquotes", b"`id`"),
    name("dollar", b"$(id)"),
    name("number sign", b"#1"),
    name("percent", b"e%41f"),
    name("percent decoded", b"eAf"),
    name("percent of a slash", b"a%2Fb"),
    name("percent of nothing", b"100%"),
    name("plus", b"g+h"),
    name("plus decoded", b"g h"),
    name("ampersand", b"a&b"),
    name("an entity", b"a&amp;b"),
    name("semicolon", b"a;b"),
    name("question mark", b"a?b"),
    name("star", b"*"),
    name("brackets", b"[x]"),
    name("braces", b"{y}"),
    name("pipe", b"a|b"),
    name("angle brackets", b"<b>"),
    name("colon", b"a:b"),
    name("equals", b"a=b,c"),
    name("backslash", b"back\\slash"),
    name("NFD", "nfd-e\u{301}".as_bytes()),
    name("NFC", "nfc-\u{e9}".as_bytes()),
    name("emoji", "\u{1f469}\u{200d}\u{1f680}".as_bytes()),
    name("full width stop", "dot\u{ff0e}".as_bytes()),
    name("full width slash", "a\u{ff0f}b".as_bytes()),
    name("right to left override", "exe.\u{202e}gpj".as_bytes()),
    name("zero width space", "zero\u{200b}width".as_bytes()),
    name("no-break space after", "blank\u{a0}".as_bytes()),
    name("200 bytes", &[b'n'; 200]),
    name("dash", b"-rf"),
    name("two dashes", b"--"),
    name("three dots", b"..."),
    name("dots before", b"..up"),
    name("hidden", b".hidden"),
    name("dot after", b"stop."),
    name("its neighbour", b"stop"),
    name("tilde", b"~"),
    name("a device of Windows", b"CON"),
    name("not UTF-8", b"not\xffutf8"),
    name("a remote's spelling", b"x:"),
    // From reports about other programs.
    name("percent of a letter", b"a%62c.txt"),
    name("its neighbour", b"abc.txt"),
    name("percent in the middle", b"90%hello.txt"),
    name("space before the extension", b"foo .txt"),
    name("an open bracket", b"[.txt"),
    name("an empty class", b"[].txt"),
    name("groups of brackets", b"The Movie (2010) {imdb-tt0} [1080p][DTS 5.1][x264]"),
    name("parentheses and a comma", b"a(b),c.mp3"),
    name("plus and equals", b"01 - 2 + 2 = 5.mp3"),
    name("backspace", b"xxx\x08"),
    name("a fullwidth question mark", "what\u{ff1f}".as_bytes()),
];

/// Its content, which no other has: the size tells which it is.
pub fn content(index: usize) -> Vec<u8> {
    let mut content = NAMES[index].bytes.to_vec();
    content.resize(300 + index, b'.');
    content
}
