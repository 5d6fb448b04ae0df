//! Which parameters the query of a call has, by the description: any other is refused, so the two cannot differ.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use axum::{
    extract::Query,
    http::{Method, Uri},
};
use utoipa::openapi::OpenApi as Description;

/// The names in the query of each call: method and path, as the description has them.
static QUERIES: OnceLock<BTreeMap<(String, String), BTreeSet<String>>> = OnceLock::new();

/// Takes the parameters from the description of the API, before the first call.
pub fn learn(description: &Description) {
    QUERIES.get_or_init(|| queries(description));
}

fn queries(description: &Description) -> BTreeMap<(String, String), BTreeSet<String>> {
    let document = serde_json::to_value(description).unwrap_or_default();
    let mut queries = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let parameters =
                operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query");
            let names = parameters.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect();
            queries.insert((method.to_uppercase(), path.clone()), names);
        }
    }
    queries
}

/// The first parameter of a query that the call does not have. `path` is that of the route. `None` also where the call
/// is not described.
#[must_use]
pub fn unknown(method: &Method, path: &str, uri: &Uri) -> Option<String> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let known = QUERIES.get()?.get(&(method.as_str().to_owned(), path.to_owned()))?;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.into_iter().map(|(name, _)| name).find(|name| !known.contains(name))
}
