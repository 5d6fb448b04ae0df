//! Tests of `operations`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::description;

/// The description as a reader gets it.
fn document() -> Value {
    serde_json::to_value(description()).expect("JSON")
}

/// Every operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .expect("methods")
                .iter()
                .map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect();
    assert!(operations.len() >= 12, "{operations:?}");
    operations
}

/// What a reference leads to; anything else is itself.
fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(to) => {
            let found = document.pointer(to.strip_prefix('#').expect("a place in the document"));
            follow(document, found.unwrap_or_else(|| panic!("{to} leads nowhere")))
        }
        None => value,
    }
}

/// Whether a reader is shown a value that could be real: an example, or a type that has few values, all the way
/// down.
fn is_shown(document: &Value, schema: &Value) -> bool {
    let schema = follow(document, schema);
    if ["example", "examples", "enum", "const", "default"].iter().any(|key| !schema[key].is_null()) {
        return true;
    }
    let parts = ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten();
    let kind = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind))
    };
    let shown = match &schema["properties"] {
        Value::Object(properties) => properties.values().all(|property| is_shown(document, property)),
        _ if kind("array") => is_shown(document, &schema["items"]),
        _ => !kind("string"),
    };
    shown && parts.into_iter().all(|part| is_shown(document, part))
}

fn is_open(document: &Value, operation: &Value) -> bool {
    let security = if operation["security"].is_null() { &document["security"] } else { &operation["security"] };
    let ways = security.as_array().expect("security is a list");
    ways.is_empty() || ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty))
}

#[test]
fn it_is_openapi_3_1_for_this_very_console() {
    let document = document();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{}", document["openapi"]);
    assert_eq!(document["servers"][0]["url"], "/");
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!((&schemes["token"]["type"], &schemes["token"]["scheme"]), (&"http".into(), &"bearer".into()));
    assert_eq!((&schemes["session"]["type"], &schemes["session"]["in"]), (&"apiKey".into(), &"cookie".into()));
}

#[test]
fn every_operation_says_what_it_does_and_what_it_is_called() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (call, operation) in operations(&document) {
        let text = |key: &str| operation[key].as_str().unwrap_or_default();
        assert!(
            !text("summary").is_empty() && !text("summary").ends_with('.'),
            "{call}: a summary, and it is no sentence"
        );
        let tag = operation["tags"][0].as_str().unwrap_or_else(|| panic!("{call}: no tag"));
        assert!(tags.contains(tag), "{call}: the tag {tag} is not described");
        let id = text("operationId");
        assert!(
            id.starts_with(&format!("{tag}_")) && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{call}: {id}"
        );
        assert!(ids.insert(id), "{call}: {id} is taken");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = follow(&document, parameter);
            assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{call}: {parameter}");
        }
    }
}

#[test]
fn every_operation_says_how_it_ends_well_and_how_it_is_refused() {
    let document = document();
    for (call, operation) in operations(&document) {
        let responses = operation["responses"].as_object().expect("responses");
        let mut good = 0;
        for (status, response) in responses {
            let response = follow(&document, response);
            assert!(
                response["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{call} {status}: no description"
            );
            let contents: Vec<_> =
                response["content"].as_object().into_iter().flat_map(serde_json::Map::values).collect();
            assert!(
                contents.iter().all(|content| !content["schema"].is_null()),
                "{call} {status}: content without a schema"
            );
            if status.starts_with('2') {
                good += 1;
                assert_eq!(status == "204", contents.is_empty(), "{call} {status}: content, or 204");
            } else if !status.starts_with('3') {
                let schema = &response["content"]["application/json"]["schema"];
                assert_eq!(
                    schema["$ref"], "#/components/schemas/AppError",
                    "{call} {status}: an error of another shape"
                );
            }
        }
        assert!(good > 0, "{call}: no good end");
        assert!(responses.contains_key("401") != is_open(&document, operation), "{call}: 401, or open to all");
        assert!(responses.contains_key("500") && responses.contains_key("503"), "{call}: it can fail");
    }
}

#[test]
fn every_body_has_an_example_that_could_be_sent() {
    let document = document();
    let mut bodies = 0;
    for (call, operation) in operations(&document) {
        if operation["requestBody"].is_null() {
            continue;
        }
        let body = follow(&document, &operation["requestBody"]);
        for content in body["content"].as_object().expect("content").values() {
            bodies += 1;
            let own = !content["example"].is_null() || !content["examples"].is_null();
            assert!(own || is_shown(&document, &content["schema"]), "{call}: no example");
        }
    }
    assert!(bodies >= 2);
}

#[test]
fn what_makes_something_says_what_can_be_done_with_it() {
    let document = document();
    let links = &document["paths"]["/api/v1/runs"]["post"]["responses"]["202"]["links"];
    assert_eq!(links["runs_stop"]["operationId"], "runs_stop");
    assert_eq!(links["runs_stop"]["parameters"]["id"], "$response.body#/id");
    let links = &document["paths"]["/api/v1/remotes"]["post"]["responses"]["201"]["links"];
    assert_eq!(links["remotes_delete"]["parameters"]["name"], "$response.body#/name");
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) {
        match value {
            Value::Object(object) => {
                follow(document, value);
                object.values().for_each(|value| walk(document, value));
            }
            Value::Array(list) => list.iter().for_each(|value| walk(document, value)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}
