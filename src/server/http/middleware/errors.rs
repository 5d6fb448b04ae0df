//! One shape for all errors of the API. Ours have it already; those of the frameworks below (a method that is not
//! taken, an address that is no text, arguments that cannot be read) get it here.

use axum::{
    Json,
    body::to_bytes,
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::domain::error::{AppError, ErrorCode};

/// What the API is below.
const API: &str = "/api/";
/// Marks an error of a server function.
const SERVER_FN_ERROR: HeaderName = HeaderName::from_static("serverfnerror");
/// More than any error of a server function has, in bytes.
const ERROR_BYTES: usize = 64 * 1024;

/// Gives errors of the API their shape and their status.
pub async fn shape(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with(API);
    let response = next.run(request).await;
    let status = response.status();
    if !is_api || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    if response.headers().contains_key(SERVER_FN_ERROR) {
        return server_fn(response).await;
    }
    if is_json(response.headers()) {
        return response;
    }
    let error = match status {
        StatusCode::NOT_FOUND => AppError::new(ErrorCode::NotFound, "There is no such call."),
        StatusCode::METHOD_NOT_ALLOWED => {
            AppError::new(ErrorCode::BadRequest, "This call does not support this method.")
        }
        status if status.is_client_error() => AppError::new(ErrorCode::BadRequest, "The request cannot be read."),
        _ => AppError::new(ErrorCode::Internal, "Something went wrong inside Longshore."),
    };
    let mut shaped = (status, Json(error)).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        shaped.headers_mut().insert(header::ALLOW, allow.clone());
    }
    shaped
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

/// What fails before a server function itself is called is a 500 for leptos, whatever it is. The error knows better.
async fn server_fn(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, ERROR_BYTES).await.unwrap_or_default();
    if let (StatusCode::INTERNAL_SERVER_ERROR, Ok(error)) = (parts.status, serde_json::from_slice::<AppError>(&bytes)) {
        parts.status = StatusCode::from_u16(error.status()).unwrap_or(parts.status);
    }
    parts.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    Response::from_parts(parts, bytes.into())
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::Body,
        extract::Path,
        middleware::from_fn,
        routing::{get, post},
    };
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(method: &str, path: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
        let failed = |status: StatusCode, code| async move {
            (
                status,
                [(SERVER_FN_ERROR, "/api/fn/x")],
                serde_json::to_string(&AppError::new(code, "Words.")).unwrap_or_default(),
            )
        };
        let router = Router::new()
            .route("/api/v1/{name}", get(async |Path(name): Path<String>| name))
            .route("/api/fn/args", post(move || failed(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::BadRequest)))
            .route("/api/fn/inside", post(move || failed(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal)))
            .route("/api/fn/known", post(move || failed(StatusCode::CONFLICT, ErrorCode::Conflict)))
            .route("/page", get(async || (StatusCode::NOT_FOUND, "a page")))
            .layer(from_fn(shape));
        let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        let (parts, body) = router.oneshot(request).await.expect("an answer").into_parts();
        (parts.status, parts.headers, to_bytes(body, 4096).await.expect("a body").to_vec())
    }

    #[tokio::test]
    async fn what_the_frameworks_refuse_has_the_shape_of_our_errors() {
        for (method, path, status, code) in [
            ("GET", "/api/nosuch", 404, ErrorCode::NotFound),
            ("DELETE", "/api/v1/x", 405, ErrorCode::BadRequest),
            ("GET", "/api/v1/%ff", 400, ErrorCode::BadRequest),
            ("POST", "/api/fn/args", 400, ErrorCode::BadRequest),
            ("POST", "/api/fn/inside", 500, ErrorCode::Internal),
            ("POST", "/api/fn/known", 409, ErrorCode::Conflict),
        ] {
            let (found, headers, body) = ask(method, path).await;
            assert_eq!((found.as_u16(), is_json(&headers)), (status, true), "{method} {path}");
            let error: AppError = serde_json::from_slice(&body).expect(path);
            assert_eq!(error.code, code, "{path}");
            assert_eq!(headers.contains_key(header::ALLOW), status == 405, "{path}");
        }
    }

    #[tokio::test]
    async fn what_is_no_error_or_no_call_stays_as_it_is() {
        assert_eq!(ask("GET", "/api/v1/x").await.2, b"x");
        assert_eq!(ask("GET", "/page").await.2, b"a page");
    }
}
