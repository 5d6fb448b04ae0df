//! The rows of the log. A table; on a phone each row is a card. What else is known of a row opens in it.

use leptos::prelude::*;
use serde_json::Value;

use crate::{
    components::{badge::badge, time::time},
    domain::{audit::AuditEntry, run::state::RunState},
};

/// The table.
pub fn table(entries: &[AuditEntry]) -> AnyView {
    view! {
        <table class="cards audit">
            <thead>
                <tr>
                    <th class="audit__at">"Time"</th>
                    <th class="audit__who">"Who"</th>
                    <th class="audit__via">"By"</th>
                    <th class="audit__action">"Action"</th>
                    <th>"Target"</th>
                    <th class="audit__result">"Result"</th>
                    <th class="audit__from">"Address"</th>
                </tr>
            </thead>
            <tbody>{entries.iter().map(row).collect::<Vec<_>>()}</tbody>
        </table>
    }
    .into_any()
}

fn row(entry: &AuditEntry) -> AnyView {
    let who = if entry.user.is_empty() {
        view! { <span class="faint">"Unknown"</span> }.into_any()
    } else {
        view! { <b class="clip">{entry.user.clone()}</b> }.into_any()
    };
    let warned = entry.detail["state"] == RunState::Warning.as_str();
    let result = match entry.success {
        true if warned => badge("warn", "triangle-alert", "Done, with warnings".to_owned()),
        true => badge("ok", "circle-check", "Done".to_owned()),
        false => badge("bad", "circle-x", "Failed".to_owned()),
    };
    let address = entry.address.clone().unwrap_or_else(|| "–".to_owned());
    view! {
        <tr data-action=entry.action.clone()>
            <td class="audit__at muted" data-label="Time">{time(entry.at)}</td>
            <td class="audit__who" data-label="Who">{who}</td>
            <td class="audit__via muted" data-label="By">{entry_point(&entry.via).to_owned()}</td>
            <td class="audit__action" data-label="Action"><code>{entry.action.clone()}</code></td>
            <td class="audit__target">{target(entry)}</td>
            <td class="audit__result" data-label="Result">{result}</td>
            <td class="audit__from num muted" data-label="Address">{address}</td>
        </tr>
    }
    .into_any()
}

/// By which door, in words.
fn entry_point(via: &str) -> &str {
    match via {
        "session" => "Browser",
        "token" => "API token",
        "cli" => "Command line",
        "setup" => "Setup",
        "chain" => "Job chain",
        "engine" => "Console",
        other => other,
    }
}

/// What it was done to, and behind it what else is known.
fn target(entry: &AuditEntry) -> AnyView {
    let mut facts = facts(&entry.detail);
    facts.insert(0, ("at".to_owned(), entry.at.rfc3339()));
    let run = entry.run_id.as_ref().map(|id| {
        view! { <div><dt>"run"</dt><dd><a class="link" href=format!("/runs/{id}")>{id.to_string()}</a></dd></div> }
            .into_any()
    });
    let facts = facts
        .into_iter()
        .map(|(name, text)| view! { <div><dt>{name}</dt><dd>{text}</dd></div> }.into_any())
        .collect::<Vec<_>>();
    let words = if entry.target.is_empty() { "Details".to_owned() } else { entry.target.clone() };
    view! { <details><summary>{words}</summary><dl>{facts}{run}</dl></details> }.into_any()
}

/// Names and values of a detail, those of its parts below their part: `stats.files`.
fn facts(detail: &Value) -> Vec<(String, String)> {
    fn add(name: &str, value: &Value, facts: &mut Vec<(String, String)>) {
        match value {
            Value::Null => {}
            Value::Object(parts) => {
                for (part, value) in parts {
                    let name = if name.is_empty() { part.clone() } else { format!("{name}.{part}") };
                    add(&name, value, facts);
                }
            }
            Value::String(text) => facts.push((name.to_owned(), text.clone())),
            Value::Array(values) if values.iter().all(Value::is_string) => {
                let words: Vec<_> = values.iter().filter_map(Value::as_str).collect();
                facts.push((name.to_owned(), words.join(", ")));
            }
            other => facts.push((name.to_owned(), other.to_string())),
        }
    }
    let mut found = Vec::new();
    add("", detail, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_detail_is_a_list_of_names_and_values() {
        let detail =
            json!({ "error": null, "options": { "checksum": true, "exclude": ["a", "b"] }, "state": "failed" });
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(
            facts(&detail),
            [pair("options.checksum", "true"), pair("options.exclude", "a, b"), pair("state", "failed")]
        );
        assert_eq!(facts(&Value::Null), []);
    }
}
