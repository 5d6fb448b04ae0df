//! The files of the front end, in the program itself. In a debug build they are read from `target/site` at each
//! request, so a new front end needs no new server.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::extract::Problem;
use crate::domain::error::AppError;

#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// Names the folder of what was built last.
const HASH: &str = "hash.txt";
/// Where the folders that are named by their content are. Such a name never means anything else.
const PACKAGES: &str = "pkg/";
/// Where fonts are. They hardly ever change, and text waits for them.
const FONTS: &str = "fonts/";
/// Ways of packing, best first: their names in HTTP, and what the packed file's name ends with.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The folder of the program and its style sheet, as a path without slashes at its ends.
#[must_use]
pub fn pkg_dir() -> String {
    pkg_dir_of::<Site>()
}

fn pkg_dir_of<S: RustEmbed>() -> String {
    let hash = S::get(HASH).map(|file| String::from_utf8_lossy(&file.data).trim().to_owned());
    let hash = hash.filter(|hash| !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if hash.is_none() {
        tracing::warn!("there is no front end: pages will be bare (cargo xtask builds it)");
    }
    format!("{PACKAGES}{}", hash.as_deref().unwrap_or("missing"))
}

/// The file that is asked for, if it is one. A folder that holds nothing but files answers for itself: nobody wants a
/// page from there.
#[must_use]
pub fn find(request: &Request) -> Option<Response> {
    find_in::<Site>(request)
}

fn find_in<S: RustEmbed>(request: &Request) -> Option<Response> {
    let name = request.uri().path().strip_prefix('/')?;
    let Some(plain) = open::<S>(name) else {
        let only_files = [PACKAGES, FONTS].iter().any(|folder| name.starts_with(folder));
        return only_files.then(|| Problem(AppError::not_found("file with this name")).into_response());
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response());
    }
    let packed =
        wanted(request.headers()).find_map(|(encoding, end)| Some((S::get(&format!("{name}{end}"))?, Some(encoding))));
    let (file, encoding) = packed.unwrap_or((plain, None));
    Some(answer(request, name, file, encoding))
}

/// A file that may be asked for by its name. Not the packed ones, which stand in for others.
fn open<S: RustEmbed>(name: &str) -> Option<EmbeddedFile> {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let is_hidden =
        name == HASH || ENCODINGS.iter().any(|(_, end)| name.ends_with(end)) || !name.split('/').all(is_plain);
    if is_hidden { None } else { S::get(name) }
}

fn answer(request: &Request, name: &str, file: EmbeddedFile, encoding: Option<&'static str>) -> Response {
    // Of the bytes that are sent: each way of packing has a tag of its own.
    let tag = format!(
        "\"{}\"",
        file.metadata.sha256_hash()[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    );
    let cache = match name {
        _ if name.starts_with(PACKAGES) => "public, max-age=31536000, immutable",
        _ if name.starts_with(FONTS) => "public, max-age=3600",
        _ => "no-cache",
    };
    let response = Response::builder().header(header::ETAG, &tag).header(header::CACHE_CONTROL, cache);
    let mut response = response.header(header::VARY, "accept-encoding");
    if is_known(request.headers(), &tag) {
        return response.status(StatusCode::NOT_MODIFIED).body(Body::empty()).unwrap_or_default();
    }
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    response = response.header(header::CONTENT_TYPE, kind).header(header::CONTENT_LENGTH, file.data.len());
    if let Some(encoding) = encoding {
        response = response.header(header::CONTENT_ENCODING, encoding);
    }
    let body = if request.method() == Method::HEAD { Body::empty() } else { Body::from(file.data) };
    response.body(body).unwrap_or_default()
}

/// Whether the client has what has this tag.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let mut tags = values(headers, header::IF_NONE_MATCH);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The ways of packing that the client takes: what it likes most first, and among equals the best.
fn wanted(headers: &HeaderMap) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut wanted: Vec<_> =
        ENCODINGS.into_iter().map(|known| (quality(headers, known.0), known)).filter(|(q, _)| *q > 0.0).collect();
    wanted.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    wanted.into_iter().map(|(_, known)| known)
}

/// How much the client likes a way of packing, from 0 (not at all) to 1.
fn quality(headers: &HeaderMap, encoding: &str) -> f32 {
    let mut any = 0.0;
    for one in values(headers, header::ACCEPT_ENCODING) {
        let (name, parameters) = one.split_once(';').unwrap_or((one, ""));
        let q = parameters
            .split(';')
            .find_map(|parameter| parameter.trim().strip_prefix("q="))
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        match name.trim() {
            name if name.eq_ignore_ascii_case(encoding) => return q,
            "*" => any = q,
            _ => {}
        }
    }
    any
}

/// The parts of a header that is a list.
fn values(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
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
        let (response, _) =
            ask(Method::GET, "/icons.svg", &[(header::ACCEPT_ENCODING, "br")]).await.expect("the icons");
        assert_eq!(value(&response, header::CONTENT_ENCODING), "", "there is no packed one");
    }

    #[tokio::test]
    async fn a_head_is_an_answer_without_its_body() {
        let (response, body) = ask(Method::HEAD, "/pkg/0a1b/longshore.js", &[]).await.expect("the program");
        assert_eq!(
            (response.status(), value(&response, header::CONTENT_LENGTH), body.as_str()),
            (StatusCode::OK, "6", "")
        );
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
}
