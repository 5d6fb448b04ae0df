//! The first step: which provider. All of them in groups, found by typing; plain links, so that the address says what
//! was chosen.

use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    components::icon::icon,
    domain::{
        location::encode,
        provider::{
            ProviderSummary,
            groups::{ProviderGroup, title},
        },
    },
};

/// A provider with its words, as it is drawn and searched.
#[derive(Clone)]
struct Card {
    href: String,
    picture: &'static str,
    headline: String,
    about: String,
    /// Everything that it is found by, in small letters.
    text: String,
}

impl Card {
    fn new(provider: &ProviderSummary) -> Self {
        let (headline, about) = (headline(provider), about(provider));
        Self {
            href: format!("/remotes/new?provider={}", encode(&provider.name)),
            picture: picture(provider),
            // rclone's description of S3 names all who speak it.
            text: format!("{} {headline} {about} {}", provider.name, provider.description).to_lowercase(),
            headline,
            about,
        }
    }

    /// Whether it has each of the words that are searched for.
    fn fits(&self, search: &str) -> bool {
        search.to_lowercase().split_whitespace().all(|word| self.text.contains(word))
    }
}

/// The step.
pub(super) fn choose(providers: &[ProviderSummary]) -> AnyView {
    let search = RwSignal::new(String::new());
    let cards: Vec<_> = providers.iter().map(|provider| (provider.group, Card::new(provider))).collect();
    let all = StoredValue::new(cards.iter().map(|(_, card)| card.clone()).collect::<Vec<_>>());
    let none =
        Memo::new(move |_| search.with(|search| all.with_value(|all| !all.iter().any(|card| card.fits(search)))));
    // Enter takes the first that is shown.
    let navigate = use_navigate();
    let go = move |event: ev::KeyboardEvent| {
        let first = || {
            search.with_untracked(|search| {
                all.with_value(|all| all.iter().find(|card| card.fits(search)).map(|card| card.href.clone()))
            })
        };
        if event.key() == "Enter"
            && let Some(href) = first()
        {
            event.prevent_default();
            navigate(&href, NavigateOptions::default());
        }
    };
    let groups = ProviderGroup::ALL.into_iter().map(|group| {
        let cards: Vec<_> = cards.iter().filter(|(of, _)| *of == group).map(|(_, card)| card.clone()).collect();
        draw_group(group, cards, search)
    });
    let groups = groups.collect::<Vec<_>>();
    view! {
        <div class="form chooser">
            <label class="input">
                {icon("search")}
                <input
                    type="search"
                    aria-label="Search the providers"
                    placeholder="S3, Google Drive, Nextcloud…"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=search
                    on:input:target=move |event| search.set(event.target().value())
                    on:keydown=go
                />
            </label>
            {groups}
            <p class="muted" role="status">{move || none.get().then(|| format!("No provider matches “{}”.", search.get().trim()))}</p>
        </div>
    }
    .into_any()
}

fn draw_group(group: ProviderGroup, cards: Vec<Card>, search: RwSignal<String>) -> AnyView {
    let id = format!("providers-{}", group.title().to_lowercase().replace(' ', "-"));
    let label = id.clone();
    let texts = StoredValue::new(cards.clone());
    let hidden =
        Memo::new(move |_| search.with(|search| texts.with_value(|cards| !cards.iter().any(|card| card.fits(search)))));
    let cards = cards.into_iter().map(|card| draw_card(card, search)).collect::<Vec<_>>();
    view! {
        <section class="chooser__group" aria-labelledby=label hidden=move || hidden.get()>
            <h2 id=id>{group.title()}</h2>
            <ul class="providers">{cards}</ul>
        </section>
    }
    .into_any()
}

fn draw_card(card: Card, search: RwSignal<String>) -> AnyView {
    let Card { href, picture, headline, about, .. } = card.clone();
    let hidden = Memo::new(move |_| search.with(|search| !card.fits(search)));
    view! {
        <li hidden=move || hidden.get()>
            <a class="provider" href=href>
                {icon(picture)}
                <span class="grow"><b>{headline}</b>" "<span class="muted small">{about}</span></span>
                {icon("chevron-right")}
            </a>
        </li>
    }
    .into_any()
}

/// What a provider is called: rclone's descriptions of some name more than a heading holds.
pub(super) fn headline(provider: &ProviderSummary) -> String {
    title(&provider.name).map_or_else(|| provider.description.clone(), str::to_owned)
}

/// One line about it: ours, where there is more to say than rclone does.
fn about(provider: &ProviderSummary) -> String {
    let ours = match provider.name.as_str() {
        "s3" => "Amazon S3, Cloudflare R2, MinIO, Wasabi, Hetzner and many more.",
        "b2" => "Backblaze buckets, with an application key.",
        "drive" => "Files in a Google account, including shared drives.",
        "onedrive" => "Personal, for business, and SharePoint.",
        "dropbox" => "Files in a Dropbox account.",
        "sftp" => "Any server that you can reach over SSH.",
        "azureblob" => "Containers in a Microsoft Azure account.",
        "google cloud storage" => "Google Cloud buckets, with a service account or by signing in.",
        "internetarchive" => "Items of archive.org.",
        "netstorage" => "Akamai’s origin storage.",
        "cloudinary" | "imagekit" => "Pictures and videos in an account.",
        "seafile" => "Libraries on a Seafile server.",
        "doi" => "Data that was published under a DOI, read only.",
        "webdav" => "Nextcloud, ownCloud, and every other WebDAV server.",
        "smb" => "Shared folders on Windows, Samba and NAS devices.",
        "ftp" => "FTP servers, with or without TLS.",
        "http" => "Web servers that list their files, read only.",
        "local" => "The folders of this server that may be used.",
        "memory" => "In memory only and soon forgotten: for trying things out.",
        "crypt" => "Encrypts names and content on the way to another remote.",
        "alias" => "A short name for a folder of another remote, or of this server.",
        "union" => "Several remotes as if they were one.",
        "combine" => "Several remotes as folders of one.",
        "compress" => "Compresses what is stored in another remote.",
        "chunker" => "Splits large files for a remote that takes only small ones.",
        "hasher" => "Remembers checksums for a remote that has none.",
        "archive" => "Reads the archives in another remote as folders.",
        "cache" => "Keeps a copy of what is read from another remote. No longer maintained.",
        _ => "",
    };
    let same = title(&provider.name)
        .is_some_and(|title| title.eq_ignore_ascii_case(provider.description.trim_end_matches('.')));
    match (ours, same) {
        ("", true) => format!("Files stored with {}.", headline(provider)),
        ("", false) => provider.description.clone(),
        (ours, _) => ours.to_owned(),
    }
}

fn picture(provider: &ProviderSummary) -> &'static str {
    match (provider.name.as_str(), provider.group) {
        ("crypt", _) => "lock",
        ("local", _) => "hard-drive",
        ("alias", _) => "link",
        ("union" | "combine", _) => "columns-2",
        ("archive" | "compress", _) => "file-archive",
        ("s3" | "b2", _) | (_, ProviderGroup::Objects) => "database",
        ("sftp", _) | (_, ProviderGroup::Protocols) => "server",
        (_, ProviderGroup::Wrappers) => "copy",
        (_, ProviderGroup::Popular | ProviderGroup::Drives) => "cloud",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::provider::groups::rank;

    fn provider(name: &str, description: &str) -> ProviderSummary {
        ProviderSummary {
            name: name.to_owned(),
            description: description.to_owned(),
            prefix: name.to_owned(),
            group: rank(name).1,
        }
    }

    #[test]
    fn a_provider_is_found_by_its_name_its_words_and_who_speaks_it() {
        let s3 = Card::new(&provider("s3", "Amazon S3 Compliant Storage Providers including AWS, Alibaba, Other"));
        for search in ["", "s3", " S3 ", "alibaba", "compatible wasabi"] {
            assert!(s3.fits(search), "{search:?}");
        }
        assert!(!s3.fits("s3 webdav"));
    }

    #[test]
    fn what_has_no_words_here_has_rclones() {
        let fresh = provider("fresh", "Fresh Storage");
        assert_eq!((headline(&fresh), about(&fresh)), ("Fresh Storage".to_owned(), "Fresh Storage".to_owned()));
        let storj = provider("storj", "Storj Decentralized Cloud Storage");
        assert_eq!((headline(&storj).as_str(), about(&storj).as_str()), ("Storj", "Storj Decentralized Cloud Storage"));
        assert_eq!(about(&provider("filen", "Filen")), "Files stored with Filen.");
    }
}
