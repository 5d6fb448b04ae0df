//! The cookie of a session: its name and its attributes, and which of several counts.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tower_sessions::{SessionManagerLayer, cookie::SameSite, session::Id};

use crate::server::{
    auth::{Auth, Sessions},
    http::credential::{cookie_name, cookies},
};

/// Most cookies of one name that are looked at.
const TWINS: usize = 8;

/// The cookie by which browsers keep their session. Clones are the same.
#[derive(Clone)]
pub struct SessionCookie {
    /// Whose sessions they are.
    pub auth: Auth,
    /// Whether browsers reach the console by HTTPS: decided by its public address, never by a header.
    pub secure: bool,
}

impl SessionCookie {
    /// The layer that reads and writes the cookie. [`super::identify`] runs inside of it, [`own_cookies`] outside.
    #[must_use]
    pub fn layer(&self) -> SessionManagerLayer<Sessions> {
        SessionManagerLayer::new(self.auth.sessions())
            .with_name(cookie_name(self.secure))
            .with_secure(self.secure)
            .with_http_only(true)
            // Not strict: a link in a mail about a failed run opens the console signed in.
            .with_same_site(SameSite::Lax)
            .with_path("/")
    }

    /// What removes the cookie, where the layer cannot: it leaves out the attribute that browsers demand of every
    /// `__Host-` cookie, so they would keep it.
    pub(super) fn removal(&self) -> Option<HeaderValue> {
        const REMOVE: &str = "__Host-longshore=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax";
        debug_assert!(REMOVE.starts_with(cookie_name(true)));
        self.secure.then(|| HeaderValue::from_static(REMOVE))
    }

    /// The first of several cookies that is of a session that lives.
    async fn live(&self, cookies: &[Vec<u8>]) -> Option<Vec<u8>> {
        let ids: Vec<_> = cookies.iter().take(TWINS).map(|cookie| self.id(cookie)).collect();
        let live = self.auth.live_session(ids.iter().flatten().copied()).await?;
        ids.iter().zip(cookies).find(|(id, _)| **id == Some(live)).map(|(_, cookie)| cookie.clone())
    }

    /// The id in a cookie `name=value`, when it is under the name that counts here.
    fn id(&self, cookie: &[u8]) -> Option<Id> {
        let (name, value) = std::str::from_utf8(cookie).ok()?.split_once('=')?;
        if name.trim_end() == cookie_name(self.secure) { value.trim().parse().ok() } else { None }
    }
}

/// Takes away all cookies but ours. Cookies are shared by all ports of a host: one of another program that cannot be
/// read would hide ours. Of several of ours, as another path or a console that was there before leaves them, the one of
/// a session that lives counts.
pub async fn own_cookies(State(cookie): State<SessionCookie>, mut request: Request, next: Next) -> Response {
    let mut own: Vec<_> = cookies(request.headers()).map(<[u8]>::to_vec).collect();
    if own.len() > 1
        && let Some(live) = cookie.live(&own).await
    {
        own = vec![live];
    }
    request.headers_mut().remove(header::COOKIE);
    if let Ok(value) = HeaderValue::from_bytes(&own.join(b"; ".as_slice()))
        && !own.is_empty()
    {
        request.headers_mut().insert(header::COOKIE, value);
    }
    next.run(request).await
}
