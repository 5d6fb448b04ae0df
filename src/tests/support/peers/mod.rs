//! Who rclone talks to in tests. Each is the real program, on a free port of the loopback and in a folder of its own
//! that vanishes with it; none needs a user, a service or a file of the machine.

mod apache;
mod daemon;
mod moto;
mod mute;
mod nginx;
mod provider;
mod rclone;
mod samba;
mod sshd;
mod vsftpd;
mod wsgidav;

pub use apache::Apache;
pub use moto::Moto;
pub use mute::Mute;
pub use nginx::Nginx;
pub use provider::{Kind, Provider};
pub use rclone::{Peer, S3};
use samba::Samba;
pub use sshd::Sshd;
pub use vsftpd::Vsftpd;
use wsgidav::WsgiDav;

/// The account that each of these servers has.
pub const USER: &str = "peer";
/// And its password.
pub const SECRET: &str = "p4ss canary/9c2e&%";
