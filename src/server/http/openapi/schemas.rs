//! What the schemas of answers share with those of requests, put right where one is part of the other.

use utoipa::openapi::{
    OpenApi as Description, RefOr, Schema,
    schema::{AdditionalProperties, Object},
};

/// Opens each schema that refuses unknown fields where it is one part of another: `Job` is a `NewJob` and more, and the
/// part alone would refuse what the rest adds. The part is written out there, so that a request is still told that it
/// may hold nothing else.
pub(super) fn open_parts(description: &mut Description) {
    let Some(components) = &mut description.components else { return };
    let strict: Vec<_> = components
        .schemas
        .iter()
        .filter_map(|(name, schema)| Some((format!("#/components/schemas/{name}"), opened(schema)?)))
        .collect();
    for schema in components.schemas.values_mut() {
        let RefOr::T(Schema::AllOf(whole)) = schema else { continue };
        for part in &mut whole.items {
            let RefOr::Ref(to) = &*part else { continue };
            if let Some((_, open)) = strict.iter().find(|(name, _)| *name == to.ref_location) {
                *part = RefOr::T(Schema::Object(open.clone()));
            }
        }
    }
}

/// A schema that refuses unknown fields, as one that does not.
fn opened(schema: &RefOr<Schema>) -> Option<Object> {
    let RefOr::T(Schema::Object(object)) = schema else { return None };
    let is_strict = matches!(object.additional_properties.as_deref(), Some(AdditionalProperties::FreeForm(false)));
    is_strict.then(|| {
        let mut open = object.clone();
        open.additional_properties = None;
        open
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::description;

    /// Every list of parts in a document.
    fn parts<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("allOf").and_then(Value::as_array).into_iter().flatten());
                object.values().for_each(|value| parts(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| parts(value, found)),
            _ => {}
        }
    }

    #[test]
    fn no_part_of_a_whole_refuses_what_the_rest_adds() {
        let document = serde_json::to_value(description()).expect("JSON");
        let mut found = Vec::new();
        parts(&document, &mut found);
        assert!(found.len() > 4, "{found:?}");
        for part in found {
            let part = part["$ref"].as_str().map_or(part, |to| document.pointer(&to[1..]).expect("leads somewhere"));
            assert_ne!(part["additionalProperties"], Value::Bool(false), "{part}");
        }
        assert_eq!(document["components"]["schemas"]["NewJob"]["additionalProperties"], Value::Bool(false));
    }
}
