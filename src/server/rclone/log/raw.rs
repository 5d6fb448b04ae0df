//! A log as a file to take away: one JSON object a line, without secrets.

use std::{
    borrow::Cow,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use serde_json::{Value, json};

use super::{super::redact::redact, lines::sources, reader};

/// Most bytes of a log that are given: all that is kept of one; of one that still grows, its end.
const MOST: u64 = (16 << 20) + (64 << 10);
/// How much is given at once.
const PIECE: usize = 64 << 10;

/// Calls `give` with the log of the run in `dir`, piece by piece, until it is at its end or `give` says that nobody wants more.
pub fn raw(dir: &Path, mut give: impl FnMut(Vec<u8>) -> bool) -> io::Result<()> {
    let mut sources = sources(dir)?;
    let mut skip = sources.iter().map(|segment| segment.len).sum::<u64>().saturating_sub(MOST);
    let mut piece = Vec::with_capacity(PIECE * 2);
    for segment in &mut sources {
        let start = skip.min(segment.len);
        skip -= start;
        segment.file.seek(SeekFrom::Start(start))?;
        let mut inside = start > 0;
        reader::each((&segment.file).take(segment.len - start), true, |line| {
            // The first may be the rest of one.
            if std::mem::take(&mut inside) || line.is_empty() {
                return Ok(());
            }
            piece.extend_from_slice(clean(line).as_bytes());
            piece.push(b'\n');
            if piece.len() >= PIECE && !give(std::mem::take(&mut piece)) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        })
        .or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })?;
    }
    if !piece.is_empty() {
        give(piece);
    }
    Ok(())
}

/// A line without secrets: as it is when it has none.
fn clean(line: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(line);
    match serde_json::from_slice::<Value>(line) {
        Ok(value @ Value::Object(_)) => {
            // Where nothing looks like a secret in the text, nothing does in what it means.
            if redact(&text) == text { text } else { without_secrets(value).to_string().into() }
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

    use super::{
        super::{FILE, STDERR},
        *,
    };

    #[test]
    fn every_line_is_json_and_none_has_a_secret() {
        let dir = tempfile::tempdir().expect("a folder");
        let quoted = r#"{"time":"t","level":"error","msg":"Failed for \":sftp,pass=\"hunter2\":\" at https://bob:hunter2@host/","stats":{"lastError":"Bearer hunter2"}}"#;
        let plain = r#"{"time":"2026-11-23T04:04:31Z","level":"info","msg":"Copied (new)","object":"<img onerror>"}"#;
        fs::write(dir.path().join(FILE), format!("{plain}\n{quoted}\n\nno json, pass=hunter2\n[1]\n")).expect("written");
        fs::write(dir.path().join(STDERR), "token=hunter2\n").expect("written");
        let mut bytes = Vec::new();
        raw(dir.path(), |piece| {
            bytes.extend(piece);
            true
        })
        .expect("read");
        let text = String::from_utf8(bytes).expect("text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines.len(), lines[1]), (5, plain));
        for line in lines {
            assert!(serde_json::from_str::<Value>(line).expect(line).is_object() && !line.contains("hunter2"), "{line}");
        }
    }

    #[test]
    fn a_log_that_grows_gives_its_end_and_whoever_has_enough_stops_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let text: String = (0..200_000).map(|n| format!("{{\"n\":\"{n:0>110}\"}}\n")).collect();
        fs::write(dir.path().join(FILE), &text).expect("written");
        let (mut size, mut first) = (0, None);
        raw(dir.path(), |piece| {
            size += piece.len() as u64;
            first.get_or_insert(piece);
            true
        })
        .expect("read");
        assert!(size <= MOST && size > MOST - 200);
        assert!(first.expect("some").starts_with(b"{\"n\":"), "the rest of a line is no line");
        let mut pieces = 0;
        raw(dir.path(), |_| {
            pieces += 1;
            pieces < 3
        })
        .expect("read");
        assert_eq!(pieces, 3);
    }
}
