//! Size and time limit for request bodies, for REST and server functions. Each reads bodies in its own way, so the
//! broken limit is recorded and answered here, whatever the reader made of it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use thiserror::Error;
use tokio::time::{Sleep, sleep};

use crate::{
    domain::error::{AppError, ErrorCode},
    server::http::{connections::Seat, extract::Problem},
};

/// Most bytes of a body.
const BYTES: u64 = 1 << 20;
/// How much is heard and thrown away of a body that is too large. Many clients send everything before they listen: the
/// answer would be lost to them with the connection.
const HEARD: u64 = 16 << 20;
/// How long a body may take as a whole: a pause between two bytes alone could be repeated for ever. Of somebody unknown
/// it is a name and a password, and has less time.
const CLOCKS: Clocks = Clocks { unknown: Duration::from_secs(10), known: Duration::from_secs(30) };

/// How long a body may take.
#[derive(Clone, Copy)]
struct Clocks {
    /// Of somebody of whom nothing is known.
    unknown: Duration,
    /// Of somebody who is signed in.
    known: Duration,
}

impl Clocks {
    fn of(self, seat: Option<&Seat>) -> Duration {
        if seat.is_some_and(Seat::known) { self.known } else { self.unknown }
    }
}

/// The limit that a body broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
enum Limit {
    #[error("the body is too large")]
    Size,
    #[error("the body took too long")]
    Time,
}

/// Refuses bodies that are too large or too slow, whether they say so or turn out to be; and hears out those that
/// nobody read, since a connection that ends in the middle of a request takes the answer with it.
pub async fn limit(request: Request, next: Next) -> Response {
    within(CLOCKS, request, next).await
}

async fn within(clocks: Clocks, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Such a client sends nothing before it is asked to: then there is nothing to drain.
    let waits = request.headers().contains_key(header::EXPECT);
    let declared = request.body().size_hint().lower();
    let seat = request.extensions().get::<Seat>().cloned();
    if declared > BYTES {
        if !waits && declared <= HEARD {
            hear_out(clocks.unknown, request.into_body()).await;
        }
        return refuse(Limit::Size);
    }
    let end = Arc::new(Mutex::new(End::default()));
    let request = request.map(|body| Body::new(Bounded::new(body, clocks, seat.clone(), end.clone())));
    let mut response = next.run(request).await;
    let End { broken, rest } = std::mem::take(&mut *lock(&end));
    if let Some(limit) = broken {
        return refuse(limit);
    }
    if let Some(rest) = rest {
        let heard = !waits && hear_out(clocks.of(seat.as_ref()), rest).await;
        if !heard {
            close(&mut response);
        }
    }
    response
}

/// Reads to the end and throws away. `false` when that takes too long or is too much.
async fn hear_out(time: Duration, body: Body) -> bool {
    let clocks = Clocks { unknown: time, known: time };
    let mut body = Bounded::new(body, clocks, None, Arc::default());
    while let Some(Ok(_)) = body.frame().await {}
    body.ended
}

fn close(response: &mut Response) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

fn refuse(limit: Limit) -> Response {
    let error = match limit {
        Limit::Size => AppError::new(ErrorCode::TooLarge, "The body is larger than 1 MiB."),
        Limit::Time => AppError::new(ErrorCode::Timeout, "The body did not arrive in time."),
    };
    let mut response = Problem(error).into_response();
    if limit == Limit::Time {
        // The code's own status, 504, speaks of what is behind us.
        *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
    }
    close(&mut response);
    response
}

/// How the reading of a body ended.
#[derive(Default)]
struct End {
    /// What it broke.
    broken: Option<Limit>,
    /// What nobody read.
    rest: Option<Body>,
}

/// Nothing that holds this lock can panic.
fn lock(end: &Mutex<End>) -> MutexGuard<'_, End> {
    end.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body that ends with an error when it breaks a limit.
struct Bounded {
    body: Body,
    read: u64,
    late: Pin<Box<Sleep>>,
    /// Notified when all of it has arrived.
    seat: Option<Seat>,
    /// What is added to its time when it turns out that somebody who is signed in sends it.
    more: Option<Duration>,
    /// Whether it was read to its end, and nothing can follow.
    ended: bool,
    end: Arc<Mutex<End>>,
}

impl Bounded {
    fn new(body: Body, clocks: Clocks, seat: Option<Seat>, end: Arc<Mutex<End>>) -> Self {
        let more = Some(clocks.known.saturating_sub(clocks.unknown));
        Self { body, read: 0, late: Box::pin(sleep(clocks.unknown)), seat, more, ended: false, end }
    }

    /// The next step is ours.
    fn heard(&self) {
        self.seat.iter().for_each(Seat::is_heard);
    }

    fn breaks(&self, limit: Limit) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        lock(&self.end).broken = Some(limit);
        Poll::Ready(Some(Err(limit.into())))
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            lock(&self.end).rest = Some(std::mem::take(&mut self.body));
        }
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if self.late.as_mut().poll(context).is_ready() {
                match self.more.take() {
                    Some(more) if self.seat.as_ref().is_some_and(Seat::known) => {
                        self.late = Box::pin(sleep(more));
                        continue;
                    }
                    _ => return self.breaks(Limit::Time),
                }
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    self.read += frame.data_ref().map_or(0, |data| data.len() as u64);
                    if self.read <= BYTES {
                        if self.body.is_end_stream() {
                            self.heard();
                        }
                        return Poll::Ready(Some(Ok(frame)));
                    }
                    if self.read > HEARD {
                        return self.breaks(Limit::Size);
                    }
                }
                end => {
                    self.ended = true;
                    self.heard();
                    return match end {
                        None if self.read > BYTES => self.breaks(Limit::Size),
                        end => Poll::Ready(end.map(|error| error.map_err(Into::into))),
                    };
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        // Beyond the limit there is still the error to come.
        self.read <= BYTES && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use axum::{Router, middleware::from_fn, routing::post};
    use futures::stream;
    use tower::ServiceExt as _;

    use super::*;

    /// Answers without a look at the body.
    async fn ignore(time: Duration, request: Request) -> Response {
        let router = Router::new().route("/", post(async || "ignored"));
        router
            .layer(from_fn(move |request, next| within(Clocks { unknown: time, known: time }, request, next)))
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
            .layer(from_fn(move |request, next| within(Clocks { unknown: time, known: time }, request, next)))
            .oneshot(request)
            .await
            .expect("an answer")
    }

    fn post_of(body: Body) -> Request {
        Request::post("/").body(body).expect("a request")
    }

    /// A body that does not say how long it is.
    fn chunks(count: usize, size: usize) -> Body {
        Body::from_stream(stream::iter(
            std::iter::repeat_n(Bytes::from(vec![b'x'; size]), count).map(Ok::<_, Infallible>),
        ))
    }

    async fn text(response: Response) -> String {
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[tokio::test]
    async fn what_fits_passes() {
        assert_eq!(text(send(CLOCKS.unknown, post_of(Body::empty())).await).await, "0");
        assert_eq!(text(send(CLOCKS.unknown, post_of(vec![b'x'; 1 << 20].into())).await).await, (1 << 20).to_string());
        assert_eq!(text(send(CLOCKS.unknown, post_of(chunks(1024, 1024))).await).await, (1 << 20).to_string());
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused_whether_it_says_so_or_not() {
        for body in [vec![b'x'; (1 << 20) + 1].into(), chunks(1025, 1024), chunks(40, 1 << 20)] {
            let response = send(CLOCKS.unknown, post_of(body)).await;
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
        let response = ignore(CLOCKS.unknown, post_of(counted(1000, &taken))).await;
        assert_eq!(taken.load(Ordering::Relaxed), 1000);
        assert!(!response.headers().contains_key(header::CONNECTION));
        assert_eq!(text(response).await, "ignored");
    }

    #[tokio::test]
    async fn who_waits_to_be_told_or_does_not_end_is_not_heard_out() {
        let taken = Arc::new(AtomicUsize::new(0));
        let waits =
            Request::post("/").header(header::EXPECT, "100-continue").body(counted(1000, &taken)).expect("a request");
        let response = ignore(CLOCKS.unknown, waits).await;
        assert_eq!(
            (taken.load(Ordering::Relaxed), &response.headers()[header::CONNECTION]),
            (0, &HeaderValue::from_static("close"))
        );
        let endless = post_of(Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()));
        let response = ignore(Duration::from_millis(50), endless).await;
        assert_eq!(response.headers()[header::CONNECTION], "close");
        assert_eq!(text(response).await, "ignored");
    }
}
