//! FTP, as vsftpd speaks it: plain, and with TLS that it asks for.

use super::{super::*, daemon};

/// vsftpd over a folder.
pub struct Vsftpd {
    daemon: daemon::Daemon,
    tls: bool,
}

impl Vsftpd {
    /// `None` where it is missing or where the tests do not run as root, said aloud; in CI that is a failure.
    pub async fn start() -> Option<Self> {
        Self::start_as(false).await
    }

    /// The same, and it takes nobody without TLS; [`Self::certificate`] is signed by nobody but itself.
    pub async fn start_tls() -> Option<Self> {
        Self::start_as(true).await
    }

    async fn start_as(tls: bool) -> Option<Self> {
        let (program, _) = (program("vsftpd", "vsftpd")?, program("openssl", "openssl")?);
        if !daemon::root("vsftpd") {
            return None;
        }
        let dir = daemon::folder(&["files", "empty"]);
        daemon::account(dir.path(), &dir.path().join("files"));
        daemon::certificate(dir.path());
        let service = "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n";
        fs::write(dir.path().join("service"), service).expect("written");
        let daemon = daemon::Daemon::start(dir, |dir, port| {
            fs::write(dir.join("vsftpd.conf"), config(dir, port, tls)).expect("written");
            let mut command = daemon::with_account(dir, &[("service", "/etc/pam.d/vsftpd")], &program);
            command.arg(dir.join("vsftpd.conf"));
            command
        });
        Some(Self { daemon: daemon.await, tls })
    }

    /// The folder that it serves.
    pub fn dir(&self) -> PathBuf {
        self.daemon.dir().join("files")
    }

    /// Its certificate, in a file.
    pub fn certificate(&self) -> PathBuf {
        self.daemon.dir().join("cert.pem")
    }

    /// Its options as a remote of the type `ftp`; with TLS, nothing of the certificate is checked.
    pub fn config(&self) -> Value {
        let mut config = json!({ "host": "127.0.0.1", "port": self.daemon.port.to_string(), "user": super::USER, "pass": super::SECRET });
        if self.tls {
            // With TLS 1.3 vsftpd breaks off uploads (426), rclone's own included.
            let tls = [("explicit_tls", "true"), ("no_check_certificate", "true"), ("disable_tls13", "true")];
            config.as_object_mut().expect("an object").extend(tls.map(|(name, value)| (name.to_owned(), json!(value))));
        }
        config
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

fn config(dir: &Path, port: u16, tls: bool) -> String {
    let dir = dir.display();
    let mut text = format!(
        "listen=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\nanonymous_enable=NO\nlocal_enable=YES\n\
         write_enable=YES\nlocal_umask=022\nchroot_local_user=YES\nallow_writeable_chroot=YES\nlocal_root={dir}/files\n\
         secure_chroot_dir={dir}/empty\npam_service_name=vsftpd\nutf8_filesystem=YES\nxferlog_enable=NO\nseccomp_sandbox=NO\n"
    );
    if tls {
        text.push_str(&format!(
            "ssl_enable=YES\nssl_tlsv1=YES\nrsa_cert_file={dir}/cert.pem\nrsa_private_key_file={dir}/key.pem\nforce_local_data_ssl=YES\n\
             force_local_logins_ssl=YES\n"
        ));
    }
    text
}
