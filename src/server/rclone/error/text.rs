//! rclone's errors in plain words. One table, so that every door says the same.

use super::{
    RcloneError,
    redact::{redact, redact_all},
};

/// What rclone's text holds when it gave up waiting.
const LATE: [&str; 5] =
    ["i/o timeout", "timeout awaiting", "deadline exceeded", "Client.Timeout", "TLS handshake timeout"];

/// The sentence of a text that speaks of a provider's sign-in.
const SIGN_IN: &str = "The sign-in at the provider has expired or was revoked. Run rclone authorize on a computer with a browser, and set the \
    remote up again with the token that it prints.";
const NO_AUTHORITY: &str = "The server's certificate is not trusted: no authority that is known here signed it, or it is another \
    one than this remote trusts. Test the remote to see it, and trust it there if it is the right one.";
const ADDRESS: &str = "Write the whole address, beginning with https:// or http://.";
const NO_WEB: &str = "This is not a web server: check host and port of the address.";
const NOT_CONNECTED: &str = "Longshore does not connect to this address: it is one of a cloud's metadata service (--metadata-service \
    allow changes that), of this console itself, or of a private network that --private-networks refuse keeps out.";
const AZURE: &str = "Azure refused the account name, the key or the signature (403).";
const REFUSED: &str = "The server refused the user name, password or key.";

/// What rclone's text holds, and what that means. The first that fits counts; `…` stands for whatever is between.
const MEANINGS: &[(&[&str], &str)] = &[
    // FTP.
    (
        &["implicit TLS and explicit TLS"],
        "Choose one of tls (implicit, port 990) and explicit_tls (port 21), not both.",
    ),
    (
        &["530 \"Please login with USER", "500 \"AUTH", "502 \"AUTH", "504 \"AUTH"],
        "The FTP server does not offer explicit TLS: turn explicit_tls off, or use tls on the port that is made for it.",
    ),
    (
        &[
            "Non-anonymous sessions must use encryption",
            "SSL/TLS required",
            "TLS is required",
            "FTP connection…AUTH TLS first",
        ],
        "The FTP server requires encryption: turn on explicit_tls.",
    ),
    (&["530 \""], "The FTP server refused the user name or password (530)."),
    (&["421 \""], "The FTP server accepts no more connections now (421): try again later, or set concurrency lower."),
    (
        &["426 \"", "Failure reading network stream"],
        "The FTP server broke off the transfer (426). Turn on disable_tls13 in the options of the remote: some servers fail with TLS 1.3.",
    ),
    (
        &["TLS session of data connection", "session reuse required", "must use cached TLS session"],
        "The FTP server wants one TLS session for both of its connections. Turn on disable_tls13 in the options of the remote, and leave \
         tls_cache_size as it is.",
    ),
    (
        &["425 \""],
        "The FTP server could not open the data connection (425): its passive ports must be reachable from here.",
    ),
    (&["552 \""], "The storage of the FTP server is full (552)."),
    // TLS and addresses.
    (
        &["first record does not look like a TLS handshake"],
        "The server does not speak TLS on this port. FTP: use explicit_tls in place of tls. Other addresses: begin with http://.",
    ),
    (
        &["server gave HTTP response to HTTPS client"],
        "The server speaks plain HTTP on this port: begin the address with http://.",
    ),
    (
        &["plain HTTP request was sent to HTTPS port", "sent an HTTP request to an HTTPS server"],
        "The server speaks HTTPS on this port: begin the address with https://.",
    ),
    (
        &["first path segment in URL cannot contain colon", "unsupported protocol scheme", "missing protocol scheme"],
        ADDRESS,
    ),
    (&["malformed HTTP status", "malformed HTTP response", "malformed HTTP version"], NO_WEB),
    // What the kernel answers where `connects` refuses. No file is meant.
    (&["connect: permission denied"], NOT_CONNECTED),
    (&["proxyconnect"], "The proxy could not be reached: check http_proxy."),
    (
        &["certificate has expired or is not yet valid"],
        "The server's certificate has expired, or is not valid yet: renew it on the server, or correct the clock here.",
    ),
    (
        &["doesn't contain any IP SANs"],
        "The server's certificate is not for this address: use the host name that it is for.",
    ),
    (
        &["relies on legacy Common Name", "not valid for any names"],
        "The server's certificate names no host in its subjectAltName, which is required: create a new certificate.",
    ),
    (&["signed by unknown authority", "certificate is not trusted", "self-signed certificate"], NO_AUTHORITY),
    (
        &["remote error: tls: bad certificate", "tls: certificate required"],
        "The server asks for a client certificate, which cannot be given here.",
    ),
    (
        &["tls: protocol version not supported", "remote error: tls: handshake failure", "tls: no supported versions"],
        "The server and rclone have no version of TLS or no cipher in common: the server's TLS is too old.",
    ),
    // SMB.
    (
        &["The attempted logon is invalid"],
        "The SMB server refused the user name or password. A Windows domain has a field of its own.",
    ),
    (&["Network Name Not Found"], "The SMB server has no share of this name."),
    (
        &["cannot be used to log on", "account restrictions"],
        "The SMB server does not let this account sign in from here: its administrator can allow it.",
    ),
    (&["open srvsvc"], "The SMB server does not list its shares: name one, as in remote:share."),
    (&["account is currently locked out"], "The account is locked on the SMB server: too many wrong passwords."),
    (
        &["password…expired", "password of this user must be changed"],
        "The password has expired on the server: change it there.",
    ),
    (
        &["couldn't connect SMB: connection error", "invalid transport format"],
        "This is not an SMB server: check host and port.",
    ),
    (&["{Access Denied}"], "Access was denied by the SMB server."),
    // SSH.
    (
        &["knownhosts: key mismatch"],
        "The server's host key is not the one in the known_hosts file of this remote. If the server was set up again, correct it there.",
    ),
    (
        &["knownhosts: key is unknown", "no authorities for hostname"],
        "The known_hosts file of this remote has no host key of this server: add it there, as ssh-keyscan prints it.",
    ),
    (&["passphrase protected"], "The private key is encrypted: give its passphrase as key_file_pass."),
    (
        &["no common algorithm for host key"],
        "The server no longer has a host key of the type that this remote trusts. Compare the one it has on the server itself, then trust it on \
         the page of the remote.",
    ),
    (
        &["no common algorithm"],
        "The server and rclone have no way to encrypt in common. Write what the server offers into key_exchange, ciphers or macs of the remote; for an \
         old server turn on use_insecure_cipher.",
    ),
    (
        &["couldn't parse host_keys"],
        "host_keys cannot be read: write each key as “ssh-ed25519 AAAA…”, the whole public key, not its fingerprint.",
    ),
    (&["unable to authenticate", "no supported methods remain", "unexpected message type 51"], REFUSED),
    (&["couldn't connect to ssh-agent"], "Give a password, or a private key (key_pem): Longshore has no SSH agent."),
    (
        &["failed to parse private key", "failed to parse key"],
        "The private key could not be read: check it and its passphrase.",
    ),
    (
        &["handshake failed: EOF", "overflow reading version string", "handshake failed: read tcp…reset by peer"],
        "The server ended the connection before the sign-in: check that this is the host and port of an SSH server, and that it lets this \
         machine in.",
    ),
    (&["subsystem request failed"], "The SSH server offers no SFTP: turn it on there (Subsystem sftp)."),
    (
        &["too many colons in address"],
        "The host is written with a scheme or a port: write the host alone, and an IPv6 address in brackets.",
    ),
    (&["invalid port"], "There is no such port: write a number between 1 and 65535."),
    // Azure.
    (
        &[
            "AuthenticationFailed",
            "AuthorizationFailure",
            "AuthorizationPermissionMismatch",
            "InvalidAuthenticationInfo",
        ],
        AZURE,
    ),
    (&["ERROR CODE: ContainerBeingDeleted"], "The container is being deleted: try again in some minutes."),
    (
        &["ERROR CODE: PublicAccessNotPermitted"],
        "This storage account allows no public access: set public_access to nothing.",
    ),
    (&["illegal base64 data"], "The key is not whole: paste it again as Azure shows it, with the = at its end."),
    (
        &["x-ms-version", "ERROR CODE: InvalidHeaderValue"],
        "The server does not know this version of Azure's API: it is too old for this rclone.",
    ),
    // S3.
    (
        &["InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity"],
        "The key was refused (403): check access key and secret.",
    ),
    (
        &[
            "AuthorizationHeaderMalformed",
            "PermanentRedirect",
            "MovedPermanently",
            "StatusCode: 301",
            "IllegalLocationConstraint",
        ],
        "The bucket lies in another region, or the key was refused: check region, endpoint, access key and secret.",
    ),
    (
        &["RequestTimeTooSkewed"],
        "The clock of this server is wrong by more than 15 minutes: S3 refuses that. Set the clock.",
    ),
    (
        &["InvalidBucketName", "The specified bucket is not valid"],
        "This cannot be a bucket: its name has 3 to 63 small letters, digits, dots and hyphens.",
    ),
    (
        &["BucketAlreadyExists", "BucketAlreadyOwnedByYou"],
        "A bucket of this name exists already, and may be somebody else's.",
    ),
    (&["secret_access_key not found", "access_key_id not found"], "The access key and the secret key are both needed."),
    (&["chunk size: …is less than"], "chunk_size has to be at least 5Mi for S3."),
    (
        &["deserialization failed", "XML syntax error"],
        "This is not an S3 server, or not its address: check the endpoint.",
    ),
    (&["InvalidObjectState"], "The object lies in an archive and has to be restored at the provider first."),
    // WebDAV.
    (
        &["405 Not Allowed", "405 Method Not Allowed"],
        "The server does not speak WebDAV at this address (405): check the path in the url.",
    ),
    (&["423 Locked"], "The file is locked on the server (423)."),
    (
        &["413 Request Entity Too Large", "413 Payload Too Large"],
        "The file is too large for the server, or for a proxy before it (413).",
    ),
    (&["507 Insufficient Storage"], "The storage of the server is full (507)."),
    // Providers.
    (
        &["without project number"],
        "Google Cloud needs the project number to list buckets: set project_number, or name the bucket in the path.",
    ),
    (
        &[
            "config reconnect",
            "invalid_grant",
            "couldn't fetch token",
            "token expired and there's no refresh token",
            "empty token found",
        ],
        SIGN_IN,
    ),
    (&["couldn't login: "], "MEGA did not let in: check the e-mail address, the password and the second factor."),
    (
        &["429 Too Many Requests", "StatusCode: 429", "rateLimitExceeded", "SlowDown"],
        "The provider asks to go slower (429): try again later, or set tpslimit.",
    ),
    (
        &["storageQuotaExceeded", "QuotaExceeded", "insufficient_space", "quotaLimitReached"],
        "The storage of the remote is full: make room there.",
    ),
    (&["password not set in config file"], "The password is missing."),
    (&["user not specified"], "The user name is missing."),
    (&["remotes are read only"], "This remote can only be read."),
    // Of all.
    (
        &["AccessDenied", "StatusCode: 403", "403 Forbidden"],
        "Access was refused (403): these credentials may not do this.",
    ),
    (&["401 Unauthorized", "StatusCode: 401"], "The credentials were refused (401): check user and password."),
    (&["no such host"], "There is no server with this name: check the host or endpoint."),
    (&["connection refused"], "The server refused the connection: check host and port."),
    (&["network is unreachable", "no route to host"], "The server cannot be reached from here."),
    (&LATE, "The server did not answer in time."),
    (&["x509:", "tls: failed to verify certificate"], "The server's certificate is not trusted."),
    (&["NoSuchBucket", "ContainerNotFound"], "The bucket does not exist."),
    (&["directory not found"], "The folder does not exist."),
    (&["object not found"], "The file does not exist."),
    (&["permission denied"], "Permission was denied."),
    (&["no space left", "file too big for remaining disk space"], "The disk is full."),
    (&["didn't find section in config file"], "The remote is not configured."),
    (&["is a file not a directory"], "That is a file, not a folder."),
    (
        &["404 Not Found", "StatusCode: 404", "HTTP error 404", "Got 404"],
        "There is nothing at this address (404): check the address.",
    ),
    (
        &["connection reset by peer", "broken pipe", "unexpected EOF", "use of closed network connection"],
        "The server broke off the connection.",
    ),
];

/// What rclone's text holds when a server does not accept the credentials: another attempt with the same ends the same.
const REFUSALS: [&str; 11] = [
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidSecurity",
    "401 Unauthorized",
    "StatusCode: 401",
    "unable to authenticate",
    "no supported methods remain",
    "530 \"Login",
    "attempted logon is invalid",
    "AuthenticationFailed",
    "unexpected message type 51",
];

/// Longest text of rclone's own that is passed on, in characters.
const MAX: usize = 400;

/// In words: what the table knows, else rclone's own text, shortened and without secrets. The one place where an error
/// of rclone becomes a sentence: of a test, of a listing, of a run and of each of its files.
#[must_use]
pub fn explain(text: &str, secrets: &[String]) -> String {
    if let Some(words) =
        host_key(text).or_else(|| other_name(text)).or_else(|| no_remote(text)).or_else(|| name_lookup(text))
    {
        return words;
    }
    match meaning(text) {
        Some((_, words)) => (*words).to_owned(),
        None => shorten(&redact_all(&one_line(text), secrets)),
    }
}

fn meaning(text: &str) -> Option<&'static (&'static [&'static str], &'static str)> {
    MEANINGS.iter().find(|(needles, _)| needles.iter().any(|needle| holds(text, needle)))
}

/// Whether `text` has all parts of `needle`, in their order.
fn holds(text: &str, needle: &str) -> bool {
    let mut rest = text;
    needle.split('…').all(|part| {
        let at = rest.find(part);
        rest = at.map_or("", |at| &rest[at + part.len()..]);
        at.is_some()
    })
}

/// Another host key than the one that is trusted: both by their fingerprints, which are no secrets.
fn host_key(text: &str) -> Option<String> {
    let offered = between(text, "server offered ", " but no key is pinned")
        .or_else(|| between(text, "server offered ", "; pinned"))?;
    let (kind, new) = offered.split_once(" key with fingerprint ")?;
    let Some(old) = between(text, "for this algorithm: ", " --") else {
        return Some(format!(
            "The server shows a host key of type {kind}, {new}, and this remote trusts none of that type. Compare it with the one on the server \
             itself, then trust it on the page of the remote."
        ));
    };
    Some(format!(
        "The host key of the server has changed: it is {kind} {new} now, and this remote trusts {old}. If the server was set up again, compare the \
         new host key with the one on the server itself, then trust it on the page of the remote. If not, somebody may stand in between: no \
         password was sent."
    ))
}

/// A certificate for another host, with the names that it is for.
fn other_name(text: &str) -> Option<String> {
    let (names, host) = between(text, "certificate is valid for ", "").and_then(|rest| rest.split_once(", not "))?;
    let host = host.split(['\"', ' ', '\n']).next().unwrap_or_default();
    Some(format!(
        "The server's certificate is for another host: it is for {names}, not {host}. Write the host as the certificate has it."
    ))
}

/// A host name that could not be looked up: the server was never asked, so nothing is said of it. A name that does not
/// exist is in the table.
fn name_lookup(text: &str) -> Option<String> {
    let (asked, why) = between(text, "dial tcp: lookup ", "")?.split_once(": ")?;
    let (host, name_server) = asked.split_once(" on ").map_or((asked, None), |(host, server)| (host, Some(server)));
    if why.starts_with("no such host") || text.contains("proxyconnect") || host.contains(char::is_whitespace) {
        return None;
    }
    let failed = if LATE.iter().any(|late| why.contains(late)) {
        "did not answer in time"
    } else if why.contains("refused") || why.contains("unreachable") || why.contains("no route") {
        "could not be reached"
    } else {
        "answered with an error"
    };
    let name_server = name_server.map_or_else(String::new, |server| format!(" {server}"));
    Some(format!(
        "The host name {host} could not be looked up: the name server{name_server} {failed}. Check the DNS of the computer on which Longshore \
         runs (/etc/resolv.conf)."
    ))
}

/// A remote that is not there, by its name: another one leads to it.
fn no_remote(text: &str) -> Option<String> {
    let name = between(text, "didn't find section in config file (\"", "\")")?;
    Some(format!("The remote “{name}” is not configured."))
}

/// What stands in `text` between two others; to the end when the second is empty.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = text.split_once(start)?.1;
    if end.is_empty() { Some(rest) } else { rest.split_once(end).map(|(inside, _)| inside) }
}

/// Without a page of HTML or the dashes of Azure's library: their first line with words.
fn one_line(text: &str) -> String {
    if let Some(answer) = between(text, "RESPONSE ", "\n") {
        let code = between(text, "ERROR CODE: ", "\n").map(|code| format!(" ({code})")).unwrap_or_default();
        return format!("The server answered {}{code}.", answer.trim());
    }
    match text.find("<html").or_else(|| text.find("<!DOCTYPE")) {
        Some(at) => {
            let title = between(text, "<title>", "</title>").unwrap_or_default().trim();
            format!("{} {title}", text[..at].trim_end()).trim().to_owned()
        }
        None => text.to_owned(),
    }
}

/// Whether rclone's text tells of credentials that were refused.
#[must_use]
pub fn is_refusal(text: &str) -> bool {
    REFUSALS.iter().any(|needle| text.contains(needle))
}

/// Whether a sentence of `explain` is about who the server is.
#[must_use]
pub fn is_about_identity(message: &str) -> bool {
    message.contains("host key") || message.contains("certificate")
}

/// The error that rclone's text means. Whether rclone or Longshore gave up waiting makes no difference to the caller.
#[must_use]
pub fn error(text: &str, secrets: &[String]) -> RcloneError {
    if text.contains("didn't find section in config file") {
        RcloneError::UnknownRemote
    } else if text.contains("is a file not a directory") {
        RcloneError::IsFile
    } else if ["directory not found", "NoSuchBucket"].iter().any(|needle| text.contains(needle)) {
        RcloneError::NotFound
    } else if is_refusal(text) {
        RcloneError::Refused { message: explain(text, secrets) }
    } else if meaning(text).is_some_and(|(needles, _)| *needles == LATE)
        && host_key(text).is_none()
        && name_lookup(text).is_none()
    {
        RcloneError::Timeout
    } else {
        RcloneError::Failed { message: explain(text, secrets) }
    }
}

/// rclone's own text, shortened and without secrets.
#[must_use]
pub fn plain(text: &str) -> String {
    shorten(&redact(text))
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
