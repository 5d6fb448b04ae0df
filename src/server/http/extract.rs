//! What REST reads and what it answers when it cannot: bodies, queries and errors, all as [`AppError`]. What does not
//! fit is reported without repeating it: it may hold a secret.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Path;

use super::lenient;
use crate::{
    domain::{
        error::{AppError, ErrorCode},
        id::ParseIdError,
    },
    server::auth::Denial,
};

/// An error as an answer: its status, its JSON, and what the client is to do where HTTP has a header for that.
#[derive(Debug)]
pub struct ApiError(pub AppError);

impl From<ParseIdError> for ApiError {
    fn from(error: ParseIdError) -> Self {
        Self(error.into())
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (code, retry_after, denial) = (self.0.code, self.0.retry_after, Denial::of(&self.0));
        let mut response = (status, Json(self.0)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(denial) = denial {
            response.extensions_mut().insert(denial);
        }
        if code == ErrorCode::Unauthenticated {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn bad_request(message: impl Into<String>) -> ApiError {
    ApiError(AppError::new(ErrorCode::BadRequest, message))
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(bad_request("Send JSON, with the header Content-Type: application/json."));
        }
        if request
            .headers()
            .get(header::CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
        {
            return Err(bad_request(
                "The body is compressed, which is not supported. Send it without Content-Encoding.",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| bad_request("The body could not be read to its end."))?;
        let bytes = without_mark(&bytes);
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(bad_request("The body is UTF-16. Send JSON in UTF-8."));
        }
        // Lists are refused here: serde would take one for a type by the order of its fields.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(bad_request("The body is not a JSON object."));
        }
        read(bytes).map(Self)
    }
}

/// A JSON body that may be left out.
pub struct MaybeBody<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state)
            .await
            .map_err(|_| bad_request("The body could not be read to its end."))?;
        // What may be left out may be nothing as well.
        if matches!(without_mark(&bytes).trim_ascii(), b"" | b"null") {
            return Ok(Self(T::default()));
        }
        let Body(value) = Body::from_request(Request::from_parts(parts, bytes.into()), state).await?;
        Ok(Self(value))
    }
}

/// Without the mark of UTF-8 that programs of Windows put before it, and that a reader of JSON may ignore (RFC 8259,
/// 8.1).
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let refuse = |error: serde_path_to_error::Error<serde_json::Error>| {
        let inner = error.inner();
        if inner.is_data() { misfit("body", error.path(), &inner.to_string()) } else { no_json(inner) }
    };
    let value = match serde_path_to_error::deserialize(&mut json) {
        Err(error) => {
            let mut value: Value = serde_json::from_slice(bytes).map_err(|error| no_json(&error))?;
            if error.inner().is_data() {
                return lenient::read(&mut value, error).map_err(refuse);
            }
            // It is JSON: serde says otherwise of a null where one word of several is expected.
            return match serde_path_to_error::deserialize(&value) {
                Ok(read) => Ok(read),
                Err(error) => lenient::read(&mut value, error).map_err(refuse),
            };
        }
        Ok(value) => value,
    };
    json.end().map_err(|error| no_json(&error))?;
    Ok(value)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn no_json(error: &serde_json::Error) -> ApiError {
    bad_request(format!(
        "The body is not JSON: something is wrong in line {}, column {}.",
        error.line(),
        error.column()
    ))
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
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        lenient::query(&parts.uri).map(Self).map_err(|error| {
            error.map_or_else(|| bad_request("The query is not valid."), |(path, text)| misfit("query", &path, &text))
        })
    }
}

/// A call has no such parameter in its query.
pub fn unknown_parameter(name: &str) -> ApiError {
    let place = if is_name(name) { format!(" at {name}") } else { String::new() };
    bad_request(format!("The query is not valid{place}: there is no such parameter."))
}

/// Whether what a caller called something looks like a name, and can be said again.
fn is_name(name: &str) -> bool {
    name != "." && name.len() <= 80 && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-[]".contains(c))
}

/// What does not fit, where, and what would.
fn misfit(what: &str, path: &Path, serde: &str) -> ApiError {
    // Keys of a map are the caller's own words: said again only when they look like a name.
    // Within some types serde knows the field, and not where it is.
    let said = |start: &str| serde.strip_prefix(start)?.split('`').next().map(str::to_owned);
    let unknown = || said("unknown field `").or_else(|| said("duplicate field `"));
    let place = Some(path.to_string()).filter(|path| is_name(path)).or_else(unknown).filter(|place| is_name(place));
    let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
    bad_request(format!("The {what} is not valid{place}: {}.", reason(serde)))
}

/// serde's words without the value that they quote: what is before `, expected`, or all of it where a type of ours
/// speaks.
fn reason(serde: &str) -> String {
    let text = serde.rsplit_once(" at line ").map_or(serde, |(text, _)| text);
    if text.starts_with("missing field ") {
        return text.to_owned();
    }
    if text.starts_with("unknown field ") {
        return "there is no such field".to_owned();
    }
    if text.starts_with("duplicate field ") {
        return "it is given twice".to_owned();
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None if ["invalid digit", "number too ", "cannot parse integer"].iter().any(|start| text.contains(start)) => {
            "expected a whole number that is not too large".to_owned()
        }
        None => "this value is not allowed".to_owned(),
    }
}

#[cfg(test)]
mod tests;
