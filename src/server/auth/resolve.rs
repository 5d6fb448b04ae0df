//! Identifies who makes a request: the middleware for every request, and the check that long streams repeat.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tower_sessions::Session;

use super::{
    Actor, Auth, Denial, Shown, Visitor, secret,
    session::{cookie_name, id_hash, limits},
    shown,
};
use crate::{
    domain::{
        audit::Via,
        error::{AppError, ErrorCode},
        time::Timestamp,
    },
    server::{
        client::Client,
        error::internal,
        store::{self, sessions, tokens},
    },
};

/// The stream of events: a page that is only left open is not used, so this does not count as use.
const EVENTS: &str = "/api/v1/events";
/// How exact the time of the last use is. Each request would write otherwise.
const TOUCH_MS: u64 = 60_000;
/// How long a request waits to note the time of its use, when others write.
const TOUCH_WAIT: Duration = Duration::from_millis(200);
/// Characters that are kept of what a browser calls itself.
const AGENT_LEN: usize = 256;

/// Puts a [`Visitor`] into the request, and an [`Actor`] when the request shows a valid session or token. Runs inside
/// of [`Auth::session_layer`]. Refuses nobody: what needs an actor says so itself.
///
/// # Errors
/// When the request shows several tokens, or when it cannot be found out whose it is.
pub async fn resolve(auth: &Auth, mut request: Request, next: Next) -> Result<Response, AppError> {
    let Some(session) = request.extensions().get::<Session>().cloned() else {
        return Err(internal("the session layer is missing", &std::io::Error::other("no session")));
    };
    let client = auth.client(&request);
    if let Some(client) = client {
        request.extensions_mut().insert(client);
    }
    let address = client.map(|Client(address)| address);
    let mut visitor = Visitor { agent: agent(request.headers()), ..Visitor::new(session, address) };
    let counts = request.uri().path() != EVENTS;

    auth.refresh_setup().await?;
    let actor = match shown(request.headers()) {
        Shown::Token(token) => auth.by_token(&mut visitor, token).await?,
        Shown::Nothing => auth.by_session(&visitor, counts).await?,
        Shown::Several => {
            let message = "The request has several Longshore tokens. Send one Authorization header.";
            return Err(AppError::new(ErrorCode::BadRequest, message));
        }
    };
    if let Some(actor) = actor.clone() {
        request.extensions_mut().insert(actor);
    }
    let unknown_token = actor.is_none() && matches!(shown(request.headers()), Shown::Token(_));
    request.extensions_mut().insert(visitor.clone());

    let had_cookie = visitor.session.id().is_some();
    let mut response = next.run(request).await;
    // Who was refused is known further out.
    if let Some(actor) = actor {
        response.extensions_mut().insert(actor);
    }
    if unknown_token && response.status() == StatusCode::UNAUTHORIZED {
        response.extensions_mut().insert(Denial { kind: "unknown_token", why: "No valid token was sent.".to_owned() });
    }
    if had_cookie && auth.0.config.secure_cookie && visitor.session.is_empty().await {
        response.headers_mut().append(header::SET_COOKIE, removal());
    }
    Ok(response)
}

/// tower-sessions removes a cookie without the attribute that browsers demand of every `__Host-` cookie, so they would
/// keep it. This one, which comes before it, they obey.
fn removal() -> HeaderValue {
    const REMOVE: &str = "__Host-longshore=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax";
    debug_assert!(REMOVE.starts_with(cookie_name(true)));
    HeaderValue::from_static(REMOVE)
}

/// What the browser calls itself, as far as anybody reads.
fn agent(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(AGENT_LEN).collect::<String>().into())
}

impl Auth {
    /// Where a request comes from, by its connection and the proxies that are trusted.
    #[must_use]
    pub fn address(&self, request: &Request) -> Option<IpAddr> {
        self.client(request).map(|Client(address)| address)
    }

    fn client(&self, request: &Request) -> Option<Client> {
        request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| self.0.config.proxies.client(info.0.ip(), request.headers()))
    }

    /// Whether the visitor is still this actor: by a session or a token that was not ended, the same user, the same
    /// role, the same scopes. Asking does not count as use.
    pub async fn still_valid(&self, actor: &Actor, visitor: &Visitor) -> bool {
        let same = |now: &Actor| now.user_id == actor.user_id && now.role == actor.role && now.scopes == actor.scopes;
        matches!(self.identify(visitor).await, Ok(Some(now)) if same(&now))
    }

    /// Who the visitor is now, by the token or the session that they came with.
    pub(super) async fn identify(&self, visitor: &Visitor) -> store::Result<Option<Actor>> {
        let Some(id) = &visitor.token else { return self.by_session(visitor, false).await };
        let mut reader = self.0.store.acquire().await?;
        let token = tokens::live_by_id(&mut reader, id, self.0.clock.now()).await?;
        Ok(token.map(|token| token_actor(token, visitor)))
    }

    async fn by_session(&self, visitor: &Visitor, counts: bool) -> store::Result<Option<Actor>> {
        let Some(id) = visitor.session.id() else { return Ok(None) };
        let (hash, now) = (id_hash(&id), self.0.clock.now());
        let mut reader = self.0.store.acquire().await?;
        let Some(live) = sessions::live(&mut reader, &hash, limits(now)).await? else { return Ok(None) };
        drop(reader);
        if counts && is_due(Some(live.last_seen_at), now) {
            let touched = async {
                let mut tx = self.0.store.begin_within(TOUCH_WAIT).await?;
                sessions::touch(&mut tx, &hash, now).await?;
                tx.commit().await
            };
            note(touched.await);
        }
        let user = live.user;
        visitor.must_change.store(user.must_change, Ordering::Relaxed);
        Ok(Some(Actor {
            user_id: user.id,
            name: user.name,
            role: user.role,
            scopes: None,
            theme: user.theme,
            via: Via::Session,
            token: None,
            address: visitor.address,
        }))
    }

    async fn by_token(&self, visitor: &mut Visitor, token: &str) -> Result<Option<Actor>, AppError> {
        let now = self.0.clock.now();
        let mut reader = self.0.store.acquire().await?;
        let found = tokens::live(&mut reader, &secret::hash(token), now).await?;
        drop(reader);
        let Some(live) = found else {
            self.0.throttle.unknown_token(visitor.address)?;
            return Ok(None);
        };
        if is_due(live.last_used_at, now) {
            let touched = async {
                let mut tx = self.0.store.begin_within(TOUCH_WAIT).await?;
                tokens::touch(&mut tx, &live.id, now).await?;
                tx.commit().await
            };
            note(touched.await);
        }
        visitor.token = Some(live.id.clone());
        Ok(Some(token_actor(live, visitor)))
    }
}

fn token_actor(token: tokens::Live, visitor: &Visitor) -> Actor {
    Actor {
        user_id: token.user.id,
        name: token.user.name,
        role: token.role,
        scopes: token.scopes,
        theme: token.user.theme,
        via: Via::Token,
        token: Some(token.id),
        address: visitor.address,
    }
}

fn is_due(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| now.millis_since(last) >= TOUCH_MS)
}

/// A request is not refused because the time of its use could not be noted.
fn note(touched: store::Result<()>) {
    if let Err(error) = touched {
        tracing::warn!(%error, "the time of the last use could not be noted");
    }
}
