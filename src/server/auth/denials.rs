//! Denials, as the audit log keeps them: who was refused what, once, and then how often. A thousand requests a second
//! fill no log: what is the same within a window is one row for its beginning and one for the rest of it, and there are
//! only so many at a time.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::json;

use super::{
    Actor, Auth,
    throttle::{Network, network},
};
use crate::{
    domain::{
        audit::Via,
        error::{AppError, Denied, ErrorCode, Result},
        id::{AuditId, UserId},
        time::Timestamp,
    },
    server::store::audit::{self, Entry},
};

/// What is the same within this time is summed.
const WINDOW_MS: u64 = 60_000;
/// Different denials of people within a window.
const KNOWN_MAX: usize = 500;
/// Different denials of nobody known within a window. What is more is summed by its kind.
const UNKNOWN_MAX: usize = 100;
/// Longest route and reason that are kept, in characters.
const TEXT: usize = 200;

/// Why somebody was refused. It is what an answer carries to where denials are recorded.
#[derive(Clone, Debug)]
pub struct Denial {
    /// `forbidden`, `option`, `foreign`, `rate_limited`, `unknown_token`, `host`, `origin`.
    pub kind: &'static str,
    /// In the words of the answer.
    pub why: String,
}

impl Denial {
    /// What an error says of it, when it is one that refuses somebody.
    #[must_use]
    pub fn of(error: &AppError) -> Option<Self> {
        let kind = match (error.denied, error.code) {
            (Some(Denied::Option), _) => "option",
            (Some(Denied::Foreign), _) => "foreign",
            (None, ErrorCode::Forbidden) => "forbidden",
            (None, ErrorCode::RateLimited) => "rate_limited",
            (None, _) => return None,
        };
        Some(Self { kind, why: error.summary() })
    }
}

/// What was refused while a request was answered, where the answer itself does not tell: a page that is shown, a form
/// that leads on.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<Option<Denial>>>);

impl Refusals {
    /// Notes the first.
    pub fn note(&self, error: &AppError) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            *first = Denial::of(error);
        }
    }

    /// What was noted.
    #[must_use]
    pub fn take(&self) -> Option<Denial> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Who asked for what.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Who, when that is known.
    pub actor: Option<&'a Actor>,
    /// From where.
    pub address: Option<IpAddr>,
    /// The method and the path: its first parts only, and no ids.
    pub route: String,
}

/// What is the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    user: Option<UserId>,
    network: Network,
    kind: &'static str,
    route: String,
}

/// What was denied in a window since its first row.
struct Sum {
    since: Timestamp,
    more: u64,
    row: Row,
}

#[derive(Clone)]
struct Row {
    user_id: Option<UserId>,
    user: String,
    via: Via,
    address: Option<String>,
    why: String,
}

/// The windows that are open.
#[derive(Default)]
pub(super) struct Denials(Mutex<HashMap<Key, Sum>>);

impl Denials {
    /// Counts one. Whether it is the first of its window, which is written at once, and what was summed before.
    fn count(&self, key: Key, row: Row, now: Timestamp) -> (Key, Option<Row>, Option<Sum>) {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = if sums.contains_key(&key) || has_room(&sums, &key) { key } else { rest_of(&key) };
        if let Some(sum) = sums.get_mut(&key)
            && now.millis_since(sum.since) < WINDOW_MS
        {
            sum.more += 1;
            return (key, None, None);
        }
        let before = sums.insert(key.clone(), Sum { since: now, more: 0, row: row.clone() });
        (key, Some(row), before.filter(|sum| sum.more > 0))
    }

    /// Takes what is over, or all of it.
    fn take(&self, now: Timestamp, all: bool) -> Vec<(Key, Sum)> {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sums.extract_if(|_, sum| all || now.millis_since(sum.since) >= WINDOW_MS)
            .filter(|(_, sum)| sum.more > 0)
            .collect()
    }
}

fn has_room(sums: &HashMap<Key, Sum>, key: &Key) -> bool {
    let of_known = sums.keys().filter(|other| other.user.is_some()).count();
    if key.user.is_some() { of_known < KNOWN_MAX } else { sums.len() - of_known < UNKNOWN_MAX }
}

/// What stands for all that there is no room for: the same of a person on any route, or of anybody from anywhere.
fn rest_of(key: &Key) -> Key {
    Key { user: key.user, kind: key.kind, network: None, route: String::new() }
}

impl Auth {
    /// Records that somebody was refused.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn record_denial(&self, asked: &Asked<'_>, denial: &Denial) -> Result<()> {
        let now = self.0.clock.now();
        let key = Key {
            user: asked.actor.map(|actor| actor.user_id),
            network: network(asked.address),
            kind: denial.kind,
            route: asked.route.chars().take(TEXT).collect(),
        };
        let row = Row {
            user_id: key.user,
            user: asked.actor.map(|actor| actor.name.clone()).unwrap_or_default(),
            via: asked
                .actor
                .map_or(if denial.kind == "unknown_token" { Via::Token } else { Via::Session }, |actor| actor.via),
            address: asked.address.map(|address| address.to_string()),
            why: denial.why.chars().take(TEXT).collect(),
        };
        let (key, first, before) = self.0.denials.count(key, row, now);
        if first.is_none() && before.is_none() {
            return Ok(());
        }
        let mut tx = self.0.store.begin().await?;
        if let Some(sum) = before {
            insert(&mut tx, &key, &sum.row, Some((sum.more, sum.since)), now).await?;
        }
        if let Some(row) = first {
            insert(&mut tx, &key, &row, None, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Writes how often what is over was denied beside its first time; at the end of the console, of all of it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn flush_denials(&self, all: bool) -> Result<()> {
        let now = self.0.clock.now();
        let over = self.0.denials.take(now, all);
        if over.is_empty() {
            return Ok(());
        }
        let mut tx = self.0.store.begin().await?;
        for (key, sum) in over {
            insert(&mut tx, &key, &sum.row, Some((sum.more, sum.since)), now).await?;
        }
        Ok(tx.commit().await?)
    }
}

async fn insert(
    tx: &mut crate::server::store::Connection,
    key: &Key,
    row: &Row,
    more: Option<(u64, Timestamp)>,
    at: Timestamp,
) -> Result<()> {
    let detail = match more {
        None => json!({ "kind": key.kind, "error": row.why }),
        Some((count, since)) => json!({ "kind": key.kind, "error": row.why, "count": count, "since": since }),
    };
    let entry = Entry::new(at, row.via.as_str(), "access.deny")
        .by(row.user_id, &row.user)
        .from(row.address.clone())
        .to(&key.route)
        .with(detail)
        .succeeded(false);
    Ok(audit::insert(tx, &entry).await?)
}

/// A method and a path as a denial names them: ids are left out, of a path the first parts are kept, and nothing that
/// could be long.
#[must_use]
pub fn route(method: &str, path: &str, is_known: bool) -> String {
    let parts = path.split('/').skip(1).take(if is_known { 6 } else { 3 });
    let parts = parts.map(|part| {
        let is_id = part.parse::<AuditId>().is_ok();
        if is_id { "{id}".to_owned() } else { part.chars().filter(|c| !c.is_control()).take(40).collect() }
    });
    format!("{method} /{}", parts.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests;
