//! The id in a path: read in one place, and described in one.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
    response::{IntoResponse as _, Response},
};
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use super::extract::ApiError;
use crate::domain::id::Identifier;

/// The `{id}` of a path, as in `/api/v1/runs/{id}`. One that is malformed is an id that nothing has: 404.
pub struct Id<T>(pub T);

impl<T: Identifier, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await.map_err(|error| error.into_response())?;
        id.parse().map(Self).map_err(|error| ApiError::from(error).into_response())
    }
}

impl<T: Identifier> IntoParams for Id<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let id = ParameterBuilder::new()
            .name("id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(format!("the {}'s id", T::NOUN)))
            .schema(Some(T::schema()));
        vec![id.build()]
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, extract::Request, http::StatusCode, routing::get};
    use tower::ServiceExt as _;

    use super::*;
    use crate::domain::{
        error::AppError,
        id::{JobId, RunId},
    };

    const ID: &str = "01JD3Z6N9V4M2K8Q7W5X1T0R3S";

    async fn ask(path: &str) -> (StatusCode, String) {
        let router = Router::new()
            .route("/runs/{id}", get(async |Id(id): Id<RunId>| id.to_string()))
            .route("/jobs/{id}/runs", get(async |Id(id): Id<JobId>| id.to_string()));
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let (parts, body) = router.oneshot(request).await.expect("an answer").into_parts();
        let bytes = axum::body::to_bytes(body, 4096).await.expect("a body");
        (parts.status, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn an_id_is_read_and_what_is_none_is_not_found() {
        assert_eq!(ask(&format!("/runs/{ID}")).await, (StatusCode::OK, ID.to_owned()));
        assert_eq!(ask(&format!("/jobs/{ID}/runs")).await, (StatusCode::OK, ID.to_owned()));
        for (path, noun) in [
            ("/runs/1", "run"),
            ("/runs/01jd3z6n9v4m2k8q7w5x1t0r3s", "run"),
            ("/runs/01JD3Z6N9V4M2K8Q7W5X1T0R3S0", "run"),
            ("/runs/..%2F..%2Fetc%2Fpasswd", "run"),
            ("/runs/01JD3Z6N9V4M2K8Q7W5X1T0R3%C3%9F", "run"),
            ("/runs/%00", "run"),
            ("/jobs/01JD3Z6N9V4M2K8Q7W5X1T0RIL/runs", "job"),
        ] {
            let (status, body) = ask(path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            let error: AppError = serde_json::from_str(&body).expect("an error");
            assert_eq!(error, AppError::not_found(format!("{noun} with this id")), "{path}");
        }
        // Not even text.
        assert_eq!(ask("/runs/%FF").await.0, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn the_description_says_what_an_id_looks_like() {
        let described = serde_json::to_value(Id::<JobId>::into_params(|| None)).expect("JSON");
        assert_eq!(described[0]["name"], "id");
        assert_eq!(described[0]["in"], "path");
        assert_eq!(described[0]["required"], true);
        assert_eq!(described[0]["description"], "the job's id");
        assert_eq!(described[0]["schema"]["pattern"], "^[0-9A-HJKMNP-TV-Z]{26}$");
    }
}
