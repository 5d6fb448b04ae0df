//! Files in a location, and how much.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::{Deserialize, Serialize};
use tokio_util::task::AbortOnDropHandle;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    current_actor::CurrentActor,
    extract::{ApiError, Params},
};
use crate::{
    domain::{
        error::AppError,
        file::{Cursor, Entry, TreeQuery},
        location::Location,
        time::Timestamp,
        unaddressable::Unaddressable,
    },
    server::{
        services::{files, remotes},
        state::AppState,
    },
};

/// Entries that are made into text at a time.
const PIECE: usize = 256;
/// How long a client may take for an answer.
const SENT_WITHIN: Duration = Duration::from_secs(600);
/// Bytes in a MiB.
const MIB: f64 = 1_048_576.0;

/// Their routes.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(size))
}

/// Which files are wanted.
#[derive(Deserialize)]
struct ListQuery {
    remote_path: String,
    #[serde(default)]
    recursive: bool,
    max_depth: Option<u32>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A file or folder.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "path": "archive/2026/lisbon.jpg", "name": "lisbon.jpg", "size": 3_145_728, "mime_type": "image/jpeg", "mod_time": "2026-05-12T09:30:00Z", "is_dir": false,
}))]
struct BackupFile {
    /// Its path from the root of the remote, as in `archive/2026/lisbon.jpg` of `photos-s3:archive/2026/lisbon.jpg`; on
    /// this server an absolute path. With the remote's name and a colon before it, it can be given back as
    /// `remote_path`, unless it is `unaddressable`. That of an entry whose name is empty ends in two slashes.
    path: String,
    /// Its name.
    name: String,
    /// Bytes; -1 for a folder and where the provider does not tell.
    size: i64,
    /// By its name; `inode/directory` for a folder.
    mime_type: String,
    /// When it was modified; null where the provider does not tell.
    mod_time: Option<Timestamp>,
    /// Whether it is a folder.
    is_dir: bool,
    /// Why it cannot be opened by its path; absent where it can. Every call refuses such a path, instead of opening
    /// another thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    unaddressable: Option<Unaddressable>,
}

impl BackupFile {
    fn new(listed: &Location, entry: &Entry) -> Self {
        let name = entry.name.rsplit('/').next().unwrap_or(&entry.name).to_owned();
        let mime_type = if entry.is_dir {
            "inode/directory".to_owned()
        } else {
            mime_guess::from_path(&name).first_or_octet_stream().essence_str().to_owned()
        };
        let size = entry.size.and_then(|size| i64::try_from(size).ok()).unwrap_or(-1);
        let mut path = listed.join(&entry.name).path().to_owned();
        if name.is_empty() {
            // One slash would be the folder itself.
            path.push('/');
        }
        Self {
            path,
            name,
            size,
            mime_type,
            mod_time: entry.mod_time,
            is_dir: entry.is_dir,
            unaddressable: entry.unaddressable,
        }
    }
}

/// List files
///
/// In the order of paths. With `limit` in pages: give the header `X-Next-Cursor` back as `cursor` to have the next one.
/// All pages are of the listing that the first one began, which is kept for 10 minutes after each: no entry is lost or
/// told twice, also where a provider has several of one name. When it is not kept any more and something has changed,
/// the answer is 409, and the client begins again without a cursor.
///
/// Two listings of one person are made and sent at once, four of all people; more wait, and when too many wait the
/// answer is 429 or 503 with `Retry-After`. What does not fit into the memory that listings have is refused: with 503
/// when others have it now, with 413 when it alone is too much. An answer that is not read to its end within 10 minutes
/// breaks off.
#[utoipa::path(get, path = "/api/v1/backups/rclone/list", tag = "rclone",
    params(
        ("remote_path" = String, Query, description = "`remote:path`, or an absolute path of this server in an allowed folder", example = "photos-s3:archive"),
        ("recursive" = Option<bool>, Query, description = "include what is in folders"),
        ("max_depth" = Option<u32>, Query, description = "with `recursive`: levels of folders", minimum = 1, maximum = 1000),
        ("limit" = Option<u32>, Query, description = "how many; all when absent", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "the cursor from the previous page"),
    ),
    responses((status = 200, body = [BackupFile], headers(
        ("X-Next-Cursor" = String, description = "absent on the last page"),
        ("X-Undecryptable-Names" = u64, description = "how many names of this folder an encrypting remote leaves out, because it cannot decrypt them; absent when none"),
    )),
        (status = 404, body = AppError), (status = 409, body = AppError), (status = 413, body = AppError), (status = 504, body = AppError)))]
async fn list(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<ListQuery>,
) -> Result<Response, ApiError> {
    let location = query.remote_path.clone();
    let after = query.cursor.as_deref().map(read_cursor).transpose()?;
    let depth = if query.recursive { query.max_depth } else { Some(1) };
    let tree =
        files::list_tree(&actor, &app, &TreeQuery { location: query.remote_path, depth, after, limit: query.limit })
            .await?;
    let cursor = tree.next.as_ref().and_then(|cursor| HeaderValue::try_from(cursor.to_string()).ok());
    let undecryptable = remotes::undecryptable(&actor, &app, &location).await?;
    let mut response = sent(tree).into_response();
    if undecryptable > 0 {
        response.headers_mut().insert("x-undecryptable-names", undecryptable.into());
    }
    if let Some(cursor) = cursor {
        response.headers_mut().insert("x-next-cursor", cursor);
    }
    Ok(response)
}

/// An array of all entries, made while it is sent: who reads slowly takes no more memory than who reads fast. When it
/// takes too long the answer breaks off, as the client sees by its end.
fn sent(tree: files::Tree) -> impl IntoResponse {
    let tree = Arc::new(Mutex::new(Some(tree)));
    let late = {
        let tree = Arc::clone(&tree);
        tokio::spawn(async move {
            tokio::time::sleep(SENT_WITHIN).await;
            lock(&tree).take();
        })
    };
    let late = AbortOnDropHandle::new(late);
    let pieces = (0..).step_by(PIECE).map_while(move |from| {
        let _ = &late;
        piece(lock(&tree).as_ref(), from).transpose()
    });
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(stream::iter(pieces)))
}

/// The entries from an index on, as a part of the array; `None` after its end.
fn piece(tree: Option<&files::Tree>, from: usize) -> io::Result<Option<Bytes>> {
    let tree = tree.ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "the answer was not read in time"))?;
    // An empty array has one piece as well.
    if from > 0 && from >= tree.len() {
        return Ok(None);
    }
    let mut text = Vec::with_capacity(PIECE * 200);
    text.extend(if from == 0 { b"[" } else { b"," });
    for (n, entry) in tree.entries(from, PIECE).enumerate() {
        if n > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, &BackupFile::new(&tree.location, entry))?;
    }
    if from + PIECE >= tree.len() {
        text.push(b']');
    }
    Ok(Some(text.into()))
}

/// Nothing that holds this lock can panic.
fn lock(tree: &Mutex<Option<files::Tree>>) -> MutexGuard<'_, Option<files::Tree>> {
    tree.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_cursor(cursor: &str) -> Result<Cursor, AppError> {
    cursor.parse().map_err(|()| AppError::invalid("cursor", "This is not a cursor from a page."))
}

#[derive(Deserialize)]
struct SizeQuery {
    remote_path: String,
}

/// How much lies somewhere.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "remote_path": "photos-s3:archive", "size_bytes": 10_737_418_240_u64, "size_mb": 10240.0, "size_gb": 10.0, "objects": 4001, "sizeless": 0 }))]
struct BackupSize {
    /// What was measured.
    remote_path: String,
    /// Bytes.
    size_bytes: u64,
    /// The same in MiB.
    size_mb: f64,
    /// The same in GiB.
    size_gb: f64,
    /// Files.
    objects: u64,
    /// Those of them whose size the provider does not tell: they are not in the bytes, which then are what it holds at
    /// least.
    sizeless: u64,
}

/// Measure a location
///
/// How many files are in it, and how many bytes they have together. Three of one person are counted at once, six of all
/// people; more wait, and when too many wait the answer is 429 or 503 with `Retry-After`.
#[utoipa::path(get, path = "/api/v1/backups/rclone/size", tag = "rclone",
    params(("remote_path" = String, Query, description = "`remote:path`, or an absolute path of this server in an allowed folder", example = "photos-s3:archive")),
    responses((status = 200, body = BackupSize), (status = 404, body = AppError), (status = 504, body = AppError)))]
async fn size(
    CurrentActor(actor): CurrentActor,
    State(app): State<AppState>,
    Params(query): Params<SizeQuery>,
) -> Result<Json<BackupSize>, ApiError> {
    let (location, size) = files::size(&actor, &app, &query.remote_path).await?;
    #[expect(clippy::cast_precision_loss, reason = "a unit of a thousandth part")]
    let mib = size.bytes as f64 / MIB;
    Ok(Json(BackupSize {
        remote_path: location.to_string(),
        size_bytes: size.bytes,
        size_mb: mib,
        size_gb: mib / 1024.0,
        objects: size.objects,
        sizeless: size.sizeless,
    }))
}
