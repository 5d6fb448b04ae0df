//! A proxy before a web server of rclone's own, that fails as a rule says.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

/// What to do with a request.
pub enum Act {
    /// Hand it on.
    Pass,
    /// Answer this without handing it on.
    Refuse(u16),
    /// Hand it on, and answer this whatever came of it.
    Deny(u16),
    /// Hand it on with a shorter `Destination`: what stands before this.
    CutDestination(&'static str),
}

type Rule = Box<dyn FnMut(&str, &str) -> Act + Send>;

#[derive(Clone)]
struct Proxy {
    to: String,
    rule: Arc<Mutex<Rule>>,
    http: reqwest::Client,
}

/// Starts one before the server at `port`; its own port. `rule` is asked of each request by its method and path.
pub async fn start(port: u16, rule: impl FnMut(&str, &str) -> Act + Send + 'static) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let proxy = Proxy { to: format!("http://127.0.0.1:{port}"), rule: Arc::new(Mutex::new(Box::new(rule))), http };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let own = listener.local_addr().expect("its address").port();
    let router = Router::new().fallback(hand_on).with_state(proxy);
    tokio::spawn(async move { axum::serve(listener, router).await });
    own
}

async fn hand_on(State(proxy): State<Proxy>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let act = (proxy.rule.lock().expect("whole"))(parts.method.as_str(), parts.uri.path());
    let answer = |status: u16| {
        let status = StatusCode::from_u16(status).expect("a status");
        Response::builder().status(status).body(Body::from("nope")).expect("an answer")
    };
    if let Act::Refuse(status) = act {
        return answer(status);
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    for name in ["host", "content-length", "transfer-encoding", "connection"] {
        headers.remove(name);
    }
    if let Some(to) = headers.get("destination").and_then(|to| to.to_str().ok()).map(str::to_owned) {
        let path = to.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let path = if let Act::CutDestination(at) = act { path.split(at).next().unwrap_or_default() } else { path };
        headers.insert("destination", format!("{}/{path}", proxy.to).parse().expect("a header"));
    }
    let sent = proxy.http.request(parts.method, format!("{}{path}", proxy.to)).headers(headers).body(body).send().await;
    let Ok(got) = sent else { return answer(502) };
    if let Act::Deny(status) = act {
        return answer(status);
    }
    let mut built = Response::builder().status(got.status());
    for (name, value) in got.headers() {
        if !matches!(name.as_str(), "transfer-encoding" | "connection") {
            built = built.header(name, value);
        }
    }
    built.body(Body::from(got.bytes().await.unwrap_or_default())).unwrap_or_else(|_| answer(502))
}
