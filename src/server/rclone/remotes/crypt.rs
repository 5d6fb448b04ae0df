//! A new remote together with one over it that encrypts: both are saved, or neither.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    domain::remote_name::RemoteName,
    server::{
        platform::files::random,
        rclone::{
            error::{During as _, RcloneError},
            manager::Rclone,
            providers::schema,
        },
    },
};

use super::RemoteDraft;

/// rclone's type of a remote that encrypts.
const CRYPT: &str = "crypt";
/// Random bytes in a password: as strong as the key that rclone makes of it.
const BYTES: usize = 32;

impl Rclone {
    /// As [`Rclone::draft`], and over it one of type `crypt`. Secrets are plain in both.
    pub async fn draft_encrypted(
        &self,
        owner: &str,
        name: &RemoteName,
        provider: &str,
        config: &BTreeMap<String, String>,
        (crypt_name, crypt): (&RemoteName, &BTreeMap<String, String>),
        pin: Option<&str>,
    ) -> Result<RemoteDraft, RcloneError> {
        let mut config = self.check(provider, config).await?;
        self.add_pin(provider, &mut config, pin).await?;
        self.check_name(name).await?;
        self.check_name(crypt_name).await?;
        let mut names = self.names().await?;
        names.insert(name.as_str().to_owned());
        let crypt = schema::check(&self.providers().await?, CRYPT, crypt, &names)?;
        let under = self.make(owner, name, provider, config, self.limit()).await?;
        let binary = self.0.binary()?;
        let over = self.0.draft(&binary, crypt_name.as_str(), CRYPT, &crypt, self.limit()).await?;
        Ok(RemoteDraft(vec![under.section.clone(), over.section.clone()]))
    }
}

/// A password that nobody has to remember.
pub fn new_password() -> Result<String, RcloneError> {
    let mut bytes = Vec::with_capacity(BYTES);
    while bytes.len() < BYTES {
        bytes.extend(random().during("could not get random numbers")?.to_ne_bytes());
    }
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
