//! Pre-compression: the server hands out what was compressed once, as hard as it goes.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::site;

/// What shrinks. Fonts and pictures are compressed already.
const KINDS: [&str; 7] = ["wasm", "js", "css", "svg", "json", "txt", "webmanifest"];

/// Writes `.br` and `.gz` beside each file of the folder that gets smaller by it.
pub fn folder(folder: &Path) -> Result<()> {
    for file in site::files(folder)? {
        if !file.extension().and_then(OsStr::to_str).is_some_and(|kind| KINDS.contains(&kind)) {
            continue;
        }
        let content = fs::read(&file)?;
        for (kind, packed) in [("br", brotli(&content)?), ("gz", gzip(&content)?)] {
            if packed.len() < content.len() {
                fs::write(beside(&file, kind), packed).with_context(|| format!("compress {}", file.display()))?;
            }
        }
    }
    Ok(())
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut packer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
    packer.write_all(content)?;
    Ok(packer.into_inner())
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(content)?;
    Ok(packer.finish()?)
}

fn beside(file: &Path, kind: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(kind);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shrinks_gets_two_companions_and_nothing_else_does() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::write(dir.path().join("a.css"), "a { color: red }\n".repeat(100)).expect("a file");
        fs::write(dir.path().join("b.css"), "x").expect("a file");
        fs::write(dir.path().join("c.woff2"), "x".repeat(1000)).expect("a file");
        folder(dir.path()).expect("compressed");
        let names: Vec<_> = site::files(dir.path())
            .expect("the files")
            .iter()
            .filter_map(|file| file.file_name()?.to_str().map(str::to_owned))
            .collect();
        assert_eq!(names, ["a.css", "a.css.br", "a.css.gz", "b.css", "c.woff2"]);
    }
}
