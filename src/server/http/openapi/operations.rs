//! What each operation is called, what its good answers are called where the code says nothing better, and which
//! operations what it made can be given to.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::{OpenApi as Description, PathItem, RefOr, Schema, link::Link, path::Operation};

/// Gives each operation an id that stays: its noun and its verb, `runs_stop`. In the code it is only the verb, and two
/// nouns may share it.
pub(super) fn name(description: &mut Description) {
    for operation in each(description) {
        let noun = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
        if let Some(verb) = operation.operation_id.as_mut().filter(|id| !id.starts_with(&format!("{noun}_"))) {
            *verb = format!("{noun}_{verb}");
        }
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response
                && response.description.is_empty()
            {
                meaning(status).clone_into(&mut response.description);
            }
        }
    }
}

/// Says to which calls the answer of one that makes something leads: what `POST /runs` answers has the `id` of
/// `/runs/{id}`.
pub(super) fn link(description: &mut Description) {
    let schemas = description.components.as_ref().map(|components| components.schemas.clone()).unwrap_or_default();
    let below = below(description);
    for (path, item) in &mut description.paths.paths {
        let Some(post) = &mut item.post else { continue };
        for (_, parameter, id) in below.iter().filter(|(collection, ..)| collection == path) {
            let good = post.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2'));
            for response in
                good.filter_map(|(_, response)| if let RefOr::T(response) = response { Some(response) } else { None })
            {
                let Some(RefOr::T(content)) = response.content.get("application/json") else { continue };
                if content.schema.as_ref().is_some_and(|schema| has(&schemas, schema, parameter)) {
                    let mut link = Link::default();
                    link.operation_id.clone_from(id);
                    link.parameters.insert(parameter.clone(), json!(format!("$response.body#/{parameter}")));
                    response.links.insert(id.clone(), RefOr::T(link));
                }
            }
        }
    }
}

/// The operations that are about one of a collection: the collection's path, the parameter that says which one, and
/// their ids.
fn below(description: &mut Description) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (path, item) in &mut description.paths.paths {
        let Some((collection, rest)) = path.split_once("/{") else { continue };
        let Some((parameter, rest)) = rest.split_once('}') else { continue };
        if !rest.contains('{') {
            let ids = of(item).filter_map(|operation| operation.operation_id.clone());
            found.extend(ids.map(|id| (collection.to_owned(), parameter.to_owned(), id)));
        }
    }
    found
}

/// Whether an object of this schema has such a field.
fn has(schemas: &BTreeMap<String, RefOr<Schema>>, schema: &RefOr<Schema>, field: &str) -> bool {
    match schema {
        RefOr::Ref(to) => {
            let name = to.ref_location.strip_prefix("#/components/schemas/").unwrap_or_default();
            schemas.get(name).is_some_and(|schema| has(schemas, schema, field))
        }
        RefOr::T(Schema::Object(object)) => object.properties.contains_key(field),
        RefOr::T(Schema::AllOf(parts)) => parts.items.iter().any(|part| has(schemas, part, field)),
        RefOr::T(_) => false,
    }
}

/// All operations there are.
pub(super) fn each(description: &mut Description) -> impl Iterator<Item = &mut Operation> {
    description.paths.paths.values_mut().flat_map(of)
}

fn of(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, query, additional_operations, .. } = item;
    [get, put, post, delete, options, head, patch, trace, query]
        .into_iter()
        .flatten()
        .chain(additional_operations.values_mut())
}

fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "The answer",
        "201" => "Created",
        "202" => "Accepted: it continues after this answer",
        "204" => "Done",
        "206" => "The requested part",
        "304" => "Not modified",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
