//! Asks a server who it is, before anything secret is sent to it: the host key of an SSH server, the certificate of a
//! TLS server. Sends no user name and no password. What it answers is proven only when rclone connects with it pinned:
//! then the server has to sign with it.

mod ssh;
mod tls;

use std::{io, time::Duration};

use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    domain::identity::{Endpoint, Protocol, ServerIdentity},
    server::outbound::Outbound,
};

/// How long a server may take to show its identity.
pub const LIMIT: Duration = Duration::from_secs(10);

/// What a server shows, and what pins it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// For a person.
    pub identity: ServerIdentity,
    /// What can be trusted of it: the host key; or the certificate, then the authority that it comes with.
    pub pins: Vec<Pin>,
}

/// What is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Its fingerprint.
    pub fingerprint: String,
    /// The host key as `<algorithm> <base64>`, or the certificate as PEM.
    pub text: String,
}

impl Offered {
    /// What is to be trusted with this fingerprint. `None` when the server does not show it.
    #[must_use]
    pub fn pin(&self, fingerprint: &str) -> Option<&str> {
        self.pins.iter().find(|pin| pin.fingerprint == fingerprint).map(|pin| pin.text.as_str())
    }

    /// Why it would be refused although it is trusted.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.identity.certificate.as_ref()?.problem.as_deref()
    }
}

/// Asks a server for its identity.
///
/// # Errors
/// A text that says what is wrong and what to do.
pub async fn ask(endpoint: &Endpoint, outbound: &Outbound) -> Result<Offered, String> {
    let asked = async {
        let stream = outbound.connect(&endpoint.host, endpoint.port).await.map_err(|error| unreachable(&error))?;
        match &endpoint.protocol {
            Protocol::Ssh(algorithms) => ssh::host_key(stream, algorithms).await,
            Protocol::Tls | Protocol::FtpTls => {
                let (host, ftp) = (endpoint.host.clone(), endpoint.protocol == Protocol::FtpTls);
                let stream = stream
                    .into_std()
                    .and_then(|stream| stream.set_nonblocking(false).map(|()| stream))
                    .map_err(|error| unreachable(&error))?;
                spawn_blocking(move || tls::certificate(stream, &host, ftp))
                    .await
                    .unwrap_or_else(|_| Err("It broke off.".to_owned()))
            }
        }
    };
    timeout(LIMIT, asked).await.unwrap_or_else(|_| Err("The server did not answer in time.".to_owned()))
}

/// Why there is no connection.
fn unreachable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => error.to_string(),
        io::ErrorKind::ConnectionRefused => "The server refused the connection: check host and port.".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "The server cannot be reached from here.".to_owned(),
        io::ErrorKind::TimedOut => "The server did not answer in time.".to_owned(),
        _ if error.to_string().contains("Temporary failure in name resolution") => {
            "The host name could not be looked up: no name server answered. Check the DNS of the computer on which Longshore runs \
             (/etc/resolv.conf)."
                .to_owned()
        }
        _ if error.to_string().contains("lookup") => "There is no server with this name: check the host.".to_owned(),
        _ => format!("The server cannot be reached: {error}."),
    }
}
