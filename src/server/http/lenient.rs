//! What older clients write, read as they mean it: `null` for what is not set, `"true"`, `1` and `yes` for a switch,
//! `"3"` and `3.0` for a number, an empty value in a query. Only a value that does not fit is looked at, and only one
//! that can mean one thing is changed.

use axum::{extract::Query, http::Uri};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Error, Path, Segment};

/// Most values that are read anew: each costs another look at the whole.
const MAX_VALUES: usize = 64;

/// Reads a body that did not fit, once what is wrong with it can be put right.
pub fn read<T: DeserializeOwned>(
    value: &mut Value,
    mut error: Error<serde_json::Error>,
) -> Result<T, Error<serde_json::Error>> {
    for _ in 0..MAX_VALUES {
        if !mend(value, error.path(), &error.inner().to_string()) {
            break;
        }
        match serde_path_to_error::deserialize(&*value) {
            Ok(read) => return Ok(read),
            Err(next) => error = next,
        }
    }
    Err(error)
}

/// Puts the value right that does not fit. Whether it did.
fn mend(value: &mut Value, path: &Path, message: &str) -> bool {
    // Not for fields that are unknown, missing or there twice.
    if !(message.starts_with("invalid ") || message.starts_with("data did not match")) {
        return false;
    }
    let Some((last, parents)) =
        path.iter().collect::<Vec<_>>().split_last().map(|(last, parents)| (*last, parents.to_vec()))
    else {
        // serde does not know where in here: within a type that is made of two.
        return without_null(value) | make_whole(value);
    };
    let Some(parent) = parents.into_iter().try_fold(value, step) else { return false };
    if let (Value::Object(fields), Segment::Map { key }) = (&mut *parent, last)
        && fields.get(key).is_some_and(Value::is_null)
    {
        fields.remove(key);
        return true;
    }
    let Some(value) = step(parent, last) else { return false };
    let meant = match message.rsplit_once(", expected ").map(|(_, expected)| expected) {
        Some(expected) if expected.starts_with("a boolean") => switch(value).map(Value::Bool),
        Some(expected) if expected.starts_with(['u', 'i']) => number(value),
        _ => return make_whole(value),
    };
    meant.map(|meant| *value = meant).is_some()
}

fn step<'a>(value: &'a mut Value, segment: &Segment) -> Option<&'a mut Value> {
    match segment {
        Segment::Map { key } => value.get_mut(key),
        Segment::Seq { index } => value.get_mut(index),
        Segment::Enum { .. } => Some(value),
        Segment::Unknown => None,
    }
}

fn switch(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => word(text.trim()),
        Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        _ => None,
    }
}

/// As pydantic reads a switch.
fn word(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" | "t" | "y" => Some(true),
        "false" | "0" | "no" | "off" | "f" | "n" => Some(false),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => text.trim().parse::<i64>().ok().map(Value::from),
        value => {
            let mut value = value.clone();
            make_whole(&mut value).then_some(value)
        }
    }
}

/// Takes away what is null. Whether there was something.
fn without_null(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let before = fields.len();
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().fold(false, |found, value| without_null(value) | found) | (fields.len() < before)
        }
        Value::Array(values) => values.iter_mut().fold(false, |found, value| without_null(value) | found),
        _ => false,
    }
}

/// Turns numbers like 4.0 into what they are: for JSON a whole number, for serde none. Whether there was one.
fn make_whole(value: &mut Value) -> bool {
    /// Up to here every whole number has a double of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT);
            // Both are exact within that bound.
            let whole = whole.and_then(|float| format!("{float:.0}").parse::<i64>().ok());
            whole.is_some_and(|whole| {
                *number = whole.into();
                true
            })
        }
        // No short cut: all of them are to be turned.
        Value::Array(values) => values.iter_mut().fold(false, |found, value| make_whole(value) | found),
        Value::Object(values) => Map::values_mut(values).fold(false, |found, value| make_whole(value) | found),
        _ => false,
    }
}

/// Reads a query, or says what does not fit and where; `None` where it cannot be read at all.
pub fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Option<(Path, String)>> {
    let mut pairs: Vec<String> =
        uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    let mut read = Query::<T>::try_from_uri(uri);
    for _ in 0..MAX_VALUES {
        let (path, message) = match read {
            Ok(Query(value)) => return Ok(value),
            Err(error) => place(&error).ok_or(None)?,
        };
        if !mend_pair(&mut pairs, &path, &message) {
            return Err(Some((path, message)));
        }
        let again: Uri = format!("/?{}", pairs.join("&")).parse().map_err(|_| None)?;
        read = Query::try_from_uri(&again);
    }
    Err(None)
}

fn place(error: &axum::extract::rejection::QueryRejection) -> Option<(Path, String)> {
    let mut causes = std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source());
    let found = causes.find_map(|cause| cause.downcast_ref::<Error<serde::de::value::Error>>())?;
    Some((found.path().clone(), found.inner().to_string()))
}

/// Puts the pair right that does not fit. Whether it did.
fn mend_pair(pairs: &mut Vec<String>, path: &Path, message: &str) -> bool {
    let refused =
        ["unknown field ", "missing field ", "duplicate field "].iter().any(|start| message.starts_with(start));
    let name = path.to_string();
    let Some(at) = pairs.iter().position(|pair| pair.split('=').next() == Some(name.as_str())).filter(|_| !refused)
    else {
        return false;
    };
    let value = pairs[at].split_once('=').map_or("", |(_, value)| value);
    if value.is_empty() {
        pairs.remove(at);
        return true;
    }
    if message.starts_with("not a time") && value.contains('+') {
        // The sign of a zone: in a query an unescaped plus is a space.
        pairs[at] = format!("{name}={}", value.replace('+', "%2B"));
        return true;
    }
    let meant = word(value).filter(|meant| message.contains("`true` or `false`") && value != meant.to_string());
    meant.map(|meant| pairs[at] = format!("{name}={meant}")).is_some()
}
