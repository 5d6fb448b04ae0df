//! Calls to rclone's remote control over a unix socket. Each call has a limit of time and of size; dropping it cancels
//! it in rclone.

use std::{
    fmt,
    io::Read,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, body::Incoming, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::Semaphore, time::timeout};

use super::answer::{begin, parse_as_it_comes};
use crate::server::{
    platform::socket,
    rclone::{
        error::{During as _, RcloneError, text},
        wire,
    },
};

/// For what rclone answers by itself.
pub const QUICK: Duration = Duration::from_secs(5);
/// For what rclone asks a provider.
pub const SLOW: Duration = Duration::from_secs(30);
/// Calls at once; more wait, within their limit of time.
const CALLS: usize = 32;

/// A way to one rclone. Clones share the limit of calls at once.
#[derive(Clone)]
pub struct Client {
    socket: PathBuf,
    authorization: Option<String>,
    permits: Arc<Semaphore>,
    busy: Arc<AtomicUsize>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Client {
    /// To the rclone that listens at `socket`, with a user and password where it wants them.
    #[must_use]
    pub fn new(socket: &Path, user: Option<(&str, &str)>) -> Self {
        let authorization =
            user.map(|(name, password)| format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}"))));
        Self {
            socket: socket.to_owned(),
            authorization,
            permits: Arc::new(Semaphore::new(CALLS)),
            busy: Arc::default(),
        }
    }

    /// How many calls are under way.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// Calls `path` with `params` and reads the answer.
    pub async fn call<T>(&self, path: &str, params: &impl Serialize, limit: Duration) -> Result<T, RcloneError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.call_with(path, params, limit, whole).await
    }

    /// As [`Self::call`], for answers that are worth being read in a way of their own.
    pub async fn call_with<T: Send + 'static>(
        &self,
        path: &str,
        params: &impl Serialize,
        limit: Duration,
        parse: impl FnOnce(&mut dyn Read) -> serde_json::Result<T> + Send + 'static,
    ) -> Result<T, RcloneError> {
        let read = async |status: StatusCode, body: Incoming| {
            let (begin, rest) = begin(body).await?;
            if status != StatusCode::OK {
                let failure: wire::Failure = serde_json::from_slice(&begin).unwrap_or_default();
                return Err(match status {
                    StatusCode::NOT_FOUND => RcloneError::NotFound,
                    _ => text::error(&failure.error, &[]),
                });
            }
            let parsed = match rest {
                None => parse(&mut begin.as_slice()),
                Some(rest) => parse_as_it_comes(begin, rest, parse).await?,
            };
            parsed.map_err(|error| unreadable(path, &error))
        };
        self.ask(path, params, limit, read).await
    }

    /// Why rclone refuses `params`, in its own words; `None` where it takes them. What they hold is never taken for the
    /// meaning of an error.
    pub async fn refusal(
        &self,
        path: &str,
        params: &impl Serialize,
        limit: Duration,
    ) -> Result<Option<String>, RcloneError> {
        let read = async |status: StatusCode, body: Incoming| {
            let (begin, _) = begin(body).await?;
            let failure = || serde_json::from_slice::<wire::Failure>(&begin).unwrap_or_default();
            Ok((status != StatusCode::OK).then(|| text::plain(&failure().error)))
        };
        self.ask(path, params, limit, read).await
    }

    async fn ask<T>(
        &self,
        path: &str,
        params: &impl Serialize,
        limit: Duration,
        read: impl AsyncFnOnce(StatusCode, Incoming) -> Result<T, RcloneError>,
    ) -> Result<T, RcloneError> {
        let body = serde_json::to_vec(params).map_err(|error| unreadable(path, &error))?;
        let _busy = Busy::new(&self.busy);
        timeout(limit, async {
            let _turn = self.permits.acquire().await.map_err(|_| RcloneError::Timeout)?;
            self.post(path, body, read).await
        })
        .await
        .map_err(|_| RcloneError::Timeout)?
    }

    async fn post<T>(
        &self,
        path: &str,
        body: Vec<u8>,
        read: impl AsyncFnOnce(StatusCode, Incoming) -> Result<T, RcloneError>,
    ) -> Result<T, RcloneError> {
        let stream = socket::connect(&self.socket).await.during("could not reach rclone")?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let mut request = Request::post(format!("/{path}"))
            .header(header::HOST, "rclone")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONNECTION, "close");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request =
            request.body(Full::new(Bytes::from(body))).map_err(|error| RcloneError::Broken(error.to_string()))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(broken)?;
            read(response.status(), response.into_body()).await
        };
        // Both in this task: a dropped call drops the connection, and that cancels it in rclone.
        tokio::pin!(connection, exchange);
        tokio::select! {
            biased;
            result = &mut exchange => result,
            ended = &mut connection => {
                ended.map_err(broken)?;
                exchange.await
            }
        }
    }
}

/// Reads an answer as a whole.
pub fn whole<T: DeserializeOwned>(answer: &mut dyn Read) -> serde_json::Result<T> {
    let mut text = Vec::new();
    answer.read_to_end(&mut text).map_err(serde_json::Error::io)?;
    serde_json::from_slice(&text)
}

/// Counts a call while it lives.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn broken(error: hyper::Error) -> RcloneError {
    RcloneError::Broken(format!("the connection to rclone broke: {error}"))
}

fn unreadable(path: &str, error: &serde_json::Error) -> RcloneError {
    // Without the text: it may hold secrets. The place is enough to look.
    RcloneError::Broken(format!("{path}: not as expected, line {} column {}", error.line(), error.column()))
}
