//! Tests of `body`.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{Router, middleware::from_fn, routing::post};
use futures::stream;
use tower::ServiceExt as _;

use super::*;

/// Those of a form, with so much time.
fn limits(time: Duration) -> BodyLimits {
    BodyLimits { unknown: time, known: time, ..BodyLimits::FORM }
}

/// Answers without a look at the body.
async fn ignore(time: Duration, request: Request) -> Response {
    let router = Router::new().route("/", post(async || "ignored"));
    router
        .layer(from_fn(move |request, next| within(limits(time), request, next)))
        .oneshot(request)
        .await
        .expect("an answer")
}

/// A body of one byte at a time that counts what was taken of it.
fn counted(bytes: usize, taken: &Arc<AtomicUsize>) -> Body {
    let taken = taken.clone();
    Body::from_stream(stream::iter((0..bytes).map(move |_| {
        taken.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(Bytes::from_static(b"x"))
    })))
}

/// Sends it to a handler that makes something else of a body that it cannot read.
async fn send(time: Duration, request: Request) -> Response {
    let read = async |body: Body| match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes.len().to_string().into_response(),
        Err(_) => StatusCode::IM_A_TEAPOT.into_response(),
    };
    Router::new()
        .route("/", post(read))
        .layer(from_fn(move |request, next| within(limits(time), request, next)))
        .oneshot(request)
        .await
        .expect("an answer")
}

fn post_of(body: Body) -> Request {
    Request::post("/").body(body).expect("a request")
}

/// A body that does not say how long it is.
fn chunks(count: usize, size: usize) -> Body {
    Body::from_stream(stream::iter(std::iter::repeat_n(Bytes::from(vec![b'x'; size]), count).map(Ok::<_, Infallible>)))
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn what_fits_passes() {
    assert_eq!(text(send(BodyLimits::FORM.unknown, post_of(Body::empty())).await).await, "0");
    assert_eq!(
        text(send(BodyLimits::FORM.unknown, post_of(vec![b'x'; 1 << 20].into())).await).await,
        (1 << 20).to_string()
    );
    assert_eq!(text(send(BodyLimits::FORM.unknown, post_of(chunks(1024, 1024))).await).await, (1 << 20).to_string());
}

#[tokio::test]
async fn what_is_too_large_is_refused_whether_it_says_so_or_not() {
    for body in [vec![b'x'; (1 << 20) + 1].into(), chunks(1025, 1024), chunks(40, 1 << 20)] {
        let response = send(BodyLimits::FORM.unknown, post_of(body)).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(text(response).await.contains("1 MiB"));
    }
}

#[tokio::test]
async fn a_body_that_trickles_or_stays_away_is_refused() {
    let trickle = stream::unfold(tokio::time::interval(Duration::from_millis(1)), async |mut tick| {
        tick.tick().await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b"x")), tick))
    });
    for body in [Body::from_stream(trickle), Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())] {
        let response = send(Duration::from_millis(50), post_of(body)).await;
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    }
}

#[tokio::test]
async fn what_nobody_read_is_heard_out_before_the_answer() {
    let taken = Arc::new(AtomicUsize::new(0));
    let response = ignore(BodyLimits::FORM.unknown, post_of(counted(1000, &taken))).await;
    assert_eq!(taken.load(Ordering::Relaxed), 1000);
    assert!(!response.headers().contains_key(header::CONNECTION));
    assert_eq!(text(response).await, "ignored");
}

#[tokio::test]
async fn who_waits_to_be_told_or_does_not_end_is_not_heard_out() {
    let taken = Arc::new(AtomicUsize::new(0));
    let waits =
        Request::post("/").header(header::EXPECT, "100-continue").body(counted(1000, &taken)).expect("a request");
    let response = ignore(BodyLimits::FORM.unknown, waits).await;
    assert_eq!(
        (taken.load(Ordering::Relaxed), &response.headers()[header::CONNECTION]),
        (0, &HeaderValue::from_static("close"))
    );
    let endless = post_of(Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()));
    let response = ignore(Duration::from_millis(50), endless).await;
    assert_eq!(response.headers()[header::CONNECTION], "close");
    assert_eq!(text(response).await, "ignored");
}
