//! The providers that are offered, with rclone's own schema of their options, and the check of a new remote against it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    location::Location,
    provider::{OptionKind, Provider, ProviderOption, matches_provider},
};

use super::{
    error::RcloneError,
    offer::{OFFERS, Offer, offer},
    wire,
};

/// Longest value of an option, in bytes: a private key fits.
const LONGEST: usize = 32 << 10;

/// rclone's list, reduced to what is offered, in the order of the offer.
#[must_use]
pub fn offered(all: Vec<wire::RawProvider>) -> Vec<Provider> {
    let mut providers: Vec<_> = all
        .into_iter()
        .filter_map(|raw| {
            let offer = offer(&raw.name)?;
            Some(raw.offered(|option| !option.hidden() && offer.options.contains(&option.name.as_str())))
        })
        .collect();
    providers.sort_by_key(|provider| OFFERS.iter().position(|offer| offer.provider == provider.name));
    providers
}

/// Options of offered providers that rclone has and nobody has reviewed: they are refused, as what is withheld is.
#[must_use]
pub fn unreviewed(all: &[wire::RawProvider]) -> Vec<String> {
    let known = |offer: &Offer, name: &str| offer.options.contains(&name) || offer.withheld.contains(&name);
    all.iter()
        .filter_map(|raw| Some((raw, offer(&raw.name)?)))
        .flat_map(|(raw, offer)| {
            raw.options.iter().filter(|option| !known(offer, &option.name)).map(|option| format!("{}.{}", raw.name, option.name))
        })
        .collect()
}

/// What a new remote is made of, checked: only options that rclone has and that are offered, values of their kinds, needed ones there.
/// Empty values are left out. `remotes` are the names that an alias may point to.
pub fn check(
    providers: &[Provider],
    kind: &str,
    config: &BTreeMap<String, String>,
    remotes: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, RcloneError> {
    let Some(provider) = providers.iter().find(|provider| provider.name == kind) else {
        return Err(RcloneError::invalid("provider", "Choose one of the providers that are offered."));
    };
    let mut fields = BTreeMap::new();
    let mut checked = BTreeMap::new();
    let chosen = config.get("provider").map_or("", String::as_str);
    for (name, value) in config.iter().filter(|(_, value)| !value.is_empty()) {
        match provider.options.iter().find(|option| option.name == *name && matches_provider(&option.provider, chosen)) {
            None => {
                fields.insert(name.clone(), "This option can not be set here.".to_owned());
            }
            Some(option) => match check_value(option, value, chosen) {
                Ok(value) => {
                    checked.insert(name.clone(), value);
                }
                Err(problem) => {
                    fields.insert(name.clone(), problem.to_owned());
                }
            },
        }
    }
    for option in &provider.options {
        let wanted = option.required && option.default.is_empty() && matches_provider(&option.provider, chosen);
        if wanted && !checked.contains_key(&option.name) {
            fields.entry(option.name.clone()).or_insert_with(|| "This is needed.".to_owned());
        }
    }
    if kind == "alias"
        && let Some(target) = checked.get("remote")
        && let Err(problem) = check_target(target, remotes)
    {
        fields.insert("remote".to_owned(), problem);
    }
    if fields.is_empty() { Ok(checked) } else { Err(RcloneError::Invalid { fields }) }
}

fn check_value(option: &ProviderOption, value: &str, chosen: &str) -> Result<String, &'static str> {
    if value.len() > LONGEST {
        return Err("This is too long.");
    }
    // rclone takes a private key in one line, with `\n` written out; people paste it as it is in its file.
    let value = if option.name == "key_pem" { value.trim().replace("\r\n", "\n").replace('\n', "\\n") } else { value.to_owned() };
    if value.chars().any(char::is_control) {
        return Err("This can not hold line breaks or control characters.");
    }
    let good = match option.kind {
        OptionKind::Bool => matches!(value.as_str(), "true" | "false"),
        OptionKind::Int => value.parse::<i64>().is_ok(),
        OptionKind::Size => is_size(&value),
        OptionKind::Duration => is_duration(&value),
        OptionKind::Text => true,
    };
    if !good {
        return Err(match option.kind {
            OptionKind::Bool => "Write true or false.",
            OptionKind::Int => "Write a whole number.",
            OptionKind::Size => "Write a size, as 16Mi.",
            _ => "Write a duration, as 1m30s.",
        });
    }
    let mut examples = option.examples.iter().filter(|example| matches_provider(&example.provider, chosen)).peekable();
    if option.exclusive && examples.peek().is_some() && !examples.any(|example| example.value == value) {
        return Err("Choose one of the values that are suggested.");
    }
    Ok(value)
}

/// `off`, `16Mi`, `1.5G`, `512`.
fn is_size(value: &str) -> bool {
    let digits = value.strip_suffix('i').unwrap_or(value).trim_end_matches(|c: char| "bBkKmMgGtTpPeE".contains(c));
    value == "off" || (digits.parse::<f64>().is_ok() && digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// `off`, `1m30s`, `1.5h`, `2w`.
fn is_duration(value: &str) -> bool {
    value == "off"
        || (value.starts_with(|c: char| c.is_ascii_digit()) && value.chars().all(|c| c.is_ascii_digit() || ".nuµmshdwMy".contains(c)))
}

/// An alias points to a folder of this server or into a remote that exists: never to a connection string, which could run programs.
fn check_target(target: &str, remotes: &BTreeSet<String>) -> Result<(), String> {
    match Location::parse(target) {
        Err(error) => Err(error.fields.into_values().next().unwrap_or(error.message)),
        Ok(Location::Remote(name, _)) if !remotes.contains(name.as_str()) => Err(format!("There is no remote “{name}”.")),
        Ok(_) => Ok(()),
    }
}

/// The values that must not show up in any message.
#[must_use]
pub fn secrets(providers: &[Provider], kind: &str, config: &BTreeMap<String, String>) -> Vec<String> {
    let options = providers.iter().filter(|provider| provider.name == kind).flat_map(|provider| &provider.options);
    options.filter(|option| option.secret).filter_map(|option| config.get(&option.name).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(name: &str, kind: OptionKind) -> ProviderOption {
        ProviderOption {
            name: name.into(),
            help: String::new(),
            kind,
            default: String::new(),
            required: matches!(name, "host" | "remote"),
            advanced: false,
            secret: false,
            exclusive: false,
            provider: String::new(),
            examples: vec![],
        }
    }

    fn fields(kind: &str, config: &[(&str, &str)]) -> Vec<String> {
        let text = |name| option(name, OptionKind::Text);
        let sftp = vec![text("host"), option("port", OptionKind::Int), option("chunk_size", OptionKind::Size), text("key_pem")];
        let provider = |name: &str, options| Provider { name: name.into(), description: String::new(), prefix: name.into(), options };
        let providers = [provider("sftp", sftp), provider("alias", vec![text("remote")])];
        let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        match check(&providers, kind, &config, &BTreeSet::from(["b2".to_owned()])) {
            Ok(_) => vec![],
            Err(RcloneError::Invalid { fields }) => fields.into_keys().collect(),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn only_what_is_offered_and_fits_is_taken() {
        assert!(fields("sftp", &[("host", "h"), ("port", "22"), ("chunk_size", "32Ki"), ("key_pem", "a\nb")]).is_empty());
        assert_eq!(fields("sftp", &[("ssh", "touch /tmp/x")]), ["host", "ssh"]);
        assert_eq!(fields("sftp", &[("host", "h\n[x]"), ("port", "many"), ("chunk_size", "NaN")]), ["chunk_size", "host", "port"]);
        assert_eq!(fields("local", &[]), ["provider"]);
    }

    #[test]
    fn an_alias_points_to_a_folder_or_into_a_remote_that_exists() {
        for good in ["b2:", "b2:a/b", "/srv/photos"] {
            assert!(fields("alias", &[("remote", good)]).is_empty(), "{good}");
        }
        for bad in [":sftp,ssh=\"touch /tmp/x\":", "b2,ssh=x:", "other:", "relative", "/srv/../etc", ":local:/etc"] {
            assert_eq!(fields("alias", &[("remote", bad)]), ["remote"], "{bad}");
        }
    }
}
