//! The files of the front end, in the program itself. In a debug build they are read from `target/site` at each
//! request, so a new front end needs no new server.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::extract::ApiError;
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
        return only_files.then(|| ApiError(AppError::not_found("file with this name")).into_response());
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
mod tests;
