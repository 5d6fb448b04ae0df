//! What REST reads and what it answers when it can not: bodies, queries and errors, all as [`AppError`]. What does not fit is told without
//! repeating it: it may hold a secret.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Path;

use crate::domain::error::{AppError, ErrorCode};

/// An error as an answer: its status, its JSON, and what the client is to do where HTTP has a header for that.
#[derive(Debug)]
pub struct Problem(pub AppError);

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (code, retry_after) = (self.0.code, self.0.retry_after);
        let mut response = (status, Json(self.0)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if code == ErrorCode::Unauthenticated {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn bad_request(message: impl Into<String>) -> Problem {
    Problem(AppError::new(ErrorCode::BadRequest, message))
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(bad_request("Send JSON, with the header Content-Type: application/json."));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|_| bad_request("The body could not be read to its end."))?;
        // Lists are refused here: serde would take one for a type by the order of its fields.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(bad_request("The body is not a JSON object."));
        }
        read(&bytes).map(Self)
    }
}

/// A JSON body that may be left out.
pub struct MaybeBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state).await.map_err(|_| bad_request("The body could not be read to its end."))?;
        // What may be left out may be nothing as well.
        if bytes.is_empty() || bytes.trim_ascii() == b"null" {
            return Ok(Self(T::default()));
        }
        let Body(value) = Body::from_request(Request::from_parts(parts, bytes.into()), state).await?;
        Ok(Self(value))
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let refuse = |error: serde_path_to_error::Error<serde_json::Error>| {
        let inner = error.inner();
        if inner.is_data() { misfit("body", error.path(), &inner.to_string()) } else { no_json(inner) }
    };
    let value = match serde_path_to_error::deserialize(&mut json) {
        Err(error) if error.inner().is_data() => {
            // For JSON, 4.0 is a whole number; for serde it is none.
            let mut value: Value = serde_json::from_slice(bytes).unwrap_or_default();
            return if make_whole(&mut value) { serde_path_to_error::deserialize(value).map_err(refuse) } else { Err(refuse(error)) };
        }
        value => value.map_err(refuse)?,
    };
    json.end().map_err(|error| no_json(&error))?;
    Ok(value)
}

/// Turns numbers like 4.0 into what they are. Whether there was one.
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
        Value::Object(values) => values.values_mut().fold(false, |found, value| make_whole(value) | found),
        _ => false,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn no_json(error: &serde_json::Error) -> Problem {
    bad_request(format!("The body is not JSON: something is wrong in line {}, column {}.", error.line(), error.column()))
}

/// What the client calls this request, so that sending it twice does it once.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, AppError> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().map_err(|_| AppError::invalid("Idempotency-Key", "Only visible ASCII characters."))?;
    Ok(Some(key.to_owned()))
}

/// The query of an address.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(value)| Self(value)).map_err(|error| {
            let mut causes = std::iter::successors(Some(&error as &(dyn std::error::Error + 'static)), |error| error.source());
            let found = causes.find_map(|cause| cause.downcast_ref::<serde_path_to_error::Error<serde::de::value::Error>>());
            found.map_or_else(|| bad_request("The query does not fit."), |error| misfit("query", error.path(), &error.inner().to_string()))
        })
    }
}

/// What does not fit, where, and what would.
fn misfit(what: &str, path: &Path, serde: &str) -> Problem {
    let path = path.to_string();
    // Keys of a map are the caller's own words: said again only when they look like a name.
    let is_name = path != "." && path.len() <= 80 && path.chars().all(|c| c.is_ascii_alphanumeric() || "._-[]".contains(c));
    let place = if is_name { format!(" at {path}") } else { String::new() };
    bad_request(format!("The {what} does not fit{place}: {}.", reason(serde)))
}

/// serde's words without the value that they quote: what is before `, expected`, or all of it where a type of ours speaks.
fn reason(serde: &str) -> String {
    let text = serde.rsplit_once(" at line ").map_or(serde, |(text, _)| text);
    if text.starts_with("missing field ") {
        return text.to_owned();
    }
    if text.starts_with("unknown field ") {
        return "there is no such field".to_owned();
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => "this value is not allowed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body as RawBody;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Login {
        name: String,
        #[serde(default)]
        tries: u32,
        #[serde(default)]
        kind: Kind,
        #[serde(default)]
        options: std::collections::BTreeMap<String, u8>,
    }

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        #[default]
        Person,
        Program,
    }

    async fn read(content_type: &str, body: &str) -> Result<Login, AppError> {
        let request = Request::builder().header(header::CONTENT_TYPE, content_type).body(RawBody::from(body.to_owned()));
        let read = Body::<Login>::from_request(request.expect("a request"), &()).await;
        read.map(|Body(login)| login).map_err(|Problem(error)| error)
    }

    async fn query(query: &str) -> Result<Login, AppError> {
        let request = Request::builder().uri(format!("/?{query}")).body(()).expect("a request");
        let read = Params::<Login>::from_request_parts(&mut request.into_parts().0, &()).await;
        read.map(|Params(login)| login).map_err(|Problem(error)| error)
    }

    #[tokio::test]
    async fn what_fits_is_read() {
        let login = read("Application/JSON; charset=utf-8", r#"{"name":"ana","kind":"program"} "#).await.expect("read");
        assert_eq!((login.name.as_str(), &login.kind), ("ana", &Kind::Program));
        for whole in ["3", "3.0", "0.3e1", "30e-1"] {
            assert_eq!(read("application/json", &format!(r#"{{"name":"ana","tries":{whole}}}"#)).await.expect(whole).tries, 3);
        }
        assert_eq!(read("application/json", r#"{"name":"ana","tries":-0.0,"options":{"a":2.0}}"#).await.expect("read").options["a"], 2);
        assert_eq!(query("name=a%20na&tries=3").await.expect("read").tries, 3);
    }

    #[tokio::test]
    async fn what_does_not_fit_is_told_by_its_place_and_without_its_value() {
        for (body, expected) in [
            (r#"{"name":"hunter2","tries":"hunter2"}"#, "The body does not fit at tries: expected u32."),
            (r#"{"name":"x","tries":"hunter2, expected hunter2"}"#, "The body does not fit at tries: expected u32."),
            (r#"{"name":"x","kind":"hunter2"}"#, "The body does not fit at kind: expected `person` or `program`."),
            (r#"{"tries":1}"#, "The body does not fit: missing field `name`."),
            (r#"{"nme":"x"}"#, "The body does not fit at nme: there is no such field."),
            (r#"{"name":"x","tries":1.5}"#, "The body does not fit at tries: expected u32."),
            (r#"{"name":"x","tries":-1.0}"#, "The body does not fit at tries: expected u32."),
            (r#"{"name":"x","tries":1e30}"#, "The body does not fit at tries: expected u32."),
            (r#"{"name":"x","options":{"a":"hunter2"}}"#, "The body does not fit at options.a: expected u8."),
            (r#"{"name":"x","options":{"my hunter2 <b>":"1"}}"#, "The body does not fit: expected u8."),
            (r#"["hunter2"]"#, "The body is not a JSON object."),
            ("hunter2", "The body is not a JSON object."),
            ("null", "The body is not a JSON object."),
            (r#"{"name":"hunter2"#, "The body is not JSON: something is wrong in line 1, column 16."),
            (r#"{"name":"x"} hunter2"#, "The body is not JSON: something is wrong in line 1, column 14."),
            ("", "The body is not a JSON object."),
        ] {
            let error = read("application/json", body).await.expect_err(body);
            assert_eq!(error.code, ErrorCode::BadRequest);
            assert!(error.message.contains(expected), "{body}: {}", error.message);
            assert!(!error.message.contains("hunter2"), "{}", error.message);
        }
        let error = read("text/plain", "hunter2").await.expect_err("no JSON");
        assert!(error.message.contains("application/json"), "{}", error.message);
        let error = read("application/json", &"{\"a\":".repeat(100_000)).await.expect_err("too deep");
        assert_eq!(error.code, ErrorCode::BadRequest);
        for (text, expected) in [
            ("name=x&tries=hunter2", "The query does not fit at tries: this value is not allowed."),
            ("name=x&kind=hunter2", "The query does not fit at kind: expected `person` or `program`."),
            ("tries=1", "The query does not fit: missing field `name`."),
            ("name=%ff%fe&tries=-1", "The query does not fit at tries: this value is not allowed."),
        ] {
            let error = query(text).await.expect_err(text);
            assert_eq!((error.code, error.message.as_str()), (ErrorCode::BadRequest, expected), "{text}");
        }
    }

    #[test]
    fn a_problem_says_when_to_try_again_and_how_to_sign_in() {
        let busy = AppError { retry_after: Some(7), ..AppError::new(ErrorCode::RateLimited, "Wait.") };
        let response = Problem(busy).into_response();
        assert_eq!((response.status().as_u16(), &response.headers()[header::RETRY_AFTER]), (429, &HeaderValue::from(7)));
        let response = Problem(AppError::unauthenticated()).into_response();
        assert_eq!((response.status().as_u16(), &response.headers()[header::WWW_AUTHENTICATE]), (401, &HeaderValue::from_static("Bearer")));
    }
}
