//! Tests of `origin`.

use axum::{Router, body::Body, middleware::from_fn_with_state, routing::any};
use tower::ServiceExt as _;

use super::*;

async fn status(policy: &Policy, method: &str, uri: &str, headers: &[(&str, &str)]) -> u16 {
    let router = Router::new().fallback(any(async || "")).layer(from_fn_with_state(policy.clone(), check));
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    router.oneshot(request).await.expect("an answer").status().as_u16()
}

fn policy(address: &str, public_url: Option<&str>) -> Policy {
    let urls: Vec<_> = public_url.into_iter().flat_map(|urls| urls.split(',')).map(str::to_owned).collect();
    Policy::new(address.parse().expect("an address"), &urls)
}

#[tokio::test]
async fn only_our_own_names_are_answered() {
    let local = policy("127.0.0.1:8084", Some("https://console.example.org"));
    for host in [
        "127.0.0.1:8084",
        "localhost:8084",
        "LOCALHOST:8084",
        "localhost.:8084",
        "[::1]:8084",
        "[0:0::1]:8084",
        "console.example.org",
        "console.example.org.",
        "CONSOLE.example.org:443",
    ] {
        assert_eq!(status(&local, "GET", "/", &[("host", host)]).await, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:80",
        "localhost:8084.evil.example",
        "console.example.org..",
        "console.example.org:80",
        "console.example.org.evil.example",
        ".",
        ".:8084",
        ":8084",
        "[::1",
        "[::2]:8084",
        "",
    ] {
        assert_eq!(status(&local, "GET", "/", &[("host", host)]).await, 403, "{host}");
    }
    assert_eq!(status(&local, "GET", "/", &[]).await, 403);
    assert_eq!(status(&local, "GET", "/", &[("host", "localhost:8084"), ("host", "evil")]).await, 403);
    assert_eq!(status(&local, "GET", "http://evil.example/", &[("host", "localhost:8084")]).await, 403);
    for method in ["TRACE", "CONNECT"] {
        assert_eq!(status(&local, method, "localhost:8084", &[("host", "localhost:8084")]).await, 405, "{method}");
    }
    let all = policy("0.0.0.0:8084", None);
    let own = ["192.168.1.5:8084", "[fe80::1]:8084", "localhost:8084"];
    let others = [
        "192.168.1.5:1",
        "nas.local:8084",
        "fe80::1:8084",
        "[192.168.1.5]:8084",
        "192.168.1:8084",
        "192.168.1.5",
        ":8084",
    ];
    for (host, expected) in own.map(|host| (host, 200)).into_iter().chain(others.map(|host| (host, 403))) {
        assert_eq!(status(&all, "GET", "/", &[("host", host)]).await, expected, "{host}");
    }
    let usual = policy("0.0.0.0:80", Some("http://nas.local"));
    for (host, expected) in [
        ("192.168.1.5", 200),
        ("[::1]", 200),
        ("localhost", 200),
        ("nas.local", 200),
        ("nas.local:8084", 403),
        ("", 403),
    ] {
        assert_eq!(status(&usual, "GET", "/", &[("host", host)]).await, expected, "{host}");
    }
}

#[tokio::test]
async fn health_is_told_by_whatever_name_and_nothing_else_is() {
    let policy = policy("0.0.0.0:8084", Some("https://a.example.org,https://b.example.org"));
    for host in ["longshore:8084", "10.42.0.7:8085", "evil.example", "", "a.example.org"] {
        for (path, expected) in [("/healthz", 200), ("/readyz", 200)] {
            assert_eq!(status(&policy, "GET", path, &[("host", host)]).await, expected, "{host} {path}");
            assert_eq!(status(&policy, "HEAD", path, &[("host", host)]).await, expected, "{host} {path}");
        }
    }
    assert_eq!(status(&policy, "GET", "/healthz", &[]).await, 200);
    for path in ["/", "/metrics", "/healthzx", "/healthz/x", "/api/v1/runs", "/x/healthz"] {
        assert_eq!(status(&policy, "GET", path, &[("host", "longshore:8084")]).await, 403, "{path}");
    }
    assert_eq!(status(&policy, "POST", "/healthz", &[("host", "longshore:8084")]).await, 403);
}

#[tokio::test]
async fn each_of_several_public_names_is_ours() {
    let policy = policy("127.0.0.1:8084", Some("https://a.example.org,https://b.example.org:8443"));
    let ask = |host: &'static str, origin: &'static str| {
        let policy = policy.clone();
        async move { status(&policy, "POST", "/api/fn/x", &[("host", host), ("origin", origin)]).await }
    };
    for (host, origin, expected) in [
        ("a.example.org", "https://a.example.org", 200),
        ("b.example.org:8443", "https://b.example.org:8443", 200),
        ("B.EXAMPLE.ORG.:8443", "https://b.example.org.:8443", 200),
        ("localhost:8084", "https://b.example.org:8443", 200),
        ("b.example.org", "https://b.example.org", 403),
        ("b.example.org:8443", "https://b.example.org", 403),
        ("a.example.org", "http://a.example.org", 403),
        ("a.example.org", "https://c.example.org", 403),
        ("a.example.org", "null", 403),
    ] {
        assert_eq!(ask(host, origin).await, expected, "{host} {origin}");
    }
    assert!(policy.is_https());
}

#[tokio::test]
async fn only_our_own_page_or_a_token_changes_anything() {
    let policy = policy("127.0.0.1:8084", Some("https://console.example.org"));
    let (host, own) = (("host", "localhost:8084"), ("origin", "http://localhost:8084"));
    for (headers, expected) in [
        (vec![host], 403),
        (vec![host, own], 200),
        (vec![host, ("origin", "http://127.0.0.1:8084")], 403),
        (vec![host, ("origin", "https://localhost:8084")], 403),
        (vec![host, ("origin", "null")], 403),
        (vec![host, ("origin", "http://evil.example")], 403),
        (vec![host, own, ("sec-fetch-site", "same-origin")], 200),
        (vec![host, own, ("sec-fetch-site", "cross-site")], 403),
        (vec![host, ("sec-fetch-site", "same-site")], 403),
        (vec![host, ("sec-fetch-site", "none")], 403),
        (vec![host, ("sec-fetch-site", "same-origin")], 200),
        (vec![host, own, own], 403),
        (vec![host, ("authorization", "Bearer lsh_x")], 200),
        (vec![host, ("authorization", "Basic x")], 403),
        (vec![host, ("authorization", "Bearer lsh_x"), ("authorization", "Bearer lsh_y")], 403),
        (vec![host, ("authorization", "Bearer lsh_x"), ("authorization", "Basic eA==")], 200),
        (vec![host, ("authorization", "Bearer eyJ.e30.x")], 403),
        (vec![host, ("authorization", "Bearer eyJ.e30.x"), own], 200),
        (vec![host, ("authorization", "Bearer eyJ.e30.x"), ("origin", "http://evil.example")], 403),
        (vec![host, ("authorization", "Bearer eyJ.e30.x"), ("sec-fetch-site", "cross-site")], 403),
        (vec![host, ("origin", "http://localhost.:8084")], 200),
        (vec![("host", "console.example.org:443"), ("origin", "https://console.example.org")], 200),
        (vec![("host", "console.example.org"), ("origin", "https://console.example.org")], 200),
        (vec![("host", "console.example.org"), ("origin", "http://console.example.org")], 403),
        (vec![host, ("origin", "https://console.example.org")], 200),
    ] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
            assert_eq!(status(&policy, method, "/api/fn/x", &headers).await, expected, "{method} {headers:?}");
        }
    }
    for (headers, expected) in [
        (vec![host], 200),
        (vec![host, ("origin", "http://evil.example")], 200),
        (vec![host, ("cookie", "longshore=x")], 403),
        (vec![host, ("cookie", "longshore=x"), ("origin", "http://evil.example")], 403),
        (vec![host, ("cookie", "longshore=x"), own], 200),
        (vec![host, ("cookie", "other=x")], 200),
        (vec![host, ("authorization", "Basic x")], 200),
        (vec![host, ("authorization", "Bearer eyJ.e30.x"), ("cookie", "longshore=x")], 403),
        (vec![host, ("authorization", "Bearer lsh_x")], 200),
    ] {
        assert_eq!(
            status(&policy, "POST", "/api/v1/runs", &headers).await,
            expected,
            "without a credential it is 401 further in: {headers:?}"
        );
    }
    assert_eq!(status(&policy, "GET", "/", &[host, ("sec-fetch-site", "cross-site")]).await, 200, "a link leads here");
    assert_eq!(status(&policy, "GET", "/api/fn/x", &[host, ("sec-fetch-site", "cross-site")]).await, 403);
}
