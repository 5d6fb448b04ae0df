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
    domain::error::{AppError, ErrorCode},
    server::auth::Denial,
};

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
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
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

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
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

fn no_json(error: &serde_json::Error) -> Problem {
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
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        lenient::query(&parts.uri).map(Self).map_err(|error| {
            error.map_or_else(|| bad_request("The query is not valid."), |(path, text)| misfit("query", &path, &text))
        })
    }
}

/// A call has no such parameter in its query.
pub fn unknown_parameter(name: &str) -> Problem {
    let place = if is_name(name) { format!(" at {name}") } else { String::new() };
    bad_request(format!("The query is not valid{place}: there is no such parameter."))
}

/// Whether what a caller called something looks like a name, and can be said again.
fn is_name(name: &str) -> bool {
    name != "." && name.len() <= 80 && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-[]".contains(c))
}

/// What does not fit, where, and what would.
fn misfit(what: &str, path: &Path, serde: &str) -> Problem {
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
        admin: bool,
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
        let request =
            Request::builder().header(header::CONTENT_TYPE, content_type).body(RawBody::from(body.to_owned()));
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
            assert_eq!(
                read("application/json", &format!(r#"{{"name":"ana","tries":{whole}}}"#)).await.expect(whole).tries,
                3
            );
        }
        assert_eq!(
            read("application/json", r#"{"name":"ana","tries":-0.0,"options":{"a":2.0}}"#).await.expect("read").options
                ["a"],
            2
        );
        assert_eq!(query("name=a%20na&tries=3").await.expect("read").tries, 3);
    }

    #[tokio::test]
    async fn a_body_may_be_written_as_a_client_of_python_writes_it() {
        let plain = read("application/json", r#"{"name":"ana"}"#).await.expect("read");
        for nothing in [r#""tries":null"#, r#""kind":null,"options":null"#, r#""admin":null,"options":{"a":null}"#] {
            assert_eq!(
                read("application/json", &format!(r#"{{"name":"ana",{nothing}}}"#)).await.expect(nothing),
                plain
            );
        }
        for yes in ["true", "1", "1.0", r#""true""#, r#""True""#, r#""1""#, r#""yes""#, r#""ON""#, r#""t""#, r#""y""#] {
            assert!(
                read("application/json", &format!(r#"{{"name":"ana","admin":{yes},"tries":null}}"#))
                    .await
                    .expect(yes)
                    .admin
            );
        }
        for no in ["false", "0", r#""False""#, r#""off""#, r#""no""#, r#""n""#] {
            assert!(!read("application/json", &format!(r#"{{"admin":{no},"name":"ana"}}"#)).await.expect(no).admin);
        }
        for number in ["3", "3.0", r#""3""#, r#"" 3 ""#] {
            assert_eq!(
                read("application/json", &format!(r#"{{"name":"ana","tries":{number}}}"#)).await.expect(number).tries,
                3
            );
        }
        for (body, expected) in [
            (r#"{"name":null}"#, "missing field `name`"),
            (r#"{"name":"x","admin":2}"#, "at admin: expected a boolean"),
            (r#"{"name":"x","admin":"hunter2"}"#, "at admin: expected a boolean"),
            (r#"{"name":"x","admin":""}"#, "at admin: expected a boolean"),
            (r#"{"name":"x","admin":[true]}"#, "at admin: expected a boolean"),
            (r#"{"name":"x","tries":true}"#, "at tries: expected u32"),
            (r#"{"name":"x","tries":"0x3"}"#, "at tries: expected u32"),
            (r#"{"name":true}"#, "at name: expected a string"),
            (r#"{"name":"x","admin":"yes","nme":null}"#, "at nme: there is no such field"),
            (r#"{"name":"x","admin":true,"admin":1}"#, "at admin"),
        ] {
            let error = read("application/json", body).await.expect_err(body);
            assert!(error.message.contains(expected), "{body}: {}", error.message);
        }
    }

    #[tokio::test]
    async fn a_query_may_be_written_as_a_client_of_python_writes_it() {
        for yes in ["true", "True", "TRUE", "1", "yes", "on", "t", "Y"] {
            assert!(query(&format!("name=x&admin={yes}&tries=")).await.expect(yes).admin, "{yes}");
        }
        for no in ["false", "False", "0", "no", "off", "", "N"] {
            assert!(!query(&format!("tries=&name=x&admin={no}")).await.expect(no).admin, "{no}");
        }
        for (text, expected) in [
            ("name=x&admin=2", "at admin"),
            ("name=x&admin=maybe", "at admin"),
            ("name=x&nme=1", "at nme: there is no such field"),
            ("name=x&nme=", "at nme: there is no such field"),
            ("admin=1", "missing field `name`"),
            ("name=x&admin=1&admin=0", "at admin"),
            ("name=x&tries=1e9", "at tries"),
        ] {
            let error = query(text).await.expect_err(text);
            assert!(error.message.contains(expected), "{text}: {}", error.message);
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_is_told_by_its_place_and_without_its_value() {
        for (body, expected) in [
            (r#"{"name":"hunter2","tries":"hunter2"}"#, "The body is not valid at tries: expected u32."),
            (r#"{"name":"x","tries":"hunter2, expected hunter2"}"#, "The body is not valid at tries: expected u32."),
            (r#"{"name":"x","kind":"hunter2"}"#, "The body is not valid at kind: expected `person` or `program`."),
            (r#"{"tries":1}"#, "The body is not valid: missing field `name`."),
            (r#"{"nme":"x"}"#, "The body is not valid at nme: there is no such field."),
            (r#"{"name":"x","tries":1.5}"#, "The body is not valid at tries: expected u32."),
            (r#"{"name":"x","tries":-1.0}"#, "The body is not valid at tries: expected u32."),
            (r#"{"name":"x","tries":1e30}"#, "The body is not valid at tries: expected u32."),
            (r#"{"name":"x","options":{"a":"hunter2"}}"#, "The body is not valid at options.a: expected u8."),
            (r#"{"name":"x","options":{"my hunter2 <b>":"z"}}"#, "The body is not valid: expected u8."),
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
            ("name=x&tries=hunter2", "The query is not valid at tries: expected a whole number that is not too large."),
            ("name=x&kind=hunter2", "The query is not valid at kind: expected `person` or `program`."),
            ("tries=1", "The query is not valid: missing field `name`."),
            ("name=%ff%fe&tries=-1", "The query is not valid at tries: expected a whole number that is not too large."),
        ] {
            let error = query(text).await.expect_err(text);
            assert_eq!((error.code, error.message.as_str()), (ErrorCode::BadRequest, expected), "{text}");
        }
    }

    #[test]
    fn a_problem_says_when_to_try_again_and_how_to_sign_in() {
        let busy = AppError { retry_after: Some(7), ..AppError::new(ErrorCode::RateLimited, "Wait.") };
        let response = Problem(busy).into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::RETRY_AFTER]),
            (429, &HeaderValue::from(7))
        );
        let response = Problem(AppError::unauthenticated()).into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::WWW_AUTHENTICATE]),
            (401, &HeaderValue::from_static("Bearer"))
        );
    }
}
