//! A log as a file to take away: one JSON object a line, without secrets.

use std::{
    borrow::Cow,
    collections::VecDeque,
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Take},
    path::Path,
};

use serde_json::{Value, json};

use super::{lines::sources, reader::LONGEST};
use crate::server::rclone::error::redact::redact;

/// Most bytes of a log that are given: all that is kept of one; of one that still grows, its end.
const MAX_BYTES: u64 = (16 << 20) + (64 << 10);
/// How much is given at once, at least.
const PIECE: usize = 64 << 10;

/// A log that is given piece by piece.
#[derive(Debug)]
pub struct Raw {
    files: VecDeque<BufReader<Take<File>>>,
    /// Whether the first line may be the rest of one.
    inside: bool,
}

impl Raw {
    /// That of the run in `dir`, as it is now.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let sources = sources(dir)?;
        let mut skip = sources.iter().map(|segment| segment.len).sum::<u64>().saturating_sub(MAX_BYTES);
        let inside = skip > 0;
        let mut files = VecDeque::new();
        for mut segment in sources {
            let start = skip.min(segment.len);
            skip -= start;
            segment.file.seek(SeekFrom::Start(start))?;
            if start < segment.len {
                files.push_back(BufReader::with_capacity(PIECE, segment.file.take(segment.len - start)));
            }
        }
        Ok(Self { files, inside })
    }

    /// The next piece: whole lines. `None` at the end.
    pub fn piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (mut piece, mut line) = (Vec::with_capacity(PIECE * 2), Vec::new());
        while piece.len() < PIECE {
            let Some(file) = self.files.front_mut() else { break };
            line.clear();
            let n = file.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line)?;
            if n == 0 {
                self.files.pop_front();
                continue;
            }
            let whole = line.pop_if(|last| *last == b'\n').is_some();
            if !whole && n == LONGEST {
                // As everywhere, what is too long is passed over.
                file.skip_until(b'\n')?;
                line.clear();
            }
            if !std::mem::take(&mut self.inside) && !line.is_empty() {
                piece.extend_from_slice(clean(&line).as_bytes());
                piece.push(b'\n');
            }
        }
        Ok((!piece.is_empty()).then_some(piece))
    }
}

/// A line without secrets: as it is when it has none.
fn clean(line: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(line);
    match serde_json::from_slice::<Value>(line) {
        Ok(value @ Value::Object(_)) => {
            // Where nothing looks like a secret in the text, nothing does in what it means; what is escaped is looked
            // at as it is meant.
            let is_clean = redact(&text) == text && (!text.contains('\\') || without_secrets(value.clone()) == value);
            if is_clean { text } else { without_secrets(value).to_string().into() }
        }
        _ => json!({ "level": "", "msg": redact(&text) }).to_string().into(),
    }
}

fn without_secrets(value: Value) -> Value {
    match value {
        Value::String(text) => redact(&text).into(),
        Value::Array(values) => values.into_iter().map(without_secrets).collect(),
        Value::Object(values) => values.into_iter().map(|(key, value)| (key, without_secrets(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::server::rclone::program::run_dir;

    fn pieces(dir: &Path) -> Vec<Vec<u8>> {
        let mut raw = Raw::open(dir).expect("opened");
        std::iter::from_fn(|| raw.piece().expect("read")).collect()
    }

    #[test]
    fn every_line_is_json_and_none_has_a_secret() {
        let dir = tempfile::tempdir().expect("a folder");
        let quoted = r#"{"time":"t","level":"error","msg":"Failed for \":sftp,pass=\"hunter2\":\" at https://bob:hunter2@host/","stats":{"lastError":"Bearer hunter2"}}"#;
        let plain = r#"{"time":"2026-11-23T04:04:31Z","level":"info","msg":"Copied (new)","object":"<img onerror>"}"#;
        fs::write(dir.path().join(run_dir::LOG), format!("{plain}\n{quoted}\n\nno json, pass=hunter2\n[1]\n"))
            .expect("written");
        fs::write(dir.path().join(run_dir::STDERR), "token=hunter2\n").expect("written");
        let text = String::from_utf8(pieces(dir.path()).concat()).expect("text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines.len(), lines[1]), (5, plain));
        for line in lines {
            assert!(
                serde_json::from_str::<Value>(line).expect(line).is_object() && !line.contains("hunter2"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_log_that_grows_gives_its_end_in_whole_lines() {
        let dir = tempfile::tempdir().expect("a folder");
        let text: String = (0..200_000).map(|n| format!("{{\"n\":\"{n:0>110}\"}}\n")).collect();
        fs::write(dir.path().join(run_dir::LOG), &text[..text.len() - 1_000_000]).expect("written");
        fs::rename(dir.path().join(run_dir::LOG), dir.path().join("log-2026-11-24T21-42-43.958.jsonl"))
            .expect("set aside");
        fs::write(dir.path().join(run_dir::LOG), &text[text.len() - 1_000_000..]).expect("written");
        let pieces = pieces(dir.path());
        assert!(pieces.len() > 200 && pieces.iter().all(|piece| piece.starts_with(b"{") && piece.ends_with(b"}\n")));
        let size = pieces.iter().map(Vec::len).sum::<usize>() as u64;
        assert!(size <= MAX_BYTES + 200 && size > MAX_BYTES - 400, "{size}");
    }

    #[test]
    fn what_is_too_long_is_passed_over() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join(run_dir::LOG), ["{}\n", &"x".repeat(LONGEST * 3), "\n{\"a\":1}\n{\"half"].concat())
            .expect("written");
        assert_eq!(pieces(dir.path()).concat(), b"{}\n{\"a\":1}\n{\"level\":\"\",\"msg\":\"{\\\"half\"}\n");
        assert!(pieces(&dir.path().join("none")).is_empty());
    }
}
