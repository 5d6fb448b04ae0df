//! Which of a provider's options are asked for first, and what of the typed values is sent.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;

use crate::domain::provider::{OptionKind, Provider, ProviderOption, matches_provider};

/// The option whose value says who runs the storage; other options and suggestions depend on it.
const VENDOR: &str = "provider";

/// What a connection usually needs, where rclone's own split into common and advanced asks for too much at once.
fn usual(provider: &str) -> Option<&'static [&'static str]> {
    match provider {
        "s3" => Some(&[VENDOR, "access_key_id", "secret_access_key", "region", "endpoint"]),
        "sftp" => Some(&["host", "port", "user", "pass", "key_pem"]),
        "webdav" => Some(&["url", "vendor", "user", "pass"]),
        "ftp" => Some(&["host", "port", "user", "pass", "explicit_tls"]),
        "smb" => Some(&["host", "user", "pass", "domain"]),
        "drive" => Some(&["token", "client_id", "client_secret", "scope"]),
        "azureblob" => Some(&["account", "key", "sas_url"]),
        "alias" => Some(&["remote"]),
        _ => None,
    }
}

/// An option and what is typed for it.
#[derive(Clone)]
pub struct Field {
    /// The option.
    pub option: ProviderOption,
    /// What is typed.
    pub value: RwSignal<String>,
    /// Whether it is asked for at once; the others are under "Advanced".
    pub first: bool,
}

/// All fields of a provider. What is typed stays while one goes back and forth.
#[derive(Clone)]
pub struct Fields {
    /// rclone's name of the provider.
    pub provider: String,
    /// Whether the option `provider` says who runs the storage: with others it is an option as any.
    has_vendors: bool,
    all: Vec<Field>,
}

impl Fields {
    /// Empty fields, but for yes and no, and for the vendor, which begin at their default.
    #[must_use]
    pub fn new(provider: &Provider) -> Self {
        let usual = usual(&provider.name);
        let has_vendors = provider.options.iter().any(|option| !option.provider.is_empty());
        let field = |option: &ProviderOption| {
            let vendor = has_vendors && option.name == VENDOR;
            let first = match usual {
                Some(usual) => option.required || usual.contains(&option.name.as_str()),
                // To sign in is what those need that have a token to paste.
                None => {
                    option.required || !option.advanced || (option.kind == OptionKind::Json && option.name == "token")
                }
            };
            let start = if option.kind == OptionKind::Bool || vendor { option.default.clone() } else { String::new() };
            // rclone would guess a vendor; the other fields could not be right then.
            let option = ProviderOption { required: option.required || vendor, ..option.clone() };
            Field { option, value: RwSignal::new(start), first }
        };
        let mut all: Vec<_> = provider.options.iter().map(field).collect();
        // In the order in which a person thinks of them; the sort is stable for the rest.
        if let Some(usual) = usual {
            all.sort_by_key(|field| usual.iter().position(|name| *name == field.option.name).unwrap_or(usize::MAX));
        }
        Self { provider: provider.name.clone(), has_vendors, all }
    }

    /// Who runs the storage, while it is chosen.
    #[must_use]
    pub fn vendor(&self) -> Signal<String> {
        self.all
            .iter()
            .find(|field| self.has_vendors && field.option.name == VENDOR)
            .map_or_else(|| Signal::stored(String::new()), |field| field.value.into())
    }

    /// Those that count for this vendor; while none is chosen where one has to be, only that question. An option that
    /// rclone lists once a vendor has one field.
    #[must_use]
    pub fn shown(&self, vendor: &str) -> Vec<Field> {
        if let Some(field) =
            self.all.iter().find(|field| self.has_vendors && field.option.name == VENDOR && vendor.is_empty())
        {
            return vec![field.clone()];
        }
        let mut names = BTreeSet::new();
        let counts = |field: &&Field| {
            matches_provider(&field.option.provider, vendor) && names.insert(field.option.name.clone())
        };
        self.all.iter().filter(counts).cloned().collect()
    }

    /// Whether the provider has an option of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.all.iter().any(|field| field.option.name == name)
    }

    /// What is sent: what is shown, typed, and not the default anyway.
    #[must_use]
    pub fn config(&self) -> BTreeMap<String, String> {
        let vendor = self.vendor().get_untracked();
        let typed = |field: Field| {
            let value = field.value.with_untracked(|value| field.option.in_one_line(value));
            (!value.is_empty() && value != field.option.default).then_some((field.option.name, value))
        };
        self.shown(&vendor).into_iter().filter_map(typed).collect()
    }

    /// What is missing, by the name of the field.
    #[must_use]
    pub fn missing(&self) -> BTreeMap<String, String> {
        let shown = self.shown(&self.vendor().get_untracked());
        let empty = shown.into_iter().filter(|field| {
            field.option.required
                && field.option.default.is_empty()
                && field.value.with_untracked(|v| v.trim().is_empty())
        });
        empty.map(|field| (field.option.name, "This field is required.".to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(name: &str, provider: &str, required: bool) -> ProviderOption {
        ProviderOption {
            name: name.to_owned(),
            help: String::new(),
            kind: OptionKind::Text,
            default: String::new(),
            required,
            advanced: false,
            secret: false,
            exclusive: false,
            weakens: false,
            provider: provider.to_owned(),
            examples: Vec::new(),
        }
    }

    fn fields(name: &str, options: Vec<ProviderOption>) -> Fields {
        Fields::new(&Provider { name: name.to_owned(), description: String::new(), prefix: name.to_owned(), options })
    }

    fn set(fields: &Fields, name: &str, value: &str) {
        for field in fields.all.iter().filter(|field| field.option.name == name) {
            field.value.set(value.to_owned());
        }
    }

    #[test]
    fn what_another_vendor_needs_is_not_sent() {
        let owner = Owner::new();
        owner.with(|| {
            let fields = fields(
                "s3",
                vec![
                    option("acl", "", false),
                    option("region", "AWS", false),
                    option("zone", "Ceph", false),
                    option("provider", "", false),
                ],
            );
            assert_eq!(fields.all[0].option.name, "provider");
            assert!(fields.missing().contains_key("provider"));
            set(&fields, "provider", "AWS");
            set(&fields, "region", "eu-west-1");
            set(&fields, "zone", "left over");
            assert_eq!(fields.config().into_keys().collect::<Vec<_>>(), ["provider", "region"]);
            assert!(fields.missing().is_empty());
        });
    }

    #[test]
    fn an_option_named_provider_says_nothing_of_vendors_where_no_other_depends_on_it() {
        let owner = Owner::new();
        owner.with(|| {
            let fields = fields("doi", vec![option("doi", "", true), option("provider", "", false)]);
            assert_eq!(fields.shown(&fields.vendor().get_untracked()).len(), 2);
            set(&fields, "doi", "10.5281/zenodo.1");
            assert!(fields.missing().is_empty());
        });
    }

    #[test]
    fn a_key_is_sent_in_one_line() {
        let owner = Owner::new();
        owner.with(|| {
            let fields = fields("sftp", vec![option("key_pem", "", false), option("host", "", true)]);
            set(&fields, "key_pem", "-----BEGIN-----\r\nabc\n-----END-----\n");
            assert_eq!(fields.config()["key_pem"], "-----BEGIN-----\\nabc\\n-----END-----");
            assert_eq!(fields.missing().into_keys().collect::<Vec<_>>(), ["host"]);
        });
    }
}
