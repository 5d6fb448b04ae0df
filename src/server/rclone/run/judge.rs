//! What only rclone's own readers can tell: whether it takes the values of a run. The warm rclone is asked with a call
//! that does nothing, with the options for this call alone. What becomes an expression of Go's, a timetable and a date
//! are judged here by who will read them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    domain::{
        flag::FlagValue,
        transfer::{self, Field, TransferOptions},
    },
    server::rclone::{
        error::RcloneError,
        flags::Catalog,
        manager::{Rclone, RcloneStatus},
        rc::client::QUICK,
    },
};

/// Options of one kind that contradict each other are reported at the first of these.
const TOGETHER: &str = "options";

/// The values of an option, by its name in an answer.
struct Given {
    /// `exclude`, `flags.filter`.
    field: String,
    /// rclone's name.
    name: String,
    value: Value,
}

impl Rclone {
    /// Makes sure that rclone takes these values, or says which it does not. Without a good rclone nothing is judged:
    /// it is asked again when a run is started.
    pub async fn judge(&self, options: &TransferOptions) -> Result<(), RcloneError> {
        let given = given(options);
        if given.is_empty() || !matches!(self.status(), RcloneStatus::Ready(_)) {
            return Ok(());
        }
        let catalog = self.catalog().await?;
        if self.takes(&catalog, &given).await?.is_none() {
            return Ok(());
        }
        let mut fields = BTreeMap::new();
        for one in &given {
            if let Some(why) = self.takes(&catalog, std::slice::from_ref(one)).await? {
                fields.insert(one.field.clone(), self.blame(&catalog, one, &why).await?);
            }
        }
        if fields.is_empty() {
            let why = self.takes(&catalog, &given).await?.unwrap_or_default();
            let ages = options.min_age.is_some() && options.max_age.is_some();
            fields.insert(if ages { "min_age" } else { TOGETHER }.to_owned(), problem("these values together", &why));
        }
        Err(RcloneError::Invalid { fields, withheld: false })
    }

    /// What rclone has against these values; `None` where it takes them.
    async fn takes(&self, catalog: &Catalog, given: &[Given]) -> Result<Option<String>, RcloneError> {
        let mut params = Map::new();
        for Given { name, value, .. } in given {
            let Some(key) = catalog.key(name) else { continue };
            let mut block = params.entry(key.block).or_insert_with(|| json!({}));
            for part in &key.path {
                block = &mut block[part.as_str()];
            }
            *block = value.clone();
        }
        self.0.daemon.refusal("rc/noop", &params, QUICK).await
    }

    /// Of a list, which item it is: found by halves.
    async fn blame(&self, catalog: &Catalog, given: &Given, why: &str) -> Result<String, RcloneError> {
        let Value::Array(items) = &given.value else { return Ok(problem(&said(&given.value), why)) };
        let (mut items, mut why) = (items.as_slice(), why.to_owned());
        while items.len() > 1 {
            let (first, second) = items.split_at(items.len() / 2);
            let half = |items: &[Value]| Given { field: String::new(), name: given.name.clone(), value: json!(items) };
            items = match self.takes(catalog, &[half(first)]).await? {
                Some(first_why) => {
                    why = first_why;
                    first
                }
                None => second,
            };
        }
        Ok(problem(&items.first().map(said).unwrap_or_default(), &why))
    }
}

/// All that is a text in a run's options.
fn given(options: &TransferOptions) -> Vec<Given> {
    // A folder is no value of which rclone could say anything.
    let fields = Field::ALL.iter().filter(|field| **field != Field::BackupDir && field.is_set(options));
    let own = fields.filter_map(|field| {
        let value = match field.value(options) {
            transfer::Value::Text(text) => json!(text),
            transfer::Value::List(items) => json!(items),
            transfer::Value::Switch(_) | transfer::Value::Number(_) => return None,
        };
        Some(Given { field: field.as_str().to_owned(), name: field.as_str().to_owned(), value })
    });
    let flags = options.flags.iter().filter_map(|(name, value)| {
        let value = match value {
            FlagValue::Text(text) => json!(text),
            FlagValue::List(items) => json!(items),
            FlagValue::Switch(_) | FlagValue::Number(_) | FlagValue::Other(_) => return None,
        };
        Some(Given { field: format!("flags.{name}"), name: name.clone(), value })
    });
    own.chain(flags).collect()
}

fn said(value: &Value) -> String {
    let text: String = value.as_str().unwrap_or_default().chars().take(40).collect();
    format!("“{text}”")
}

/// rclone's words, without what it says of the call.
fn problem(what: &str, why: &str) -> String {
    let why = why.rsplit("Reshape failed to Unmarshal: ").next().unwrap_or(why).trim_end_matches('.');
    format!("rclone does not take {what}: {why}.")
}
