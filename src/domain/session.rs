//! Browsers that are signed in, as their owner sees them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{id::SessionId, location::encode, time::Timestamp};

/// The page where people sign in.
pub const LOGIN: &str = "/login";

/// The address of the sign-in page that leads back to `page` afterwards, a path with its query. The one answer to where
/// somebody without a session goes: from a page's address (`http/access.rs`), from data that is refused
/// (`components/load.rs`), and from a session that ends while a page is open (`app.rs`).
#[must_use]
pub fn login_path(page: &str) -> String {
    if matches!(page, "/" | "") { LOGIN.to_owned() } else { format!("{LOGIN}?next={}", encode(page)) }
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionSummary {
    /// By what it is named. Not the cookie, and no way to it.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// From which address it signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What browser it says it is, in words: `Firefox on Linux`.
    #[schema(example = "Firefox on Linux")]
    pub browser: String,
}

/// What a browser calls itself, in words. It can say what it likes: this is for its owner to recognise it, and for
/// nothing else.
#[must_use]
pub fn browser(agent: Option<&str>) -> String {
    // Most claim to be the others as well: who claims more stands first.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let agent = agent.unwrap_or_default();
    let find =
        |words: &[(&str, &'static str)]| words.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, word)| *word);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(word), None) => word.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_back_to_where_one_was() {
        for (page, path) in [
            ("/", "/login"),
            ("", "/login"),
            ("/runs", "/login?next=%2Fruns"),
            ("/runs?state=failed&search=a b", "/login?next=%2Fruns%3Fstate=failed%26search=a%20b"),
            ("/browse/nas:a%2520b", "/login?next=%2Fbrowse%2Fnas%3Aa%252520b"),
            ("//evil.example", "/login?next=%2F%2Fevil.example"),
        ] {
            assert_eq!(login_path(page), path, "{page}");
        }
    }

    #[test]
    fn a_browser_is_named_as_its_owner_knows_it() {
        for (agent, words) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/19.0 Mobile Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.17.0", "Unknown browser"),
        ] {
            assert_eq!(browser(Some(agent)), words);
        }
        assert_eq!(browser(None), "Unknown browser");
    }
}
