//! The host key of an SSH server, as `ssh-keyscan` reads it: version, key exchange proposal, one half of a key
//! exchange, and the key is in the answer (RFC 4253, 5656, 8731), all before encryption begins. Holds no cryptography
//! and proves nothing: rclone does, with the key pinned.

mod packet;

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, BufReader},
    net::TcpStream,
};

use self::packet::{Stream, broken, expect, packet, put, send, take};
use super::{Offered, Pin};
use crate::domain::identity::{IdentityKind, ServerIdentity};

/// Types of host key in the order in which OpenSSH prefers them.
const HOST_KEYS: [&str; 7] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
];
/// Key exchanges: the first are of elliptic curves.
const EXCHANGES: [(&str, Half); 7] = [
    ("curve25519-sha256", Half::X25519),
    ("curve25519-sha256@libssh.org", Half::X25519),
    ("ecdh-sha2-nistp256", Half::P256),
    ("diffie-hellman-group14-sha256", Half::Group),
    ("diffie-hellman-group16-sha512", Half::Group),
    ("diffie-hellman-group14-sha1", Half::Group),
    ("diffie-hellman-group1-sha1", Half::Group1),
];
/// Only proposed: nothing is ever encrypted here.
const CIPHERS: &str = "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,\
    aes256-cbc,3des-cbc";
const MACS: &str =
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96";
/// Longest line before the version, and how many.
const LINE: usize = 512;
const LINES: usize = 50;
const PROPOSAL: u8 = 20;
const INIT: u8 = 30;
const REPLY: u8 = 31;

/// The generator of NIST P-256, uncompressed: a valid public key for a client that does not need the secret.
const P256: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

/// What our half of a key exchange looks like. Its secret is never needed.
#[derive(Clone, Copy)]
enum Half {
    X25519,
    P256,
    Group,
    Group1,
}

impl Half {
    /// Any valid public value.
    fn public(self) -> Vec<u8> {
        let random = |length: usize| {
            let mut bytes = vec![0x5a; length];
            // Without randomness it is still valid.
            let _ = getrandom::fill(&mut bytes);
            bytes[0] &= 0x3f;
            bytes[0] |= 0x20;
            bytes
        };
        match self {
            Self::X25519 => random(32),
            Self::P256 => P256.to_vec(),
            Self::Group => random(256),
            Self::Group1 => random(128),
        }
    }
}

/// Reads the host key that the server prefers among `algorithms`, or among the usual ones where that is empty.
pub async fn host_key(stream: TcpStream, algorithms: &[String]) -> Result<Offered, String> {
    let mut stream = BufReader::new(stream);
    send(&mut stream, b"SSH-2.0-Longshore\r\n").await?;
    version(&mut stream).await?;
    let algorithms: Vec<&str> =
        if algorithms.is_empty() { HOST_KEYS.to_vec() } else { algorithms.iter().map(String::as_str).collect() };
    packet(&mut stream, &proposal(&algorithms)).await?;
    let theirs = expect(&mut stream, PROPOSAL).await?;
    let (exchanges, keys) = lists(&theirs).ok_or_else(broken)?;
    if !algorithms.iter().any(|ours| keys.split(',').any(|one| one == *ours)) {
        return Err(format!("The server has no host key of a type that can be checked here. It has: {keys}."));
    }
    let Some((_, half)) = EXCHANGES.iter().find(|(name, _)| exchanges.split(',').any(|one| one == *name)) else {
        return Err(format!("The server has no key exchange in common with Longshore. It has: {exchanges}."));
    };
    let mut init = vec![INIT];
    put(&mut init, &half.public());
    packet(&mut stream, &init).await?;
    let reply = expect(&mut stream, REPLY).await?;
    let (key, _) = take(&reply[1..]).ok_or_else(broken)?;
    offered(key)
}

/// A host key as OpenSSH writes it.
fn offered(key: &[u8]) -> Result<Offered, String> {
    let (algorithm, _) = take(key).ok_or_else(broken)?;
    let algorithm = std::str::from_utf8(algorithm).ok().filter(|text| is_name(text)).ok_or_else(broken)?;
    let fingerprint = fingerprint(key);
    let pin = Pin { fingerprint: fingerprint.clone(), text: format!("{algorithm} {}", BASE64_STANDARD.encode(key)) };
    let identity =
        ServerIdentity { kind: IdentityKind::HostKey, algorithm: algorithm.to_owned(), fingerprint, certificate: None };
    Ok(Offered { identity, pins: vec![pin] })
}

/// As `ssh-keygen -l` prints it.
fn fingerprint(key: &[u8]) -> String {
    format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(Sha256::digest(key)))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// Reads up to the server's version; some greet first.
async fn version(stream: &mut Stream) -> Result<(), String> {
    for _ in 0..LINES {
        let mut line = Vec::new();
        loop {
            let byte = stream.read_u8().await.map_err(|_| broken())?;
            if byte == b'\n' {
                break;
            }
            line.push(byte);
            if line.len() > LINE {
                return Err(broken());
            }
        }
        if line.starts_with(b"SSH-") {
            let spoken = line.starts_with(b"SSH-2.0-") || line.starts_with(b"SSH-1.99-");
            return if spoken {
                Ok(())
            } else {
                Err("The server speaks only an old version of SSH, which rclone does not.".to_owned())
            };
        }
    }
    Err(broken())
}

/// Our proposal.
fn proposal(algorithms: &[&str]) -> Vec<u8> {
    let mut message = vec![PROPOSAL];
    let mut cookie = [0; 16];
    // It only has to differ from one connection to the next.
    let _ = getrandom::fill(&mut cookie);
    message.extend(cookie);
    let exchanges = EXCHANGES.map(|(name, _)| name).join(",");
    for list in [exchanges.as_str(), &algorithms.join(","), CIPHERS, CIPHERS, MACS, MACS, "none", "none", "", ""] {
        put(&mut message, list.as_bytes());
    }
    // No guess follows, and four reserved bytes.
    message.extend([0; 5]);
    message
}

/// The server's key exchanges and types of host key.
fn lists(proposal: &[u8]) -> Option<(&str, &str)> {
    let (exchanges, rest) = take(proposal.get(17..)?)?;
    let (keys, _) = take(rest)?;
    Some((std::str::from_utf8(exchanges).ok()?, std::str::from_utf8(keys).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_one_that_openssh_prints() {
        // ssh-keygen -lf: 256 SHA256:GHJjRdVjT7CtrcDMh1A9HXpEnZOlNMK6tbIXVMo5ZzI
        let key = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
        let offered = offered(&BASE64_STANDARD.decode(key).expect("base64")).expect("a key");
        assert_eq!(offered.identity.algorithm, "ssh-ed25519");
        assert_eq!(offered.pins[0].text, format!("ssh-ed25519 {key}"));
        assert_eq!(offered.identity.fingerprint.len(), "SHA256:".len() + 43);
    }

    #[test]
    fn what_is_no_key_and_no_proposal_is_refused() {
        for bytes in [&b""[..], b"\0\0\0\x05ab", b"\xff\xff\xff\xff", b"\0\0\0\x03a b", b"\0\0\0\0"] {
            assert!(offered(bytes).is_err(), "{bytes:?}");
            assert!(lists(bytes).is_none());
        }
        let ours = proposal(&["ssh-ed25519"]);
        assert_eq!(lists(&ours).map(|(_, keys)| keys), Some("ssh-ed25519"));
    }
}
