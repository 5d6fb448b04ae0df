//! Reads the body of an answer: a short one at once, a long one piece by piece while it is parsed.

use std::io::{self, Read};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use tokio::sync::mpsc;

use crate::server::rclone::error::RcloneError;

/// Largest answer, in bytes. What is made of it while it comes may be limited to less.
const LARGEST: usize = 1 << 30;
/// Answers above this are parsed off the async threads, while they come: they are never in memory as a whole.
const LARGE: usize = 256 << 10;
/// Pieces of an answer that wait to be parsed. rclone waits for us then.
const PIECES: usize = 8;

/// The beginning of an answer; and the rest, where it is larger than that.
pub(super) async fn begin(body: Incoming) -> Result<(Vec<u8>, Option<Limited<Incoming>>), RcloneError> {
    let (mut body, mut begin) = (Limited::new(body, LARGEST), Vec::new());
    while let Some(data) = next(&mut body).await? {
        begin.extend_from_slice(&data);
        if begin.len() > LARGE {
            return Ok((begin, Some(body)));
        }
    }
    Ok((begin, None))
}

/// The next piece of an answer.
async fn next(body: &mut Limited<Incoming>) -> Result<Option<Bytes>, RcloneError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                RcloneError::Failed {
                    message: "There is too much to show: rclone's answer is larger than 1 GiB.".into(),
                }
            } else {
                RcloneError::Broken(format!("rclone's answer broke off: {error}"))
            }
        })?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Parses an answer on another thread while its rest comes.
pub(super) async fn parse_as_it_comes<T: Send + 'static>(
    begin: Vec<u8>,
    mut rest: Limited<Incoming>,
    parse: impl FnOnce(&mut dyn Read) -> serde_json::Result<T> + Send + 'static,
) -> Result<serde_json::Result<T>, RcloneError> {
    let (sender, receiver) = mpsc::channel(PIECES);
    let parsing = tokio::task::spawn_blocking(move || parse(&mut Pieces { piece: begin.into(), more: receiver }));
    while let Some(piece) = next(&mut rest).await? {
        if sender.send(piece).await.is_err() {
            // It has what it wants, or cannot read it.
            break;
        }
    }
    drop(sender);
    parsing.await.map_err(|_| RcloneError::Broken("a task was cancelled".into()))
}

/// An answer, piece after piece. When the call is dropped it ends in the middle, and what reads it fails.
struct Pieces {
    piece: Bytes,
    more: mpsc::Receiver<Bytes>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.more.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let taken = self.piece.split_to(buffer.len().min(self.piece.len()));
        buffer[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}
