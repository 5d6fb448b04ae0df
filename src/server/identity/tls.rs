//! The certificate of a TLS server, also of an FTP server that begins TLS with `AUTH TLS`. Takes any certificate, since
//! it is only shown: no user name and no password is sent, and what is pinned is checked by rclone at every connection.

mod recorder;

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::{ClientConfig, ClientConnection, crypto::ring, pki_types::ServerName};
use sha2::{Digest as _, Sha256};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _};

use self::recorder::Recorder;
use super::{LIMIT, Offered, Pin};
use crate::domain::{
    identity::{Authority, CertificateFacts, IdentityKind, ServerIdentity},
    time::Timestamp,
};

/// Longest reply of an FTP server, in bytes.
const REPLY: u64 = 16 << 10;

/// Reads what the server shows.
pub fn certificate(mut stream: TcpStream, host: &str, ftp: bool) -> Result<Offered, String> {
    stream.set_read_timeout(Some(LIMIT)).and_then(|()| stream.set_write_timeout(Some(LIMIT))).map_err(|_| broken())?;
    if ftp {
        auth_tls(&stream)?;
    }
    let seen = Arc::new(Recorder { provider: ring::default_provider(), chain: Mutex::default() });
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| broken())?
        .dangerous()
        .with_custom_certificate_verifier(seen.clone())
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|_| "This is not a host name.".to_owned())?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|_| broken())?;
    let mut problem = None;
    while connection.is_handshaking() && problem.is_none() {
        problem = connection.complete_io(&mut stream).err();
    }
    let chain = std::mem::take(&mut *seen.chain.lock().unwrap_or_else(PoisonError::into_inner));
    match (chain.is_empty(), problem) {
        (true, Some(problem)) => Err(failure(&problem)),
        (true, None) => Err(broken()),
        // A server that wants a certificate of ours has shown its own by then.
        (false, _) => offered(&chain, host),
    }
}

/// Asks an FTP server for TLS.
fn auth_tls(stream: &TcpStream) -> Result<(), String> {
    let mut reader = BufReader::new(stream.take(REPLY));
    let mut reply = || {
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).map_err(|_| broken())? == 0 {
                return Err("This is not an FTP server, or it broke off: check host and port.".to_owned());
            }
            // `220-` goes on, `220 ` is the last.
            if line.as_bytes().get(3) == Some(&b' ') {
                return Ok(line.clone());
            }
        }
    };
    let greeting = reply()?;
    if !greeting.starts_with("220") {
        return Err("This is not an FTP server, or it accepts nobody now: check host and port.".to_owned());
    }
    let mut writer = stream;
    writer.write_all(b"AUTH TLS\r\n").map_err(|_| broken())?;
    if reply()?.starts_with("234") { Ok(()) } else { Err("The FTP server does not offer explicit TLS.".to_owned()) }
}

fn broken() -> String {
    "This is not a TLS server, or it broke off: check host and port.".to_owned()
}

fn failure(problem: &io::Error) -> String {
    match problem.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "The server did not answer in time.".to_owned(),
        io::ErrorKind::InvalidData => {
            "The server does not speak TLS on this port, or only an old version of it.".to_owned()
        }
        _ => broken(),
    }
}

/// The certificate, and the authority at the end of its chain where that is another one.
fn offered(chain: &[Vec<u8>], host: &str) -> Result<Offered, String> {
    let leaf = chain.first().ok_or_else(broken)?;
    let authority = chain.last().filter(|last| *last != leaf && parse(last).is_some_and(|parsed| parsed.is_ca()));
    let facts = facts(leaf, host, authority.map(Vec::as_slice))
        .ok_or_else(|| "The server's certificate cannot be read.".to_owned())?;
    let identity = ServerIdentity {
        kind: IdentityKind::Certificate,
        algorithm: "X.509".to_owned(),
        fingerprint: fingerprint(leaf),
        certificate: Some(facts),
    };
    let pins = std::iter::once(leaf)
        .chain(authority)
        .map(|der| Pin { fingerprint: fingerprint(der), text: pem(der) })
        .collect();
    Ok(Offered { identity, pins })
}

fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, parsed)| parsed)
}

fn facts(leaf: &[u8], host: &str, authority: Option<&[u8]>) -> Option<CertificateFacts> {
    let parsed = parse(leaf)?;
    let names = names(&parsed);
    let (from, until) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let problem = if now > until {
        Some("It has expired: renew it on the server. Trusting it does not help.".to_owned())
    } else if now < from {
        Some("It is not valid yet: the clock here or on the server is wrong.".to_owned())
    } else if names.is_empty() {
        Some(
            "It names no host in its subjectAltName, which is required: create a new certificate. Trusting it does not help."
                .to_owned(),
        )
    } else if !names.iter().any(|name| is_for(name, host)) {
        Some(format!(
            "It is for {}, not for {host}: write the host as the certificate has it. Trusting it does not help.",
            names.join(", ")
        ))
    } else {
        None
    };
    let authority = authority.and_then(|der| {
        Some(Authority { subject: clean(&parse(der)?.subject().to_string()), fingerprint: fingerprint(der) })
    });
    Some(CertificateFacts {
        subject: clean(&parsed.subject().to_string()),
        issuer: clean(&parsed.issuer().to_string()),
        names,
        not_before: Timestamp(from.saturating_mul(1000)),
        not_after: Timestamp(until.saturating_mul(1000)),
        problem,
        authority,
    })
}

/// Without control characters, and not without end: a server may write anything here.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

fn names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = parsed.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(clean(name)),
        GeneralName::IPAddress([a, b, c, d]) => Some(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string()),
        GeneralName::IPAddress(bytes) => {
            <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string())
        }
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).take(20).collect()
}

/// Whether a name of a certificate is that of a host: `*` stands for one label.
fn is_for(name: &str, host: &str) -> bool {
    let (name, host) = (name.to_ascii_lowercase(), host.trim_end_matches('.').to_ascii_lowercase());
    name == host
        || name.strip_prefix("*.").is_some_and(|rest| host.split_once('.').is_some_and(|(_, parent)| parent == rest))
}

/// As `openssl x509 -fingerprint -sha256` and browsers show it.
fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<_> = Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_certificate_is_read_as_rclone_reads_it() {
        for (name, host, expected) in [
            ("nas.local", "nas.local", true),
            ("nas.local", "NAS.local.", true),
            ("*.example.org", "a.example.org", true),
            ("*.example.org", "a.b.example.org", false),
            ("*.example.org", "example.org", false),
            ("10.0.0.2", "10.0.0.2", true),
            ("other", "nas", false),
        ] {
            assert_eq!(is_for(name, host), expected, "{name} {host}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        for chain in [vec![], vec![b"no".to_vec()], vec![vec![0x30, 0x82]]] {
            assert!(offered(&chain, "h").is_err());
        }
    }
}
