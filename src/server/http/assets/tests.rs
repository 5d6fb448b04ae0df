//! Tests of `assets`.

use axum::body::to_bytes;

use super::*;

/// A small site as the build leaves one. Its packed files hold words, to tell them apart.
#[derive(RustEmbed)]
#[folder = "src/tests/fixtures/site"]
struct Small;

async fn ask(method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> Option<(Response<()>, String)> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let (parts, body) = find_in::<Small>(&request.body(Body::empty()).expect("a request"))?.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    Some((Response::from_parts(parts, ()), String::from_utf8_lossy(&body).trim().to_owned()))
}

fn value(response: &Response<()>, name: header::HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn a_file_has_its_kind_its_tag_and_its_time() {
    for (path, kind, cache) in [
        ("/pkg/0a1b/longshore.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/pkg/0a1b/longshore.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/pkg/0a1b/longshore.wasm", "application/wasm", "public, max-age=31536000, immutable"),
        ("/fonts/inter.woff2", "font/woff2", "public, max-age=3600"),
        ("/icons.svg", "image/svg+xml", "no-cache"),
    ] {
        let (response, body) = ask(Method::GET, path, &[]).await.expect(path);
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(value(&response, header::CONTENT_TYPE), kind);
        assert_eq!(value(&response, header::CACHE_CONTROL), cache);
        assert_eq!(value(&response, header::VARY), "accept-encoding");
        assert!(!body.is_empty(), "{path}");
        let tag = value(&response, header::ETAG).to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let (response, body) = ask(Method::GET, path, &[(header::IF_NONE_MATCH, &known)]).await.expect(path);
            assert_eq!((response.status(), body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path} {known}");
            assert_eq!(
                (value(&response, header::ETAG), value(&response, header::CACHE_CONTROL)),
                (tag.as_str(), cache)
            );
        }
        let (response, _) = ask(Method::GET, path, &[(header::IF_NONE_MATCH, "\"other\"")]).await.expect(path);
        assert_eq!(response.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn the_packing_is_the_one_that_the_client_likes_best() {
    let path = "/pkg/0a1b/longshore.js";
    let mut tags = std::collections::BTreeSet::new();
    for (accepts, encoding, expected) in [
        ("", "", "plain"),
        ("identity", "", "plain"),
        ("gzip, deflate, br, zstd", "br", "as br"),
        ("GZIP", "gzip", "as gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip", "as gzip"),
        ("br;q=0, gzip", "gzip", "as gzip"),
        ("br;q=0, gzip;q=0.0", "", "plain"),
        ("*", "br", "as br"),
        ("*;q=0.1, br;q=0", "gzip", "as gzip"),
        ("br;q=x", "", "plain"),
    ] {
        let (response, body) = ask(Method::GET, path, &[(header::ACCEPT_ENCODING, accepts)]).await.expect(path);
        assert_eq!((value(&response, header::CONTENT_ENCODING), body.as_str()), (encoding, expected), "{accepts}");
        assert_eq!(value(&response, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        tags.insert(value(&response, header::ETAG).to_owned());
    }
    assert_eq!(tags.len(), 3, "each packing has its own tag");
    let (response, _) = ask(Method::GET, "/icons.svg", &[(header::ACCEPT_ENCODING, "br")]).await.expect("the icons");
    assert_eq!(value(&response, header::CONTENT_ENCODING), "", "there is no packed one");
}

#[tokio::test]
async fn a_head_is_an_answer_without_its_body() {
    let (response, body) = ask(Method::HEAD, "/pkg/0a1b/longshore.js", &[]).await.expect("the program");
    assert_eq!((response.status(), value(&response, header::CONTENT_LENGTH), body.as_str()), (StatusCode::OK, "6", ""));
    let (response, _) = ask(Method::POST, "/icons.svg", &[]).await.expect("the icons");
    assert_eq!((response.status(), value(&response, header::ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
}

#[tokio::test]
async fn what_is_no_file_is_not_found_and_nothing_else_is_a_file() {
    for path in [
        "/pkg/",
        "/pkg/ffff/longshore.js",
        "/pkg/0a1b/longshore.js.br",
        "/pkg/../hash.txt",
        "/pkg/0a1b",
        "/fonts/none.woff2",
        "/pkg/%2e%2e/hash.txt",
    ] {
        let (response, _) = ask(Method::GET, path, &[]).await.expect(path);
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for path in [
        "/",
        "/hash.txt",
        "/../Cargo.toml",
        "//etc/passwd",
        "/runs",
        "/.hidden",
        "/./icons.svg",
        "/icons.svg/",
        "/icons%2esvg",
    ] {
        assert!(ask(Method::GET, path, &[]).await.is_none(), "{path}");
    }
}

#[test]
fn the_folder_is_the_one_that_was_built_last() {
    #[derive(RustEmbed)]
    #[folder = "src/tests/fixtures/site/fonts"]
    struct None;
    assert_eq!(pkg_dir_of::<Small>(), "pkg/0a1b");
    assert_eq!(pkg_dir_of::<None>(), "pkg/missing");
}
