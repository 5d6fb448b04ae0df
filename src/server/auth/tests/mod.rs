//! Signing in through a small router, as a browser does: with a cookie jar of one cookie, and a clock that the test
//! moves.

mod first_start;
mod life;
mod sign_in;
mod tokens;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Extension, Json, Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, State},
    http::{Request, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_sessions::Session;

use super::{Actor, Auth, Visitor};
use crate::{
    domain::{
        error::{AppError, Result},
        time::Timestamp,
        user::Role,
    },
    server::{
        client::TrustedProxies,
        http::middleware::{SessionCookie, identify, locate},
        platform::clock::Clock,
        store::Store,
    },
};

/// 2025-11-23T14:02:11.25Z.
const NOW: Timestamp = Timestamp(1_763_906_531_250);
const MINUTE: i64 = 60_000;
const PASSWORD: &str = "correct horse battery";

/// The console as far as signing in needs it.
struct House {
    auth: Auth,
    store: Store,
    clock: Clock,
    router: Router,
    dir: tempfile::TempDir,
}

impl House {
    /// With one admin, `marianne`.
    async fn new() -> Self {
        let house = Self::empty(false).await;
        house.auth.create_user("marianne", Role::Admin, PASSWORD).await.expect("marianne");
        house
    }

    /// Before its first admin.
    async fn empty(secure_cookie: bool) -> Self {
        let (store, clock) = (Store::in_memory().await.expect("store"), Clock::fixed(NOW));
        let dir = tempfile::tempdir().expect("dir");
        let auth = Auth::open(store.clone(), clock.clone(), dir.path()).await.expect("auth");
        let router = Self::router(&auth, secure_cookie);
        Self { auth, store, clock, router, dir }
    }

    /// The same house after a start.
    async fn restarted(self) -> Self {
        let auth = Auth::open(self.store.clone(), self.clock.clone(), self.dir.path()).await.expect("auth");
        let router = Self::router(&auth, false);
        Self { auth, router, ..self }
    }

    /// As the console does it, around its routes.
    fn router(auth: &Auth, secure: bool) -> Router {
        let cookie = SessionCookie { auth: auth.clone(), secure };
        Router::new()
            .route("/me", get(me))
            .route("/api/v1/events", get(me))
            .route("/valid", get(valid))
            .route("/login", post(login))
            .route("/logout", post(logout))
            .route("/everywhere", post(everywhere))
            .route("/setup", post(setup))
            .layer(from_fn_with_state(cookie.clone(), identify))
            .layer(cookie.layer())
            .layer(from_fn_with_state(TrustedProxies::default(), locate))
            .with_state(auth.clone())
    }

    async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.expect("infallible")
    }

    /// Somebody without a session, outside of any request.
    fn visitor(&self) -> Visitor {
        Visitor::new(Session::new(None, Arc::new(self.auth.sessions()), None), None, None)
    }

    /// A number out of the database.
    async fn count(&self, sql: &'static str) -> i64 {
        let mut reader = self.store.acquire().await.expect("reader");
        sqlx::query_scalar(sql).fetch_one(&mut *reader).await.expect("count")
    }
}

/// A browser: it sends the cookie that it was given last.
#[derive(Clone, Default)]
struct Browser {
    cookie: Option<String>,
    address: Option<IpAddr>,
}

impl Browser {
    async fn signed_in(house: &House) -> Self {
        let mut browser = Self::default();
        assert_eq!(browser.sign_in(house, "marianne", PASSWORD).await.0, StatusCode::OK);
        browser
    }

    async fn sign_in(&mut self, house: &House, username: &str, password: &str) -> (StatusCode, Value) {
        self.post(house, "/login", json!([username, password])).await
    }

    /// Who the console thinks it is: a name or nobody.
    async fn me(&mut self, house: &House) -> Option<String> {
        self.get(house, "/me").await.1["name"].as_str().map(str::to_owned)
    }

    async fn get(&mut self, house: &House, path: &str) -> (StatusCode, Value) {
        self.send(house, Request::get(path).body(Body::empty()).expect("request")).await
    }

    async fn post(&mut self, house: &House, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.send(house, request.body(Body::from(body.to_string())).expect("request")).await
    }

    async fn send(&mut self, house: &House, mut request: Request<Body>) -> (StatusCode, Value) {
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(header::COOKIE, cookie.parse().expect("cookie"));
        }
        if let Some(address) = self.address {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 40_000)));
        }
        let response = house.send(request).await;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("text").split(';').next().expect("a pair").to_owned();
            self.cookie = (!pair.ends_with('=')).then_some(pair);
        }
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 16).await.expect("body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

fn answer(result: Result<Value>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::from_u16(error.status()).expect("status"), Json(error)).into_response(),
    }
}

async fn me(actor: Option<Extension<Actor>>) -> Response {
    let actor = actor.ok_or_else(AppError::unauthenticated);
    answer(actor.map(|Extension(actor)| json!({ "name": actor.name, "role": actor.role, "via": actor.via.as_str() })))
}

async fn valid(
    State(auth): State<Auth>,
    Extension(actor): Extension<Actor>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    answer(Ok(json!([matches!(auth.current(&visitor).await, Ok(Some(_))), auth.still_valid(&actor, &visitor).await])))
}

async fn login(
    State(auth): State<Auth>,
    Extension(visitor): Extension<Visitor>,
    Json((username, password)): Json<(String, String)>,
) -> Response {
    answer(auth.sign_in(&visitor, &username, &password).await.map(|user| json!({ "name": user.name })))
}

async fn logout(
    State(auth): State<Auth>,
    actor: Option<Extension<Actor>>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    let Some(Extension(actor)) = actor else { return answer(Err(AppError::unauthenticated())) };
    answer(auth.sign_out(&actor, &visitor, false).await.map(|()| Value::Null))
}

async fn everywhere(
    State(auth): State<Auth>,
    Extension(actor): Extension<Actor>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    answer(auth.sign_out(&actor, &visitor, true).await.map(|()| Value::Null))
}

async fn setup(
    State(auth): State<Auth>,
    Extension(visitor): Extension<Visitor>,
    Json([code, name, password, again]): Json<[String; 4]>,
) -> Response {
    let user = auth.create_first_admin(&visitor, &code, &name, &password, &again).await;
    answer(user.map(|user| json!({ "name": user.name, "role": user.role })))
}
