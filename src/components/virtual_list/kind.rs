//! What a file is, by its name: an icon and a word.

use crate::domain::file::Entry;

/// The icon and the word for what an entry is.
#[must_use]
pub fn kind(entry: &Entry) -> (&'static str, &'static str) {
    if entry.is_dir {
        return ("folder", "Folder");
    }
    let extension =
        entry.name.rsplit_once('.').map_or("", |(stem, extension)| if stem.is_empty() { "" } else { extension });
    match extension.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif" | "heic" | "heif" | "svg" | "bmp" | "tif" | "tiff" | "raw"
        | "dng" | "cr2" | "nef" | "arw" | "psd" => ("image", "Image"),
        "mp4" | "mov" | "mkv" | "avi" | "webm" | "m4v" | "mpg" | "mpeg" | "wmv" => ("film", "Video"),
        "mp3" | "flac" | "wav" | "ogg" | "opus" | "m4a" | "aac" | "aiff" => ("file", "Audio"),
        "zip" | "tar" | "gz" | "tgz" | "zst" | "xz" | "bz2" | "7z" | "rar" | "lz4" | "iso" => {
            ("file-archive", "Archive")
        }
        "pdf" => ("file-text", "PDF"),
        "txt" | "md" | "log" | "csv" | "tsv" | "json" | "jsonl" | "xml" | "yml" | "yaml" | "toml" | "ini" | "conf"
        | "html" | "css" | "js" | "ts" | "rs" | "py" | "go" | "c" | "h" | "sh" | "sql" => ("file-text", "Text"),
        "doc" | "docx" | "odt" | "rtf" | "xls" | "xlsx" | "ods" | "ppt" | "pptx" | "odp" | "epub" => {
            ("file-text", "Document")
        }
        _ => ("file", "File"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_comes_from_the_last_extension() {
        let kind = |name: &str, is_dir| kind(&Entry { name: name.to_owned(), is_dir, ..Entry::default() }).1;
        assert_eq!(kind("IMG.HEIC", false), "Image");
        assert_eq!(kind("raw.tar.zst", false), "Archive");
        assert_eq!(kind("photos.zip", true), "Folder");
        assert_eq!(kind(".md", false), "File");
    }
}
