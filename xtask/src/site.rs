//! Files and folders of the site: walk, copy, digest.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// All files below a folder, sorted, so that a digest over them is the same everywhere. A missing folder has none.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("read {}", folder.display()))?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a folder over another; what is there only in the other stays.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in files(from)? {
        let target = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(target.parent().context("a file lies in a folder")?)?;
        fs::copy(&file, &target).with_context(|| format!("copy {} to {}", file.display(), target.display()))?;
    }
    Ok(())
}

/// Removes a folder, if it is there.
pub fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// A digest over names and contents of all files below some folders, and over a word that stands for the rest.
pub fn digest(word: &str, folders: &[&Path]) -> Result<String> {
    let mut sha = Sha256::new_with_prefix(word);
    for folder in folders {
        for file in files(folder)? {
            let content = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
            // Lengths between the parts: no two different trees read the same.
            sha.update(file.strip_prefix(folder)?.as_os_str().as_encoded_bytes());
            sha.update([0]);
            sha.update(content.len().to_le_bytes());
            sha.update(content);
        }
    }
    Ok(hex(&sha.finalize()))
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_sees_names_contents_and_the_word() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let of = |word: &str| digest(word, &[dir.path()]).expect("a digest");
        let empty = of("debug");
        fs::create_dir(dir.path().join("a")).expect("a folder");
        fs::write(dir.path().join("a/b"), "c").expect("a file");
        let one = of("debug");
        assert_ne!(empty, one);
        assert_eq!(one, of("debug"));
        assert_ne!(one, of("release"));
        fs::rename(dir.path().join("a/b"), dir.path().join("a/c")).expect("another name");
        assert_ne!(one, of("debug"));
    }

    #[test]
    fn sha256_is_the_known_one() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
