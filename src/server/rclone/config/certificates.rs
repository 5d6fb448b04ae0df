//! The files of certificates: one for each that a remote trusts, and one that all FTP servers share.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};

use super::trust::CERTIFICATES;
use crate::server::{
    platform::files::{Staged, private_dir},
    rclone::{
        error::{During as _, RcloneError},
        wire::conf::Section,
    },
};

/// The provider of which all remotes of one rclone process share one set of certificates (with Azure, Swift and
/// Proton): that of the one that is used first. So each has the certificates of all; and the warm rclone begins with
/// them.
pub(in crate::server::rclone) const SHARED: &str = "ftp";
/// Where systems keep the certificates of their authorities, as Go looks for them.
const SYSTEM: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The folder of certificates, beside ours.
pub(in crate::server::rclone) fn folder(run: &Path) -> PathBuf {
    run.with_file_name("certificates")
}

/// The certificates that all FTP servers share, if there are any; see `SHARED`.
#[must_use]
pub fn shared(run: &Path) -> Option<PathBuf> {
    let file = folder(run).join("ftp.pem");
    file.exists().then_some(file)
}

/// Writes the certificates that all FTP servers share: the system's, those of these remotes, and `more`.
pub fn write_shared(run: &Path, remotes: &[Section], more: Option<&str>) -> Result<PathBuf, RcloneError> {
    let system = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from).into_iter().chain(SYSTEM.map(PathBuf::from));
    let mut all = system.filter_map(|file| fs::read_to_string(file).ok()).next().unwrap_or_default();
    for section in remotes.iter().filter(|section| section.kind() == SHARED) {
        let pinned = section.pairs().remove(CERTIFICATES).unwrap_or_default();
        for file in pinned
            .split(',')
            .filter(|file| Path::new(file).parent() == Some(&folder(run)) && !file.ends_with("ftp.pem"))
        {
            all.push('\n');
            all.push_str(&fs::read_to_string(file).unwrap_or_default());
        }
    }
    all.push('\n');
    all.push_str(more.unwrap_or_default());
    private_dir(&folder(run)).during("could not make the folder of certificates")?;
    let file = folder(run).join("ftp.pem");
    Staged::new(&file, all.as_bytes()).and_then(Staged::commit).during("could not keep the certificates")?;
    Ok(file)
}

/// Makes sure, at the start, that what the remotes trust is there: rclone ends when a file of certificates is not.
pub fn restore(run: &Path, remotes: &[Section]) -> Result<(), RcloneError> {
    let pinned = |section: &&Section| section.pairs().contains_key(CERTIFICATES);
    if remotes.iter().filter(pinned).any(|section| section.kind() == SHARED) {
        write_shared(run, remotes, None)?;
    }
    for section in remotes.iter().filter(pinned) {
        let files = section.pairs().remove(CERTIFICATES).unwrap_or_default();
        for file in files.split(',').filter(|file| !Path::new(file).exists()) {
            tracing::warn!(
                remote = section.name,
                file,
                "the certificate that this remote trusts is not there: trust it again"
            );
        }
    }
    Ok(())
}

/// Keeps a certificate in a file that is called by its fingerprint.
pub(in crate::server::rclone) fn keep(folder: &Path, pem: &str) -> Result<PathBuf, RcloneError> {
    private_dir(folder).during("could not make the folder of certificates")?;
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der =
        BASE64_STANDARD.decode(body).map_err(|_| RcloneError::Broken("a certificate could not be read".into()))?;
    let name: String = Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect();
    let file = folder.join(name).with_extension("pem");
    if !fs::exists(&file).during("could not look for a certificate")? {
        Staged::new(&file, pem.as_bytes()).and_then(Staged::commit).during("could not keep a certificate")?;
    }
    Ok(file)
}
