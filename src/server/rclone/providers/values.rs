//! What the value of an option has to look like, by rclone's own types. Takes what rclone takes, and nothing that could
//! become a second line.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    domain::{
        provider::{OptionKind, ProviderOption, matches_provider},
        value,
    },
    server::rclone::wire::ini::is_replaced,
};

/// Longest value of an option, in bytes: a private key fits.
const LONGEST: usize = 32 << 10;

/// The value as it is given to rclone, or what is wrong with it. `chosen` is the value of the option `provider`.
pub fn check(option: &ProviderOption, value: &str, chosen: &str) -> Result<String, &'static str> {
    if value.len() > LONGEST {
        return Err("This is too long.");
    }
    let value = match option.kind {
        OptionKind::Json => json(&option.name, value)?,
        _ => option.in_one_line(value),
    };
    if value.chars().any(char::is_control) {
        return Err("This cannot hold line breaks or control characters.");
    }
    // A password is kept in another form, with all its blanks.
    if option.kind != OptionKind::Password && value.trim() != value {
        return Err("This begins or ends with a blank, which rclone's configuration does not keep. Remove it.");
    }
    // Of these rclone's configuration makes something else, or cannot be read any more, with all other remotes in it.
    if option.kind != OptionKind::Password {
        if is_replaced(&value) {
            return Err("This cannot hold “%(…)s”: rclone would put another option there.");
        }
        if value.contains('`') || value.starts_with("\"\"\"") {
            return Err("This cannot hold a grave accent, nor begin with three quotes.");
        }
    }
    // Parts of file names on what a wrapping remote leads to.
    if matches!(option.name.as_str(), "suffix" | "name_format") && value.contains('/') {
        return Err("This cannot hold a slash.");
    }
    let problem = match option.kind {
        OptionKind::Bool if value::switch(&value).is_none() => Some("Write true or false."),
        OptionKind::Tristate if !(value::switch(&value).is_some() || value.eq_ignore_ascii_case("unset")) => {
            Some("Write true, false or unset.")
        }
        OptionKind::Int if value::whole(&value).is_none() => Some(value::WHOLE),
        OptionKind::Float if value::float(&value).is_none() => Some("Write a number."),
        OptionKind::Size if value::Size::parse(&value).is_none() => Some(value::SIZE),
        OptionKind::Duration if value::Age::parse(&value).is_none() => Some(value::DURATION),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(problem);
    }
    let mut examples = option.examples.iter().filter(|example| matches_provider(&example.provider, chosen)).peekable();
    if option.exclusive && examples.peek().is_some() && !examples.any(|example| example.value == value) {
        return Err("Choose one of the values that are suggested.");
    }
    Ok(value)
}

/// What another program wrote, in one line. What `rclone authorize` prints around its token is cut off.
fn json(name: &str, value: &str) -> Result<String, &'static str> {
    let (wanted, problem) = match name {
        "service_account_credentials" => ("client_email", "Paste the JSON of a service account's key."),
        "config_credentials" => ("boxAppSettings", "Paste the config.json of a Box app."),
        _ => ("access_token", "Paste the token that `rclone authorize` printed: JSON with an access_token."),
    };
    let text = value.find('{').zip(value.rfind('}')).and_then(|(start, end)| value.get(start..=end)).ok_or(problem)?;
    let found: Value = serde_json::from_str(text).map_err(|_| problem)?;
    let there = match &found[wanted] {
        Value::String(text) => !text.is_empty(),
        Value::Object(_) => true,
        _ => false,
    };
    // Google's libraries know other kinds of credentials, some of which run programs or read files.
    let kind = name != "service_account_credentials" || found["type"] == "service_account";
    if is_ambiguous(&found) {
        return Err(
            "This JSON has two names that differ by small and capital letters only: which of them counts is not certain.",
        );
    }
    // What was checked is what is kept: of a name that stands there twice, one.
    if there && kind { Ok(found.to_string()) } else { Err(problem) }
}

/// Whether names in it are one and the same to rclone, which does not tell small letters from capitals there.
fn is_ambiguous(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            let mut names = BTreeSet::new();
            // By way of the capitals: `ſ` is an `s` and `K` a `k` then.
            !map.keys().all(|name| names.insert(name.to_uppercase().to_lowercase())) || map.values().any(is_ambiguous)
        }
        Value::Array(values) => values.iter().any(is_ambiguous),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::provider::OptionExample;

    fn option(name: &str, kind: OptionKind) -> ProviderOption {
        ProviderOption {
            name: name.into(),
            help: String::new(),
            kind,
            default: String::new(),
            required: false,
            advanced: false,
            secret: false,
            exclusive: false,
            weakens: false,
            provider: String::new(),
            examples: vec![],
        }
    }

    #[test]
    fn values_are_taken_as_rclone_takes_them() {
        use OptionKind::{Bool, Duration, Float, Int, Password, Size, Text, Tristate};
        for (kind, good, bad) in [
            (Bool, &["true", "false", "T", "0", "False"][..], &["yes", "TrUe", ""][..]),
            (Tristate, &["unset", "true", "0"], &["maybe"]),
            (Int, &["22", "-1"], &["many", "1.5", "1e3", "010", "0x10", "1_0", "+5", "-010"]),
            (Float, &["6", "0.5"], &["NaN", "inf", "x"]),
            (
                Size,
                &["off", "16Mi", "1.5G", "512", "5b", "10MiB", "10mib", "OFF"],
                &["NaN", "10MB", "5iB", "-1", "M", "1 M", "1e3x"],
            ),
            (
                Duration,
                &["off", "1m30s", "1.5h", "2w", "10", "2026-01-01"],
                &["soon", "-", "1m; x", "1h2", "2026-13-45", "OFF", "1d12h"],
            ),
            (Password, &["`%(a)s\"\"\"", " a ", "a\u{a0}"], &["a\nb"]),
            (
                Text,
                &["Slash,BackSlash", "a b", "*.mkv"],
                &[
                    "a\nssh = x",
                    "a\rb",
                    "a\0b",
                    "/srv/%(description)s",
                    "\"\"\"",
                    "\"\"\"a",
                    "a`b",
                    " a",
                    "a ",
                    "a\u{a0}",
                    "\u{3000}a",
                    "a\u{2028}",
                    "a\u{85}",
                    " ",
                ],
            ),
        ] {
            for value in good {
                assert_eq!(check(&option("x", kind), value, "").as_deref(), Ok(*value), "{kind:?} {value:?}");
            }
            for value in bad {
                assert!(check(&option("x", kind), value, "").is_err(), "{kind:?} {value:?}");
            }
        }
        for name in ["key_pem", "client_cert_pem"] {
            for pasted in ["a\r\nb\n", "a\nb", "a\rb\r", " a\\nb "] {
                assert_eq!(check(&option(name, Text), pasted, "").as_deref(), Ok("a\\nb"), "{name} {pasted:?}");
            }
        }
        assert!(check(&option("key", Text), "a\nb", "").is_err());
        assert!(check(&option("suffix", Text), "./../../x", "").is_err());
        assert!(check(&option("x", Text), &"x".repeat(LONGEST + 1), "").is_err());
    }

    #[test]
    fn only_one_of_the_suggestions_will_do_where_rclone_says_so() {
        let example = |value: &str| OptionExample { value: value.into(), help: String::new(), provider: String::new() };
        let option = ProviderOption {
            exclusive: true,
            examples: vec![example("mtime"), example("atime")],
            ..option("x", OptionKind::Text)
        };
        assert!(check(&option, "atime", "").is_ok() && check(&option, "dtime", "").is_err());
    }

    #[test]
    fn a_token_is_what_rclone_authorize_printed_and_nothing_else() {
        let token = option("token", OptionKind::Json);
        let pasted = "Paste the following into your remote machine --->\n{\"access_token\":\"a\",\n\"expiry\":\"\"}\n<---End paste";
        assert_eq!(check(&token, pasted, "").as_deref(), Ok("{\"access_token\":\"a\",\"expiry\":\"\"}"));
        for bad in [
            "garbage",
            "{}",
            "{\"access_token\":\"\"}",
            "[\"access_token\"]",
            "{\"access_token\":1}",
            "{\"access_token\":\"a\nb\"}",
            "}{",
        ] {
            assert!(check(&token, bad, "").is_err(), "{bad}");
        }
        let account = option("service_account_credentials", OptionKind::Json);
        assert!(check(&account, "{\"type\":\"service_account\",\"client_email\":\"x@y\"}", "").is_ok());
        let runs = "{\"type\":\"external_account\",\"client_email\":\"x\",\"credential_source\":{\"executable\":{\"command\":\"touch x\"}}}";
        assert!(check(&account, runs, "").is_err());
        let twice = "{\"type\":\"external_account\",\"client_email\":\"x@y\",\"type\":\"service_account\"}";
        assert_eq!(
            check(&account, twice, "").as_deref(),
            Ok("{\"client_email\":\"x@y\",\"type\":\"service_account\"}")
        );
        for other in ["Type", "TYPE", "Client_Email"] {
            let json =
                format!("{{\"type\":\"service_account\",\"client_email\":\"x@y\",\"{other}\":\"external_account\"}}");
            assert!(check(&account, &json, "").is_err(), "{other}");
        }
        let folded = "{\"access_token\":\"a\",\"acce\u{17f}s_to\u{212a}en\":\"b\"}";
        assert!(
            check(&token, folded, "").is_err()
                && check(&account, "{\"Type\":\"service_account\",\"client_email\":\"x\"}", "").is_err()
        );
        assert!(check(&token, "{\"access_token\":\"a\",\"x\":[{\"y\":1,\"Y\":2}]}", "").is_err());
    }
}
