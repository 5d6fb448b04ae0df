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
    server::http::{
        connections::Seat,
        extract::ApiError,
        route_class::{BodyLimits, RouteClass},
    },
};

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
    let limits = RouteClass::of(request.uri().path()).body();
    within(limits, request, next).await
}

async fn within(limits: BodyLimits, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Such a client sends nothing before it is asked to: then there is nothing to drain.
    let waits = request.headers().contains_key(header::EXPECT);
    let declared = request.body().size_hint().lower();
    let seat = request.extensions().get::<Seat>().cloned();
    if declared > limits.bytes {
        if !waits && declared <= limits.heard {
            hear_out(limits, false, request.into_body()).await;
        }
        return refuse(limits, Limit::Size);
    }
    let end = Arc::new(Mutex::new(End::default()));
    let request = request.map(|body| Body::new(Bounded::new(body, limits, seat.clone(), end.clone())));
    let mut response = next.run(request).await;
    let End { broken, rest } = std::mem::take(&mut *lock(&end));
    if let Some(limit) = broken {
        return refuse(limits, limit);
    }
    if let Some(rest) = rest {
        let heard = !waits && hear_out(limits, seat.as_ref().is_some_and(Seat::known), rest).await;
        if !heard {
            close(&mut response);
        }
    }
    response
}

/// Reads to the end and throws away. `false` when that takes too long or is too much.
async fn hear_out(limits: BodyLimits, known: bool, body: Body) -> bool {
    let time = if known { limits.known } else { limits.unknown };
    let mut body = Bounded::new(body, BodyLimits { unknown: time, known: time, ..limits }, None, Arc::default());
    while let Some(Ok(_)) = body.frame().await {}
    body.ended
}

fn close(response: &mut Response) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

fn refuse(limits: BodyLimits, limit: Limit) -> Response {
    let error = match limit {
        Limit::Size => {
            AppError::new(ErrorCode::TooLarge, format!("The body is larger than {} MiB.", limits.bytes >> 20))
        }
        Limit::Time => AppError::new(ErrorCode::Timeout, "The body did not arrive in time."),
    };
    let mut response = ApiError(error).into_response();
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
    limits: BodyLimits,
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
    fn new(body: Body, limits: BodyLimits, seat: Option<Seat>, end: Arc<Mutex<End>>) -> Self {
        let more = Some(limits.known.saturating_sub(limits.unknown));
        Self { body, limits, read: 0, late: Box::pin(sleep(limits.unknown)), seat, more, ended: false, end }
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
                    if self.read <= self.limits.bytes {
                        if self.body.is_end_stream() {
                            self.heard();
                        }
                        return Poll::Ready(Some(Ok(frame)));
                    }
                    if self.read > self.limits.heard {
                        return self.breaks(Limit::Size);
                    }
                }
                end => {
                    self.ended = true;
                    self.heard();
                    return match end {
                        None if self.read > self.limits.bytes => self.breaks(Limit::Size),
                        end => Poll::Ready(end.map(|error| error.map_err(Into::into))),
                    };
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        // Beyond the limit there is still the error to come.
        self.read <= self.limits.bytes && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
