//! Lines that a person pastes: what the real shells make of them is what was meant.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use longshore::domain::shell;
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

/// The words that a program gets when an interactive bash reads `line`.
fn read(line: &str) -> Vec<String> {
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-i"]).env("HISTFILE", "/dev/null").current_dir("/");
    let mut bash =
        bash.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("bash is there");
    let mut stdin = bash.stdin.take().expect("piped");
    writeln!(stdin, "printf '%s\\0' {line}\nexit").expect("written");
    drop(stdin);
    words(&bash.wait_with_output().expect("it ended").stdout)
}

/// The same of the plain shell of a script.
fn read_plain(line: &str) -> Vec<String> {
    words(&Command::new("sh").args(["-c", &format!("printf '%s\\0' {line}")]).output().expect("sh").stdout)
}

fn words(out: &[u8]) -> Vec<String> {
    let text = String::from_utf8(out.to_vec()).expect("UTF-8");
    text.strip_suffix('\0').map(|text| text.split('\0').map(str::to_owned).collect()).unwrap_or_default()
}

#[test]
fn a_pasted_line_has_the_words_that_were_meant() {
    let given = [
        "",
        "plain",
        "a b",
        "it's",
        "\"quoted\"",
        "$HOME",
        "`id`",
        "$(id)",
        "~",
        "~/x",
        "{a,b}",
        "--exclude={a,b}",
        "--exclude=*",
        "--filter=- *.tmp",
        "/*",
        "[a-z]",
        "a!b",
        "!!",
        "^a^b",
        "back\\slash",
        "'!'",
        "#no comment",
        "a;b&c|d<e>f(g)",
        "=ls",
        "a=b=c d",
        "%1",
        "Büro 2",
        "名前",
        "a\u{a0}b",
        "-n",
        "password=it's $HOME",
        "\u{1f980}",
    ];
    let unseen = ["a\nb", "a\tb", "\u{1b}[2J", "a\rb!", "a\u{202e}b", "a\u{85}b'\\", "--suffix=\u{7f}"];
    let line = shell::join(given);
    assert_eq!(read(&line), given, "{line}");
    assert_eq!(read_plain(&line), given, "{line}");
    let line = shell::join(unseen);
    assert_eq!(read(&line), unseen, "{line}");
    assert!(line.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{line:?}");
}

#[test]
fn any_pasted_line_has_the_words_that_were_meant() {
    let character = prop::sample::select("a '\"$`\\!^{},*?[]~#=&;|<>()%-\n\u{1b}ü\u{200b}".chars().collect::<Vec<_>>());
    let word = prop::collection::vec(character, 0..8).prop_map(String::from_iter);
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let test = |given: Vec<String>| -> Result<(), TestCaseError> {
        let line = shell::join(given.iter().map(String::as_str));
        prop_assert_eq!(read(&line), given, "{}", line);
        Ok(())
    };
    runner.run(&prop::collection::vec(word, 1..12), test).unwrap_or_else(|error| panic!("{error}"));
}
