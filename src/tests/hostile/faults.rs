//! What rclone and the peers themselves do wrong, or do not take: the plain rclone fails there in the same way. The
//! console has to say so.

use crate::support::Kind;

/// Names with which an operation fails, and why.
struct Fault {
    /// Where; everywhere when empty.
    kinds: &'static [Kind],
    /// With what; with all when empty.
    operations: &'static [&'static str],
    /// Whether the plain rclone does not fail: the peer says that all is well, and keeps another name. No console can
    /// know better, so the name is not tried there.
    silent: bool,
    /// Whether it is about this name.
    about: fn(&[u8]) -> bool,
    /// Why.
    why: &'static str,
}

const fn fails(
    kinds: &'static [Kind],
    operations: &'static [&'static str],
    about: fn(&[u8]) -> bool,
    why: &'static str,
) -> Fault {
    Fault { kinds, operations, silent: false, about, why }
}

const fn renames(kinds: &'static [Kind], about: fn(&[u8]) -> bool, why: &'static str) -> Fault {
    Fault { kinds, operations: &[], silent: true, about, why }
}

/// The whole table.
const FAULTS: &[Fault] = &[
    fails(
        &[],
        &[],
        |name| holds(name, "\u{201b}\u{240a}"),
        "rclone cannot open a local name with a quoted picture of a control character",
    ),
    fails(&[Kind::Moto], &[], |name| name.contains(&b'\n'), "moto answers a PUT of a name with a newline with 404"),
    fails(
        &[Kind::Moto],
        &["move"],
        |name| name.contains(&b';') || name.contains(&b'&'),
        "moto cuts the source of a server-side copy there",
    ),
    fails(
        &[Kind::Ftp, Kind::Ftps],
        &[],
        |name| name.starts_with(b"."),
        "vsftpd does not list names that begin with a dot",
    ),
    fails(
        &[Kind::WsgiDav],
        &["move"],
        |name| name.contains(&b'?') || name.contains(&b';'),
        "WsgiDAV cuts the name of a Destination there",
    ),
    fails(&[Kind::WsgiDav], &[], |name| std::str::from_utf8(name).is_err(), "WsgiDAV takes no name that is not UTF-8"),
    renames(&[Kind::Smb], |name| name == b"CON", "Samba keeps the names of devices under others"),
    renames(
        &[Kind::RcloneS3],
        |name| {
            name.iter().any(|byte| *byte < b' ' || *byte == 0x7f)
                || std::str::from_utf8(name).is_err()
                || holds(name, "\u{240a}")
        },
        "rclone serve s3 keeps control characters and what is not UTF-8 as pictures",
    ),
];

fn holds(name: &[u8], text: &str) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| name.contains(text))
}

/// Why this is known to fail, if it is.
pub fn known(kind: Kind, operation: &str, name: &[u8]) -> Option<&'static str> {
    let fits = |fault: &&Fault| {
        let (kinds, operations) = (fault.kinds, fault.operations);
        (kinds.is_empty() || kinds.contains(&kind))
            && (operations.is_empty() || operations.contains(&operation))
            && (fault.about)(name)
    };
    FAULTS.iter().find(fits).map(|fault| fault.why)
}

/// Whether a peer keeps this under another name, and says that all is well.
pub fn renamed(kind: Kind, name: &[u8]) -> bool {
    FAULTS.iter().any(|fault| fault.silent && fault.kinds.contains(&kind) && (fault.about)(name))
}
