//! The providers that are offered, with rclone's own schema of their options, and the check of a new remote against it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    allowlist::{Verdict, is_offered, verdict},
    form, values,
};
use crate::{
    domain::{
        location::Location,
        provider::{Provider, groups::rank, matches_provider},
    },
    server::rclone::{config::wrap, error::RcloneError, wire},
};

/// rclone's list, reduced to what is offered, in the order of the chooser.
#[must_use]
pub fn offered(all: Vec<wire::RawProvider>) -> Vec<Provider> {
    let mut providers: Vec<_> = all
        .into_iter()
        .filter(|raw| is_offered(&raw.name))
        .map(|raw| {
            let provider = raw.name.clone();
            raw.offered(|option| match verdict(&provider, &option.name) {
                Some(Verdict::Offered) => Some(false),
                Some(Verdict::Weak) => Some(true),
                Some(Verdict::Withheld) | None => None,
            })
        })
        .collect();
    // Without one the archive takes the path for a remote, with all that a connection string can do.
    for option in
        providers.iter_mut().filter(|provider| provider.name == "archive").flat_map(|provider| &mut provider.options)
    {
        option.required |= option.name == "remote";
    }
    providers.sort_by_key(|provider| rank(&provider.name).0);
    providers
}

/// Providers and options that rclone has and nobody has reviewed: they are refused, as what is withheld is.
#[must_use]
pub fn unreviewed(all: &[wire::RawProvider]) -> Vec<String> {
    let of = |raw: &wire::RawProvider| {
        if !is_offered(&raw.name) {
            return vec![raw.name.clone()];
        }
        let unknown = raw.options.iter().filter(|option| verdict(&raw.name, &option.name).is_none());
        unknown.map(|option| format!("{}.{}", raw.name, option.name)).collect()
    };
    all.iter().filter(|raw| !raw.hide).flat_map(of).collect()
}

/// What a new remote is made of, checked: only options that rclone has and that are offered, values of their kinds,
/// needed ones there. Empty values are left out. `remotes` are the names that a wrapping remote may lead to.
pub fn check(
    providers: &[Provider],
    kind: &str,
    config: &BTreeMap<String, String>,
    remotes: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, RcloneError> {
    let Some(provider) = providers.iter().find(|provider| provider.name == kind) else {
        return Err(RcloneError::invalid("provider", "Choose one of the offered providers."));
    };
    let mut fields = BTreeMap::new();
    let mut checked = BTreeMap::new();
    let chosen = config
        .get("provider")
        .map(String::as_str)
        .filter(|chosen| !chosen.is_empty())
        .unwrap_or_else(|| provider.vendor());
    for (name, value) in config.iter().filter(|(_, value)| !value.is_empty()) {
        match provider.options.iter().find(|option| option.name == *name && matches_provider(&option.provider, chosen))
        {
            None => {
                fields.insert(name.clone(), "This option cannot be set here.".to_owned());
            }
            Some(option) => {
                match values::check(option, value, chosen).and_then(|value| form::check(kind, option, value)) {
                    Ok(value) => {
                        checked.insert(name.clone(), value);
                    }
                    Err(problem) => {
                        fields.insert(name.clone(), problem.to_owned());
                    }
                }
            }
        }
    }
    for option in &provider.options {
        let wanted = option.required && option.default.is_empty() && matches_provider(&option.provider, chosen);
        if wanted && !checked.contains_key(&option.name) {
            fields.entry(option.name.clone()).or_insert_with(|| "This field is required.".to_owned());
        }
    }
    if fields.is_empty() {
        fields.extend(form::missing(kind, &checked).map(|(option, problem)| (option.to_owned(), problem.to_owned())));
    }
    if let (Some(option), Err(problem)) = (wrap::option(kind), check_places(kind, &checked, remotes)) {
        fields.insert(option.to_owned(), problem);
    }
    if fields.is_empty() {
        return Ok(checked);
    }
    let withheld = fields.keys().any(|name| verdict(kind, name) == Some(Verdict::Withheld));
    Err(RcloneError::Invalid { fields, withheld })
}

/// What is wrapped is a folder of this server or lies in a remote that exists: never a connection string, which could
/// run programs.
fn check_places(kind: &str, config: &BTreeMap<String, String>, remotes: &BTreeSet<String>) -> Result<(), String> {
    for place in wrap::upstreams(kind, config)? {
        if let Location::Remote(name, _) = &place
            && !remotes.contains(name.as_str())
        {
            return Err(format!("There is no remote “{name}”."));
        }
    }
    Ok(())
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
    use crate::domain::provider::{OptionKind, ProviderOption};

    fn option(name: &str, kind: OptionKind) -> ProviderOption {
        ProviderOption {
            name: name.into(),
            help: String::new(),
            kind,
            default: String::new(),
            required: matches!(name, "host" | "remote" | "upstreams"),
            advanced: false,
            secret: false,
            exclusive: false,
            weakens: false,
            provider: String::new(),
            examples: vec![],
        }
    }

    fn fields(kind: &str, config: &[(&str, &str)]) -> Vec<String> {
        let text = |name| option(name, OptionKind::Text);
        let sftp = vec![
            text("host"),
            option("port", OptionKind::Int),
            option("chunk_size", OptionKind::Size),
            text("key_pem"),
        ];
        let provider = |name: &str, options| Provider {
            name: name.into(),
            description: String::new(),
            prefix: name.into(),
            options,
        };
        let vendor = ProviderOption { default: "old".into(), ..text("provider") };
        let grant = ProviderOption { provider: "old".into(), ..text("grant") };
        let key = ProviderOption { provider: "new".into(), required: true, ..text("key") };
        let providers = [
            provider("sftp", sftp),
            provider("alias", vec![text("remote")]),
            provider("union", vec![text("upstreams")]),
            provider("storj", vec![vendor, grant, key]),
        ];
        let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        match check(&providers, kind, &config, &BTreeSet::from(["b2".to_owned()])) {
            Ok(_) => vec![],
            Err(RcloneError::Invalid { fields, .. }) => fields.into_keys().collect(),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn only_what_is_offered_and_fits_is_taken() {
        assert!(
            fields(
                "sftp",
                &[
                    ("host", "h"),
                    ("port", "22"),
                    ("chunk_size", "32Ki"),
                    ("key_pem", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3\n-----END")
                ]
            )
            .is_empty()
        );
        assert_eq!(fields("sftp", &[("ssh", "touch /tmp/x")]), ["host", "ssh"]);
        assert_eq!(
            fields("sftp", &[("host", "h\n[x]"), ("port", "many"), ("chunk_size", "NaN")]),
            ["chunk_size", "host", "port"]
        );
        assert_eq!(fields("nosuch", &[]), ["provider"]);
    }

    #[test]
    fn while_no_vendor_is_chosen_the_default_one_counts() {
        assert!(fields("storj", &[("grant", "x")]).is_empty());
        assert_eq!(fields("storj", &[("provider", "new"), ("grant", "x")]), ["grant", "key"]);
    }

    #[test]
    fn what_wraps_leads_to_a_folder_or_into_a_remote_that_exists() {
        for good in ["b2:", "b2:a/b", "/srv/photos"] {
            assert!(fields("alias", &[("remote", good)]).is_empty(), "{good}");
        }
        for bad in [":sftp,ssh=\"touch /tmp/x\":", "b2,ssh=x:", "other:", "relative", "/srv/../etc", ":local:/etc"] {
            assert_eq!(fields("alias", &[("remote", bad)]), ["remote"], "{bad}");
        }
        assert!(fields("union", &[("upstreams", "b2:a /srv/b:ro")]).is_empty());
        for bad in ["", "b2:a other:b", "b2:a :sftp,ssh=x:", "b2:a  b2:b"] {
            assert_eq!(fields("union", &[("upstreams", bad)]), ["upstreams"], "{bad}");
        }
    }
}
