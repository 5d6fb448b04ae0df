//! Accepts connections. Our own loop, since a slow or silent client must cost little: a time limit for heads, a bound
//! on connections that keeps nobody out (`connections`), and an end that does not wait for ever.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::sockopt::set_tcp_user_timeout;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinSet, yield_now},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{
    connections::{Capacity, Connection, Connections, Seat},
    held::Held,
};
use crate::server::client::TrustedProxies;

/// How long to wait when the system has no file for another connection. They come back when others end.
const OUT_OF_FILES: Duration = Duration::from_millis(100);
/// What somebody hears for whom there is no place.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What a listener takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a new connection may be silent.
    pub first_byte: Duration,
    /// How long a client may take for the head of a request. The wait for its first byte counts, so this ends idle
    /// connections as well.
    pub head: Duration,
    /// Most bytes of a head.
    pub head_bytes: usize,
    /// How long a client may leave what it was sent unread.
    pub unread: Duration,
    /// Connections at once.
    pub capacity: Capacity,
    /// How long connections have to end when the server stops. What is left then is cut off.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(5),
            head: Duration::from_secs(10),
            head_bytes: 32 * 1024,
            unread: Duration::from_secs(30),
            capacity: Capacity { all: 512, per_network: 256, reserve: 32 },
            shutdown: Duration::from_secs(5),
        }
    }
}

/// Serves until `shutdown` is ready; then lets requests end that have begun.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    proxies: TrustedProxies,
    shutdown: impl Future<Output = ()>,
) {
    let (stopping, mut connections) = (CancellationToken::new(), JoinSet::new());
    let places = Connections::new(limits.capacity, proxies);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match places.accept(peer.ip()) {
                    Some(place) => {
                        connections.spawn(connection(stream, peer, place, router.clone(), limits, stopping.clone()));
                        // It is looked at before the next one is accepted: else a burst of them would push it out
                        // unheard.
                        yield_now().await;
                    }
                    // What fits into the system's buffer: nobody waits here for a client.
                    None => drop(stream.try_write(FULL)),
                },
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(OUT_OF_FILES).await;
                }
            },
        }
    }
    // The system refuses new clients at once.
    drop(listener);
    stopping.cancel();
    let ended = timeout(limits.shutdown, async { while connections.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!(open = connections.len(), "some connections did not end in time and are cut off");
    }
}

/// A client that hung up before it was accepted.
fn is_of_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    place: Connection,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    let place = Arc::new(place);
    tokio::select! {
        () = place.cut() => {}
        () = talk(stream, peer, &place, router, limits, stopping) => {}
    }
}

async fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    place: &Arc<Connection>,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    // Neither is needed for an answer to be right: a connection on which they fail has ended, most likely.
    let _ = stream.set_nodelay(true);
    let _ = set_tcp_user_timeout(&stream, u32::try_from(limits.unread.as_millis()).unwrap_or(u32::MAX));
    // That it may be readable is not enough: a byte must be there.
    let mut byte = [0];
    tokio::select! {
        first = timeout(limits.first_byte, stream.peek(&mut byte)) => if !matches!(first, Ok(Ok(1))) { return },
        () = stopping.cancelled() => return,
    }
    let service = service_fn(|request: Request<Incoming>| {
        let (router, (seat, answering)) = (router.clone(), Seat::begin(place, !request.body().is_end_stream()));
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(seat.clone());
            let response = router.oneshot(request).await.map_err(|never: Infallible| match never {})?;
            seat.is_answered();
            Ok::<_, Infallible>(response.map(|body| Held::new(body, answering)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(limits.head_bytes)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // How a connection ends is the client's affair: it hung up, was too slow, or spoke no HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopping.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

#[cfg(test)]
mod tests;
