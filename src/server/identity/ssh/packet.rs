//! Packets of SSH before encryption begins, and the texts in them (RFC 4253).

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// Longest packet that is read, in bytes: more than RFC 4253 asks for.
const PACKET: usize = 64 << 10;
/// How many packets are read at most.
const PACKETS: usize = 20;

const DISCONNECT: u8 = 1;
const IGNORED: [u8; 3] = [2, 3, 4];

pub(super) type Stream = BufReader<TcpStream>;

pub(super) fn broken() -> String {
    "This is not an SSH server, or it broke off: check host and port.".to_owned()
}

/// Reads packets until one of this kind.
pub(super) async fn expect(stream: &mut Stream, kind: u8) -> Result<Vec<u8>, String> {
    for _ in 0..PACKETS {
        let message = read(stream).await?;
        match message.first() {
            Some(found) if *found == kind => return Ok(message),
            Some(found) if IGNORED.contains(found) => {}
            Some(&DISCONNECT) => {
                let text = message.get(5..).and_then(take).map(|(text, _)| {
                    String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).take(200).collect::<String>()
                });
                return Err(format!(
                    "The server ended the connection: {}.",
                    text.as_deref().unwrap_or("it did not say why").trim_end_matches('.')
                ));
            }
            _ => return Err(broken()),
        }
    }
    Err(broken())
}

async fn read(stream: &mut Stream) -> Result<Vec<u8>, String> {
    let length = stream.read_u32().await.map_err(|_| broken())? as usize;
    if !(2..=PACKET).contains(&length) {
        return Err(broken());
    }
    let mut packet = vec![0; length];
    stream.read_exact(&mut packet).await.map_err(|_| broken())?;
    let padding = usize::from(packet[0]);
    let end = length.checked_sub(padding).filter(|end| *end > 1).ok_or_else(broken)?;
    Ok(packet[1..end].to_vec())
}

/// Sends a message as an unencrypted packet.
pub(super) async fn packet(stream: &mut Stream, message: &[u8]) -> Result<(), String> {
    let padding = 8 - (message.len() + 5) % 8;
    let padding = if padding < 4 { padding + 8 } else { padding };
    let mut bytes = Vec::with_capacity(message.len() + 20);
    bytes.extend(u32::try_from(message.len() + padding + 1).unwrap_or_default().to_be_bytes());
    bytes.push(u8::try_from(padding).unwrap_or_default());
    bytes.extend(message);
    bytes.resize(bytes.len() + padding, 0);
    send(stream, &bytes).await
}

pub(super) async fn send(stream: &mut Stream, bytes: &[u8]) -> Result<(), String> {
    stream.get_mut().write_all(bytes).await.map_err(|_| broken())
}

pub(super) fn put(message: &mut Vec<u8>, text: &[u8]) {
    message.extend(u32::try_from(text.len()).unwrap_or_default().to_be_bytes());
    message.extend(text);
}

/// A text with its length before it, and what follows.
pub(super) fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(4)?;
    rest.split_at_checked(u32::from_be_bytes(length.try_into().ok()?) as usize)
}
