//! The kinds of provider, one of each, for tests that go through all of them.

use super::{super::*, *};

/// A kind of provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder of this machine.
    Local,
    /// An alias of one.
    Alias,
    /// Two of them as one.
    Union,
    /// S3: moto.
    Moto,
    /// S3: rclone's own server.
    RcloneS3,
    /// Encrypted names and files in a bucket of moto.
    Crypt,
    /// SFTP: OpenSSH.
    Sftp,
    /// FTP: vsftpd.
    Ftp,
    /// FTP over TLS: vsftpd.
    Ftps,
    /// `WebDAV`: Apache.
    ModDav,
    /// `WebDAV`: `WsgiDAV`.
    WsgiDav,
    /// SMB: Samba.
    Smb,
}

impl Kind {
    /// All of them, the quickest first.
    pub const ALL: [Self; 12] = [
        Self::Local,
        Self::Alias,
        Self::Union,
        Self::RcloneS3,
        Self::Moto,
        Self::Crypt,
        Self::Sftp,
        Self::Ftp,
        Self::Ftps,
        Self::ModDav,
        Self::WsgiDav,
        Self::Smb,
    ];

    /// The name of its remote.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Alias => "alias",
            Self::Union => "union",
            Self::Moto => "moto",
            Self::RcloneS3 => "s3",
            Self::Crypt => "crypt",
            Self::Sftp => "sftp",
            Self::Ftp => "ftp",
            Self::Ftps => "ftps",
            Self::ModDav => "moddav",
            Self::WsgiDav => "wsgidav",
            Self::Smb => "smb",
        }
    }
}

/// What has to live as long as the provider.
enum Server {
    None,
    Moto(Moto),
    S3(S3),
    Sshd(Sshd),
    Vsftpd(Vsftpd),
    Apache(Apache),
    WsgiDav(WsgiDav),
    Samba(Samba),
}

/// A provider that works, and its remote in a console.
pub struct Provider {
    /// What it is.
    pub kind: Kind,
    /// The location of its empty folder, in the console's spelling.
    root: String,
    /// Where the files of that folder lie, by their names; `None` where they lie in no folder, or under other names.
    dir: Option<PathBuf>,
    server: Server,
}

impl Provider {
    /// Starts one, and makes its remote. `None` where it is missing, said aloud; in CI that is a failure.
    pub async fn start(kind: Kind, console: &Console) -> Option<Self> {
        let local = |name: &str| {
            let dir = console.root().join(name);
            fs::create_dir_all(&dir).expect("a folder");
            dir
        };
        let (server, remote, folder, dir) = match kind {
            Kind::Local => (Server::None, None, console.path("local"), Some(local("local"))),
            Kind::Alias => {
                let dir = local("alias");
                (Server::None, Some(("alias", json!({ "remote": dir }))), "alias:".to_owned(), Some(dir))
            }
            Kind::Union => {
                let (dir, other) = (local("union-a"), local("union-b"));
                let upstreams = format!("{} {}:nc", dir.display(), other.display());
                let config = json!({ "upstreams": upstreams, "create_policy": "ff" });
                (Server::None, Some(("union", config)), "union:".to_owned(), Some(dir))
            }
            Kind::Moto => {
                let moto = Moto::start().await?;
                let config = moto.config();
                (Server::Moto(moto), Some(("s3", config)), "moto:bucket".to_owned(), None)
            }
            Kind::RcloneS3 => {
                let s3 = S3::start();
                let (config, dir) = (s3.config(), s3.dir.path().join("bucket"));
                (Server::S3(s3), Some(("s3", config)), "s3:bucket".to_owned(), Some(dir))
            }
            Kind::Crypt => {
                let moto = Moto::start().await?;
                let under = json!({ "name": "under", "provider": "s3", "config": moto.config() });
                console.post("/api/v1/remotes", &under, StatusCode::CREATED).await;
                let config = json!({ "remote": "under:bucket", "password": SECRET, "password2": USER });
                (Server::Moto(moto), Some(("crypt", config)), "crypt:".to_owned(), None)
            }
            Kind::Sftp => {
                let sshd = Sshd::start().await?;
                let (config, dir) = (sshd.config(), sshd.dir()?);
                (Server::Sshd(sshd), Some(("sftp", config)), "sftp:".to_owned(), Some(dir))
            }
            Kind::Ftp | Kind::Ftps => {
                let ftp = if kind == Kind::Ftp { Vsftpd::start().await? } else { Vsftpd::start_tls().await? };
                let (config, dir) = (ftp.config(), ftp.dir());
                (Server::Vsftpd(ftp), Some(("ftp", config)), format!("{}:", kind.name()), Some(dir))
            }
            Kind::ModDav => {
                let apache = Apache::start().await?;
                let (config, dir) = (apache.config(), apache.dir());
                (Server::Apache(apache), Some(("webdav", config)), "moddav:".to_owned(), Some(dir))
            }
            Kind::WsgiDav => {
                let dav = WsgiDav::start().await?;
                let (config, dir) = (dav.config(), dav.dir());
                (Server::WsgiDav(dav), Some(("webdav", config)), "wsgidav:".to_owned(), Some(dir))
            }
            Kind::Smb => {
                let samba = Samba::start().await?;
                let (config, dir) = (samba.config(), samba.dir());
                (Server::Samba(samba), Some(("smb", config)), "smb:share".to_owned(), Some(dir))
            }
        };
        if let Some((provider, config)) = remote {
            let body = json!({ "name": kind.name(), "provider": provider, "config": config });
            console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
        }
        Some(Self { kind, root: folder, dir, server })
    }

    /// A place in it, as a location.
    pub fn at(&self, path: &str) -> String {
        let joint = if path.is_empty() || self.root.ends_with(':') { "" } else { "/" };
        format!("{}{joint}{path}", self.root)
    }

    /// Where its files lie, by their names.
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// Takes its server off the network, where it has one.
    pub fn stop(&mut self) {
        match &mut self.server {
            Server::None => (),
            Server::Moto(moto) => moto.stop(),
            Server::S3(s3) => s3.stop(),
            Server::Sshd(sshd) => sshd.stop(),
            Server::Vsftpd(ftp) => ftp.stop(),
            Server::Apache(apache) => apache.stop(),
            Server::WsgiDav(dav) => dav.stop(),
            Server::Samba(samba) => samba.stop(),
        }
    }
}
