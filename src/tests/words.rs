//! Plain English, kept plain: phrases that read translated are refused wherever a person reads, and so are names of the
//! old dialect, comments that are too wide, and sizes in style sheets that have no name.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Phrases of the dialect that this project once wrote, in parts so that this file does not hold them. Say *cannot*,
/// *the next caller*, *gets*, *a slot is free*, *check whether* …
const REFUSED: [&[&str]; 13] = [
    &["can", "not"],
    &["who", "ever"],
    &["is", "told"],
    &["are", "told"],
    &["was", "told"],
    &["were", "told"],
    &["for", "who"],
    &["there is a", "place"],
    &["as good", "as a"],
    &["what there", "is"],
    &["look", "whether"],
    &["did not", "end well"],
    &["choose", "less"],
];
/// Names of the old dialect, and what to say instead.
const NAMES: [(&str, &str); 25] = [
    ("AGAIN", "RETRY_DELAY"),
    ("AsIs", "IdentityHasher"),
    ("AskWhy", "ReasonDialog"),
    ("Doomed", "PendingDelete"),
    ("Door", "EntryPoint"),
    ("Doors", "RunActions, MountActions"),
    ("Doubts", "Doubtful"),
    ("Drafted", "RemoteDraft"),
    ("FAT", "MAX_RSS_BYTES"),
    ("FRESH", "FRESH_FOR"),
    ("Jumps", "ClockWatcher"),
    ("Keeper", "Spawner, Trimmer"),
    ("Known", "KnownSecrets"),
    ("Latest", "LatestByName"),
    ("LOOK", "POLL_INTERVAL"),
    ("Look", "GuardOutcome, IntegrityCheck"),
    ("MOST", "MAX_LINES"),
    ("Moves", "ClockWatcher"),
    ("Place", "PathLock, LogCursor"),
    ("Saved", "SavedJob, ConfigChange"),
    ("Sink", "Collector"),
    ("Told", "LineCounts"),
    ("Vault", "ConfigStore"),
    ("Wanted", "AuditFilter, NameSearch"),
    ("WELL", "HEALTHY_AFTER"),
];
/// How wide a line of comment may be.
const COLUMNS: usize = 120;

#[test]
fn nothing_is_said_in_the_old_dialect() {
    let mut wrong = Vec::new();
    for file in
        files(&["src", "docs", "end2end/tests", "end2end/support", "end2end/bench", "style", "xtask", ".cargo", "."])
    {
        let text = read(&file);
        let plain = plain(&text);
        for parts in REFUSED {
            let phrase = if parts[0] == "who" { parts.concat() } else { parts.join(" ") };
            if says(&plain, &phrase) {
                wrong.push(format!("{}: “{phrase}”", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "say it in plain English:\n{}", wrong.join("\n"));
}

#[test]
fn nothing_is_named_in_the_old_dialect() {
    let mut wrong = Vec::new();
    for file in files(&["src", "xtask/src"]).iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
        let text = read(file);
        let words: Vec<_> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for pair in words.windows(2) {
            let defines = ["struct", "enum", "type", "trait", "const", "static"].contains(&pair[0]);
            if let Some((_, instead)) = NAMES.iter().find(|(name, _)| defines && pair[1] == *name) {
                wrong.push(format!("{}: {} (say {instead})", file.display(), pair[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "use the standard terms:\n{}", wrong.join("\n"));
}

#[test]
fn a_phrase_is_found_across_lines_and_only_as_whole_words() {
    let cases = [
        ("it can not be", "can not", true),
        ("/// Can\n    /// not be", "can not", true),
        ("impl Parts for Who {", "for who", false),
        ("it cannot be", "can not", false),
        ("for whole folders", "for who", false),
        ("\"for \\\n who it is\"", "for who", true),
        ("this told", "is told", false),
        ("a scan nothing", "can not", false),
    ];
    for (text, phrase, expected) in cases {
        assert_eq!(says(&plain(text), phrase), expected, "{text:?} {phrase:?}");
    }
}

#[test]
fn comments_fit_their_columns() {
    for file in files(&["src", "xtask/src"]) {
        for (number, line) in read(&file).lines().enumerate() {
            let is_wide = line.trim_start().starts_with("//") && line.chars().count() > COLUMNS;
            assert!(!is_wide, "{}:{} is wider than {COLUMNS} columns", file.display(), number + 1);
        }
    }
}

#[test]
fn style_sheets_name_their_sizes_and_shout_nothing_down() {
    const SPACED: [&str; 5] = ["padding", "margin", "gap", "border-radius", "font-size"];
    for file in files(&["style"]) {
        let text = comments_out(&read(&file));
        assert!(!text.contains("!important"), "{}: use a layer instead", file.display());
        if file.ends_with("tokens.css") {
            continue;
        }
        for declaration in text.split(['{', '}', ';']) {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let is_spaced = SPACED.iter().any(|spaced| property.trim().contains(spaced));
            assert!(!is_spaced || !value.contains("px"), "{}: {}", file.display(), declaration.trim());
        }
    }
}

/// Words with one space between, without the marks of comments and of lines that go on.
fn plain(text: &str) -> String {
    text.split_whitespace()
        .filter(|word| !matches!(*word, "///" | "//!" | "//" | "\\" | "*" | "#"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether the text holds the phrase as whole words, at the beginning of a sentence or within it.
fn says(plain: &str, phrase: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    [phrase.to_owned(), phrase[..1].to_uppercase() + &phrase[1..]].iter().any(|phrase| {
        plain
            .match_indices(phrase.as_str())
            .any(|(at, _)| edge(plain[..at].chars().next_back()) && edge(plain[at + phrase.len()..].chars().next()))
    })
}

fn comments_out(text: &str) -> String {
    text.split("/*")
        .enumerate()
        .map(|(n, part)| if n == 0 { part } else { part.split("*/").nth(1).unwrap_or("") })
        .collect()
}

/// The endings of files that people read.
const TEXTS: [&str; 6] = ["rs", "ts", "md", "css", "toml", "py"];

fn files(folders: &[&str]) -> Vec<PathBuf> {
    fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if dir != root() {
                    walk(&path, files);
                }
            } else if path.extension().is_some_and(|end| TEXTS.iter().any(|known| end == *known)) {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    for folder in folders {
        walk(&if *folder == "." { root() } else { root().join(folder) }, &mut files);
    }
    assert!(files.len() > 20, "the files were not found");
    // These phrases are examples here.
    files.retain(|file| !file.ends_with("src/tests/words.rs"));
    files
}

/// The folder of the project; of it, only the files that lie in it.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("readable")
}
