//! Whether a request gets its share: so many at once for each person, and for each address of people who have not
//! signed in.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{connections::Seat, extract::ApiError, health, held::Held, route_class::RouteClass};
use crate::{
    domain::error::{AppError, ErrorCode},
    server::{
        auth::Actor,
        client::{Client, network},
        shares::{Holder, PER_NETWORK, PER_PERSON},
        state::AppState,
    },
};

/// Requests of one person at once on the connections that are kept for people who are signed in.
const ON_RESERVE: u32 = 4;

/// Lets a request through, holds its place until the answer has gone out, or refuses it.
pub async fn admit(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if health::PATHS.contains(&path) {
        return next.run(request).await;
    }
    let (actor, seat) = (request.extensions().get::<Actor>(), request.extensions().get::<Seat>().cloned());
    if let (Some(seat), Some(_)) = (&seat, actor) {
        seat.is_known();
    }
    let reserved = seat.as_ref().is_some_and(Seat::is_reserved);
    let holder = match actor {
        Some(actor) => Holder::Person(actor.user_id),
        None if reserved => return refuse(full(), true),
        None => Holder::Network(request.extensions().get::<Client>().map(|client| network(client.0))),
    };
    if !RouteClass::of(path).is_counted() && !reserved {
        return next.run(request).await;
    }
    let most = match holder {
        _ if reserved => ON_RESERVE,
        Holder::Person(_) => PER_PERSON,
        Holder::Network(_) => PER_NETWORK,
    };
    match app.shares.requests.begin(holder, most) {
        Ok(permit) => {
            let permit = Arc::new(permit);
            let mut response =
                next.run(request).await.map(|body| axum::body::Body::new(Held::new(body, Arc::clone(&permit))));
            // A refusal gets another body on its way out, and waits until what was sent has been heard out.
            response.extensions_mut().insert(permit);
            if reserved {
                close(&mut response);
            }
            response
        }
        Err(error) => {
            seat.iter().for_each(Seat::is_too_much);
            refuse(error, reserved)
        }
    }
}

fn full() -> AppError {
    let error = AppError::new(
        ErrorCode::Unavailable,
        "All connections of this console are in use. Try again in a few seconds.",
    );
    AppError { retry_after: Some(2), ..error }
}

fn refuse(error: AppError, closes: bool) -> Response {
    let mut response = ApiError(error).into_response();
    if closes {
        close(&mut response);
    }
    response
}

fn close(response: &mut Response) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}
