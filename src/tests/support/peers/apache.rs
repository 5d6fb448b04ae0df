//! `WebDAV`, as Apache's `mod_dav` speaks it: plain, and over TLS with a certificate of its own.

use super::{super::*, daemon};

/// Apache with `mod_dav` over a folder.
pub struct Apache {
    daemon: daemon::Daemon,
    scheme: &'static str,
}

impl Apache {
    /// `None` where it is missing, said aloud; in CI that is a failure.
    pub async fn start() -> Option<Self> {
        Self::start_as("http").await
    }

    /// The same over TLS; [`Self::certificate`] is signed by nobody but itself.
    pub async fn start_tls() -> Option<Self> {
        Self::start_as("https").await
    }

    async fn start_as(scheme: &'static str) -> Option<Self> {
        let (program, _) = (program("apache2", "apache2-bin")?, program("openssl", "openssl")?);
        let dir = daemon::folder(&["files", "lock"]);
        daemon::certificate(dir.path());
        let hash = daemon::openssl(&["passwd", "-apr1", super::SECRET]);
        fs::write(dir.path().join("accounts"), format!("{}:{hash}", super::USER)).expect("written");
        let user = worker(dir.path());
        let daemon = daemon::Daemon::start(dir, |dir, port| {
            fs::write(dir.join("apache.conf"), config(dir, port, scheme == "https", user.as_ref())).expect("written");
            let mut command = Command::new(&program);
            command.arg("-d").arg(dir).arg("-f").arg(dir.join("apache.conf")).arg("-DFOREGROUND");
            command
        });
        Some(Self { daemon: daemon.await, scheme })
    }

    /// The folder that it serves.
    pub fn dir(&self) -> PathBuf {
        self.daemon.dir().join("files")
    }

    /// Its certificate, in a file.
    pub fn certificate(&self) -> PathBuf {
        self.daemon.dir().join("cert.pem")
    }

    /// Its options as a remote of the type `webdav`.
    pub fn config(&self) -> Value {
        let url = format!("{}://127.0.0.1:{}/dav", self.scheme, self.daemon.port);
        json!({ "url": url, "vendor": "other", "user": super::USER, "pass": super::SECRET })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.daemon.port
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }
}

/// Apache does not work as root: who works instead gets the folders.
fn worker(dir: &Path) -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").expect("accounts");
    let nobody = passwd.lines().find(|line| line.starts_with("nobody:")).expect("an account without rights");
    let mut ids = nobody.split(':').skip(2).map(|id| id.parse().expect("a number"));
    let (user, group) = (ids.next().expect("a user"), ids.next().expect("a group"));
    for name in ["files", "lock"] {
        std::os::unix::fs::chown(dir.join(name), Some(user), Some(group)).expect("given away");
    }
    Some((user, group))
}

fn config(dir: &Path, port: u16, tls: bool, user: Option<&(u32, u32)>) -> String {
    let dir = dir.display();
    let mut text = format!(
        "ServerRoot {dir}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {dir}/pid\nErrorLog {dir}/errors\n"
    );
    if let Some((user, group)) = user {
        text.push_str(&format!("User #{user}\nGroup #{group}\n"));
    }
    let modules = [
        "mpm_event",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_basic",
        "alias",
        "mime",
        "dav",
        "dav_fs",
        "ssl",
        "socache_shmcb",
    ];
    for module in modules {
        text.push_str(&format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n"));
    }
    text.push_str(&format!(
        "TypesConfig /dev/null\nDavLockDB {dir}/lock/db\nDocumentRoot {dir}/files\nAlias /dav {dir}/files\nStartServers 1\nThreadsPerChild 16\n\
         MaxRequestWorkers 32\n<Directory {dir}/files>\nDav On\nAuthType Basic\nAuthName dav\nAuthUserFile {dir}/accounts\n\
         Require valid-user\n</Directory>\n"
    ));
    if tls {
        text.push_str(&format!(
            "SSLEngine on\nSSLCertificateFile {dir}/cert.pem\nSSLCertificateKeyFile {dir}/key.pem\n"
        ));
    }
    text
}
