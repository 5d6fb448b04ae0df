//! What a text has to look like for the options whose rules rclone tells in words alone: names without slashes, orders,
//! headers.

use crate::domain::{flag::FlagValue, value};

/// Longest `partial_suffix` that rclone takes, in bytes.
const SUFFIX: usize = 16;
/// Headers that are credentials, or say whom they are for.
const SECRET: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "host",
    "x-amz-security-token",
    "x-auth-token",
    "x-api-key",
    "content-length",
];

/// Lists that are no patterns: of their last item rclone drops blanks at the end.
const TRIMMED: [&str; 4] = ["exclude_if_present", "metadata_set", "header_upload", "header_download"];

/// What is wrong with the checked value of an option, where its kind alone does not tell.
pub fn problem(name: &str, given: &FlagValue) -> Option<&'static str> {
    let words = given.to_args();
    let all = |fits: fn(&str) -> bool| words.iter().all(|word| fits(word));
    if TRIMMED.contains(&name) && words.iter().any(|word| word.ends_with(char::is_whitespace)) {
        return Some("It ends with a blank, which rclone would drop.");
    }
    let (fits, problem) = match name {
        "suffix" | "conflict_suffix" | "check_filename" | "exclude_if_present" => {
            (all(is_name), "It cannot contain a slash.")
        }
        "partial_suffix" => (all(|word| is_name(word) && word.len() <= SUFFIX), "At most 16 bytes, without a slash."),
        "order_by" => {
            (all(is_order), "Write it as size, name or modtime, with ascending, descending or mixed behind a comma.")
        }
        "track_renames_strategy" => (
            all(|word| is_set(word, &["hash", "modtime", "leaf", "size"])),
            "Some of hash, modtime, leaf and size, with commas between.",
        ),
        "compare" => (
            all(|word| is_set(word, &["size", "modtime", "checksum"])),
            "Some of size, modtime and checksum, with commas between.",
        ),
        "hash_filter" => (all(is_partition), "Write it as k/n or @/n: 1/4 is the first of four parts."),
        "filter" => return words.iter().find_map(|word| value::rule(word).err()),
        "metadata_filter" => (all(|word| value::rule(word).is_ok()), "A rule is “+ key=value”, “- key=value” or “!”."),
        "metadata_exclude" | "metadata_include" => return words.iter().find_map(|word| value::glob(word).err()),
        "metadata_set" => {
            (all(|word| word.split_once('=').is_some_and(|(key, _)| !key.is_empty())), "Write it as key=value.")
        }
        "header_upload" | "header_download" => {
            (all(is_header), "Write it as “Name: value”. Credentials belong into the remote.")
        }
        "bind" => (all(|word| word.parse::<std::net::IpAddr>().is_ok()), "Write an address of this server."),
        "dscp" => (all(is_class), "Write LE, EF, CS0 to CS7, AF11 to AF43, or 0 to 63."),
        "user_agent" => (all(|word| word.bytes().all(|b| (b' '..=b'~').contains(&b))), "Write it in ASCII."),
        _ => return None,
    };
    (!fits).then_some(problem)
}

/// What is wrong with several flags together.
pub fn conflict<'a>(set: impl Fn(&str) -> bool, names: &[&'a str]) -> Option<&'a str> {
    let mut given = names.iter().filter(|name| set(name));
    given.next()?;
    given.next().copied()
}

fn is_name(text: &str) -> bool {
    !text.contains(['/', '\\'])
}

fn is_set(text: &str, known: &[&str]) -> bool {
    text.split(',').all(|word| known.contains(&word))
}

/// `size,mixed,50`.
fn is_order(text: &str) -> bool {
    let mut parts = text.split(',');
    let by = matches!(parts.next(), Some("size" | "name" | "modtime"));
    let rest: Vec<_> = parts.collect();
    let percent = |text: &str| {
        text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u8>().is_ok_and(|n| n <= 100)
    };
    by && match rest[..] {
        [] | ["asc" | "ascending" | "desc" | "descending" | "mixed"] => true,
        ["mixed", part] => percent(part),
        _ => false,
    }
}

/// `1/4`, `@/4`.
fn is_partition(text: &str) -> bool {
    let Some((part, of)) = text.split_once('/') else { return false };
    let number = |text: &str| {
        Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit())).and_then(|text| text.parse::<u32>().ok())
    };
    number(of).is_some_and(|n| n > 0) && (part == "@" || number(part).is_some())
}

fn is_header(text: &str) -> bool {
    let Some((name, value)) = text.split_once(':') else { return false };
    let name = name.trim().to_ascii_lowercase();
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    plain && value.bytes().all(|b| (b' '..=b'~').contains(&b)) && !SECRET.contains(&name.as_str())
}

fn is_class(text: &str) -> bool {
    let named = |start: &str, numbers: &[&str]| text.strip_prefix(start).is_some_and(|rest| numbers.contains(&rest));
    text == "LE"
        || text == "EF"
        || named("CS", &["0", "1", "2", "3", "4", "5", "6", "7"])
        || named("AF", &["11", "12", "13", "21", "22", "23", "31", "32", "33", "41", "42", "43"])
        || (text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u8>().is_ok_and(|n| n < 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_as_rclone_takes_them_and_lead_nowhere() {
        for (name, good, bad) in [
            ("suffix", &["-2026", ".bak"][..], &["/../x", "a/b", "a\\b"][..]),
            ("partial_suffix", &[".part"], &[".partialpartialpa", "a/b"]),
            (
                "order_by",
                &["size", "name,desc", "size,mixed,50"],
                &["foo", "size,foo", "size,mixed,x", "size,asc,5", ""],
            ),
            ("track_renames_strategy", &["hash", "hash,leaf"], &["foo", "hash,", "hash modtime"]),
            ("compare", &["size,modtime"], &["size,foo"]),
            ("hash_filter", &["1/3", "@/2"], &["x", "1/0", "-1/3", "a/3", "1"]),
            ("filter", &["+ *.jpg", "- *", "!"], &["*.jpg", "+x", "# x", "- ", "- [", "+ {a", "- ***"]),
            ("metadata_set", &["a=b=c", "a="], &["a", "=b"]),
            (
                "header_upload",
                &["Cache-Control: no-cache"],
                &["X", "Authorization: Bearer x", "cookie:a", ": b", "X: ä"],
            ),
            ("bind", &["127.0.0.1", "::1"], &["localhost", "1.2.3"]),
            ("dscp", &["LE", "CS1", "AF42", "63"], &["foo", "64", "-1", "+1"]),
            ("user_agent", &["backup/1.0"], &["ä"]),
        ] {
            for text in good {
                assert_eq!(problem(name, &FlagValue::Text((*text).to_owned())), None, "{name} {text:?}");
            }
            for text in bad {
                assert!(problem(name, &FlagValue::List(vec![(*text).to_owned()])).is_some(), "{name} {text:?}");
            }
        }
        assert_eq!(problem("no_traverse", &FlagValue::Switch(true)), None);
    }
}
