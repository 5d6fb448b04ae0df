//! The filter of the audit log in the address and the form: days instead of times; values that cannot be read are
//! ignored.

use leptos_router::params::ParamsMap;

use crate::domain::{audit::AuditQuery, id::AuditId, location::encode, page::USUAL, time::Timestamp};

const MILLIS_OF_A_DAY: i64 = 86_400_000;

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The whole name of a person.
    pub user: String,
    /// How the action begins.
    pub action: String,
    /// What the target holds.
    pub target: String,
    /// `done`, `failed`, or anything.
    pub success: Option<bool>,
    /// From this day on (UTC), as in `2026-11-23`; empty for no limit.
    pub from: String,
    /// Until the end of this day (UTC).
    pub to: String,
    /// How the address begins.
    pub address: String,
    /// The page.
    pub cursor: Option<AuditId>,
}

impl AuditFilter {
    /// Reads the address.
    pub fn read(params: &ParamsMap) -> Self {
        let text = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
        let date = |name: &str| Some(text(name)).filter(|date| day(date).is_some()).unwrap_or_default();
        Self {
            user: text("user"),
            action: text("action"),
            // Not trimmed: a space may be what is searched for.
            target: params.get("target").unwrap_or_default(),
            success: success(&text("result")),
            from: date("from"),
            to: date("to"),
            address: text("address"),
            cursor: text("cursor").parse().ok(),
        }
    }

    /// The address that asks for it.
    pub fn href(&self) -> String {
        let result = self.success.map_or("", result);
        let cursor = self.cursor.as_ref().map_or("", AuditId::as_str);
        let texts = [
            ("user", self.user.as_str()),
            ("action", &self.action),
            ("target", &self.target),
            ("result", result),
            ("from", &self.from),
            ("to", &self.to),
            ("address", &self.address),
            ("cursor", cursor),
        ];
        let parts: Vec<_> = texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("{name}={}", encode(text)))
            .collect();
        if parts.is_empty() { "/audit".to_owned() } else { format!("/audit?{}", parts.join("&")) }
    }

    /// What the server is asked.
    pub fn query(self) -> AuditQuery {
        AuditQuery {
            since: day(&self.from),
            until: day(&self.to).map(|start| Timestamp(start.0 + MILLIS_OF_A_DAY)),
            user: self.user,
            action: self.action,
            target: self.target,
            success: self.success,
            address: self.address,
            cursor: self.cursor,
            limit: USUAL,
        }
    }
}

/// The word for a result in the address.
pub const fn result(success: bool) -> &'static str {
    if success { "done" } else { "failed" }
}

/// Reads what [`result`] writes.
pub fn success(text: &str) -> Option<bool> {
    [true, false].into_iter().find(|success| result(*success) == text)
}

/// The beginning of a day, in UTC.
fn day(date: &str) -> Option<Timestamp> {
    (date.len() == 10).then(|| Timestamp::parse(&format!("{date}T00:00:00Z"))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> AuditFilter {
        let query = address.strip_prefix("/audit?").unwrap_or_default();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        AuditFilter::read(
            &pairs.map(|(name, text)| (name.to_owned(), text.replace("%20", " ").replace("%2F", "/"))).collect(),
        )
    }

    #[test]
    fn an_address_reads_as_it_is_written() {
        let wanted = AuditFilter {
            user: "ana".to_owned(),
            action: "run.".to_owned(),
            target: "/srv a".to_owned(),
            success: Some(false),
            from: "2026-11-23".to_owned(),
            to: "2026-11-24".to_owned(),
            address: "192.0.2.".to_owned(),
            cursor: "01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse().ok(),
        };
        assert_eq!(read(&wanted.href()), wanted);
        assert_eq!(AuditFilter::default().href(), "/audit");
        assert_eq!(read("/audit?result=maybe&from=yesterday&to=2026-02-30&cursor=x"), AuditFilter::default());
    }

    #[test]
    fn the_last_day_counts_to_its_end() {
        let query = read("/audit?from=2025-11-23&to=2025-11-23").query();
        assert_eq!(query.since, Timestamp::parse("2025-11-23T00:00:00Z"));
        assert_eq!(query.until, Timestamp::parse("2025-11-24T00:00:00Z"));
        query.validate().expect("a day");
    }
}
