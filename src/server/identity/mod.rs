//! Asks a server who it is, before anything secret is sent to it: the host key of an SSH server, the certificate of a TLS server. Sends no user
//! name and no password. What it answers is proven only when rclone connects with it pinned: then the server has to sign with it.

mod ssh;

use std::{io, time::Duration};

use tokio::{net::TcpStream, time::timeout};

use crate::domain::identity::{Endpoint, Protocol, ServerIdentity};

/// How long a server may take to show its identity.
pub const LIMIT: Duration = Duration::from_secs(10);

/// What a server shows, and what pins it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// For a person.
    pub identity: ServerIdentity,
    /// The host key as `<algorithm> <base64>`, or the certificate as PEM.
    pub pin: String,
}

/// Asks a server for its identity.
///
/// # Errors
/// A text that says what is wrong and what to do.
pub async fn ask(endpoint: &Endpoint) -> Result<Offered, String> {
    let asked = async {
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await.map_err(|error| unreachable(&error))?;
        match &endpoint.protocol {
            Protocol::Ssh(algorithms) => ssh::host_key(stream, algorithms).await,
            Protocol::Tls | Protocol::FtpTls => Err("Not yet.".to_owned()),
        }
    };
    timeout(LIMIT, asked).await.unwrap_or_else(|_| Err("The server did not answer in time.".to_owned()))
}

/// Why there is no connection.
fn unreachable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "The server refused the connection: check host and port.".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "The server cannot be reached from here.".to_owned(),
        io::ErrorKind::TimedOut => "The server did not answer in time.".to_owned(),
        _ if error.to_string().contains("lookup") => "There is no server with this name: check the host.".to_owned(),
        _ => format!("The server cannot be reached: {error}."),
    }
}
