//! How the kernel starts a program: which loader it asks for.

use std::{
    ffi::OsStr,
    fs,
    io::Read as _,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

/// The loader that a dynamically linked program is started by. Official rclones have none.
pub(super) fn interpreter(program: &Path) -> Option<PathBuf> {
    let mut head = Vec::new();
    fs::File::open(program).ok()?.take(64 << 10).read_to_end(&mut head).ok()?;
    let number = |at: usize, len: usize| {
        let bytes = head.get(at..at.checked_add(len)?)?;
        bytes.iter().rev().try_fold(0usize, |number, byte| number.checked_mul(256)?.checked_add((*byte).into()))
    };
    // An ELF file of 64 bits, least significant byte first: its program headers, among them the one that names the
    // loader.
    if head.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (first, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let header = (0..count).find_map(|n| {
        let at = first.checked_add(n.checked_mul(size)?)?;
        (number(at, 4)? == 3).then_some(at)
    })?;
    let (start, len) = (number(header.checked_add(8)?, 8)?, number(header.checked_add(32)?, 8)?);
    let name = head.get(start..start.checked_add(len)?)?;
    Some(PathBuf::from(OsStr::from_bytes(name.strip_suffix(b"\0").unwrap_or(name))))
}
