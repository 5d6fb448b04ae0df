//! Tests of `extract`.

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
    let request = Request::builder().header(header::CONTENT_TYPE, content_type).body(RawBody::from(body.to_owned()));
    let read = Body::<Login>::from_request(request.expect("a request"), &()).await;
    read.map(|Body(login)| login).map_err(|ApiError(error)| error)
}

async fn query(query: &str) -> Result<Login, AppError> {
    let request = Request::builder().uri(format!("/?{query}")).body(()).expect("a request");
    let read = Params::<Login>::from_request_parts(&mut request.into_parts().0, &()).await;
    read.map(|Params(login)| login).map_err(|ApiError(error)| error)
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
        read("application/json", r#"{"name":"ana","tries":-0.0,"options":{"a":2.0}}"#).await.expect("read").options["a"],
        2
    );
    assert_eq!(query("name=a%20na&tries=3").await.expect("read").tries, 3);
}

#[tokio::test]
async fn a_body_may_be_written_as_a_client_of_python_writes_it() {
    let plain = read("application/json", r#"{"name":"ana"}"#).await.expect("read");
    for nothing in [r#""tries":null"#, r#""kind":null,"options":null"#, r#""admin":null,"options":{"a":null}"#] {
        assert_eq!(read("application/json", &format!(r#"{{"name":"ana",{nothing}}}"#)).await.expect(nothing), plain);
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
    let response = ApiError(busy).into_response();
    assert_eq!((response.status().as_u16(), &response.headers()[header::RETRY_AFTER]), (429, &HeaderValue::from(7)));
    let response = ApiError(AppError::unauthenticated()).into_response();
    assert_eq!(
        (response.status().as_u16(), &response.headers()[header::WWW_AUTHENTICATE]),
        (401, &HeaderValue::from_static("Bearer"))
    );
}
