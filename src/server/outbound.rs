//! Which servers this console connects to: by rclone, whose connections the kernel holds until [`Outbound::refuses`]
//! has seen their address, and by itself ([`Outbound::connect`]). The metadata services of clouds give out credentials
//! of this server, and the console itself is not asked by its own remotes. Knows no rclone.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

/// Which addresses are refused. The default refuses metadata services and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outbound {
    /// Where the console listens.
    pub own: Option<SocketAddr>,
    /// The addresses that people type, as `host:port` in small letters.
    pub own_names: Vec<String>,
    /// Whether metadata services may be asked: remotes with `env_auth` use the role of a cloud's machine by them.
    pub allow_metadata: bool,
    /// Whether private networks and this server are refused.
    pub refuse_private: bool,
}

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A metadata service of a cloud.
    Metadata,
    /// The console.
    Own,
    /// A private network, or this server.
    Private,
}

impl Refusal {
    /// What it is, as the end of “… is”, and what can be done.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Metadata => {
                "an address of a cloud's metadata service, which gives out credentials of this server. Longshore does not connect to it; \
                 --metadata-service allow changes that."
            }
            Self::Own => "the address of this console. Longshore does not connect to itself.",
            Self::Private => {
                "an address of a private network or of this server. This console does not connect to those; --private-networks allow changes that."
            }
        }
    }
}

/// Names of metadata services. They mean something in a cloud only, where they lead to an address that is refused as
/// well.
const NAMES: [&str; 4] =
    ["metadata.google.internal", "metadata.goog", "instance-data.ec2.internal", "metadata.tencentyun.com"];
/// Metadata services beside 169.254.0.0/16: of Alibaba, Azure (its host) and Oracle (the older one).
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];
/// The same with IPv6: of `OpenStack`, Scaleway and Google. Those of Amazon are `fd00:ec2::/32`.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];
/// Clouds resolve names at the address of their metadata service, and at home the router does. Nothing else is served
/// at this port.
const DNS: u16 = 53;
/// How long a name may take to be resolved.
const LOOKUP: Duration = Duration::from_secs(5);

impl Outbound {
    /// Why nothing connects to this address; `None` when it may.
    #[must_use]
    pub fn refuses(&self, address: SocketAddr) -> Option<Refusal> {
        let ip = plain(address.ip());
        if self.is_own(ip, address.port()) {
            Some(Refusal::Own)
        } else if address.port() == DNS {
            None
        } else if is_metadata(ip) {
            (!self.allow_metadata).then_some(Refusal::Metadata)
        } else {
            (self.refuse_private && is_private(ip)).then_some(Refusal::Private)
        }
    }

    fn is_own(&self, ip: IpAddr, port: u16) -> bool {
        self.own.is_some_and(|own| {
            let listens = plain(own.ip());
            // To connect to no address is to connect to this server.
            let meant = match ip {
                _ if !ip.is_unspecified() => ip,
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            };
            own.port() == port && (meant == listens || listens.is_unspecified() && is_here(meant))
        })
    }

    /// Why a server is refused, by what its name leads to now. A name that cannot be resolved is not refused: to
    /// connect will fail.
    pub async fn check(&self, host: &str, port: u16) -> Result<(), String> {
        let host = bare(host);
        let name = host.to_ascii_lowercase();
        let refuse = |refusal: Refusal| Err(format!("{host} is {}", refusal.reason()));
        if [format!("{name}:{port}"), format!("[{name}]:{port}")].iter().any(|own| self.own_names.contains(own)) {
            return refuse(Refusal::Own);
        }
        if NAMES.contains(&name.as_str()) && !self.allow_metadata {
            return refuse(Refusal::Metadata);
        }
        let Ok(Ok(addresses)) = timeout(LOOKUP, lookup_host((host, port))).await else { return Ok(()) };
        for address in addresses {
            let Some(refusal) = self.refuses(address) else { continue };
            let ip = address.ip();
            let shown = if ip.to_string() == host { host.to_owned() } else { format!("{host} leads to {ip}, which") };
            return Err(format!("{shown} is {}", refusal.reason()));
        }
        Ok(())
    }

    /// Connects to a server, at an address that is not refused: what was looked at is what is connected to.
    ///
    /// # Errors
    /// [`io::ErrorKind::PermissionDenied`] with a sentence when all of its addresses are refused, and what the system
    /// says.
    pub async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let (mut open, mut refused) = (Vec::new(), None);
        for address in lookup_host((bare(host), port)).await? {
            match self.refuses(address) {
                None => open.push(address),
                Some(refusal) => refused = Some(refusal),
            }
        }
        match refused {
            Some(refusal) if open.is_empty() => {
                Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} is {}", bare(host), refusal.reason())))
            }
            _ => TcpStream::connect(open.as_slice()).await,
        }
    }
}

/// A host without brackets and without the dot that ends a whole name.
fn bare(host: &str) -> &str {
    let host = host.trim();
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host)
}

/// An address without the ways to write an IPv4 address as one of IPv6: mapped, compatible, translated, NAT64, 6to4,
/// Teredo and ISATAP.
fn plain(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    let four = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => ip,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => four(high, low),
        // Teredo has it inverted; ISATAP behind any network.
        [0x2001, 0, .., high, low] => four(!high, !low),
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => four(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] | [0x2002, high, low, ..] => {
            four(high, low)
        }
        _ => ip,
    }
}

fn is_metadata(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local() || METADATA_V4.contains(&ip),
        IpAddr::V6(ip) => METADATA_V6.contains(&ip) || matches!(ip.segments(), [0xfd00, 0xec2, ..]),
    }
}

/// Networks that are not the internet's, and this server.
fn is_private(ip: IpAddr) -> bool {
    let kept = match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            // 100.64.0.0/10 is for networks of providers, and of VPNs.
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || a == 0 || a == 100 && (64..128).contains(&b)
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    kept || is_here(ip)
}

/// Whether it is an address of this server: what goes there comes from there. Nothing is sent.
fn is_here(ip: IpAddr) -> bool {
    let any: IpAddr = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let from = |socket: UdpSocket| socket.connect((ip, DNS)).and_then(|()| socket.local_addr());
    ip.is_loopback()
        || ip.is_unspecified()
        || UdpSocket::bind((any, 0)).and_then(from).is_ok_and(|from| from.ip() == ip)
}

#[cfg(test)]
mod tests;
