//! Which options of a provider may be set here: reviewed one by one for rclone 1.75.2. What a newer rclone adds is refused until somebody
//! has looked at it, since an option can run a program (`ssh`, `*_command`) or read any file of this server (`*_file`).

/// A provider, the options that may be set, and those that may not.
pub struct Offer {
    /// rclone's type.
    pub provider: &'static str,
    /// May be set.
    pub options: &'static [&'static str],
    /// May not: runs a program, reads a file of this server, asks on a terminal, or is rclone's own business.
    pub withheld: &'static [&'static str],
}

/// All providers that are offered.
pub const OFFERS: [Offer; 3] = [S3, SFTP, ALIAS];

const S3: Offer = Offer {
    provider: "s3",
    options: &[
        "provider",
        "env_auth",
        "access_key_id",
        "secret_access_key",
        "region",
        "endpoint",
        "location_constraint",
        "acl",
        "bucket_acl",
        "requester_pays",
        "server_side_encryption",
        "sse_customer_algorithm",
        "sse_kms_key_id",
        "sse_customer_key",
        "sse_customer_key_base64",
        "sse_customer_key_md5",
        "storage_class",
        "upload_cutoff",
        "chunk_size",
        "max_upload_parts",
        "copy_cutoff",
        "disable_checksum",
        "session_token",
        "role_arn",
        "role_session_name",
        "role_session_duration",
        "role_external_id",
        "upload_concurrency",
        "force_path_style",
        "v2_auth",
        "use_dual_stack",
        "use_accelerate_endpoint",
        "use_arn_region",
        "leave_parts_on_error",
        "list_chunk",
        "list_version",
        "list_url_encode",
        "no_check_bucket",
        "no_head",
        "no_head_object",
        "encoding",
        "disable_http2",
        "download_url",
        "directory_markers",
        "use_multipart_etag",
        "use_unsigned_payload",
        "use_presigned_request",
        "use_data_integrity_protections",
        "versions",
        "version_at",
        "version_deleted",
        "decompress",
        "might_gzip",
        "use_accept_encoding_gzip",
        "no_system_metadata",
        "use_already_exists",
        "use_multipart_uploads",
        "list_versions_oldest_first",
        "use_x_id",
        "sign_accept_encoding",
        "directory_bucket",
        "ibm_api_key",
        "ibm_resource_instance_id",
        "ibm_iam_endpoint",
        "object_lock_mode",
        "object_lock_retain_until_date",
        "object_lock_legal_hold_status",
        "bypass_governance_retention",
        "bucket_object_lock_enabled",
        "object_lock_set_after_upload",
        "object_lock_supported",
        "description",
    ],
    withheld: &[
        // Read files of this server.
        "shared_credentials_file",
        "profile",
        // Writes requests with their signatures into the log.
        "sdk_log_mode",
        // Rclone hides them.
        "memory_pool_flush_time",
        "memory_pool_use_mmap",
        "sts_endpoint",
    ],
};

const SFTP: Offer = Offer {
    provider: "sftp",
    options: &[
        "host",
        "user",
        "port",
        "pass",
        "key_pem",
        "key_file_pass",
        "pubkey",
        "host_keys",
        "use_insecure_cipher",
        "disable_hashcheck",
        "path_override",
        "encoding",
        "set_modtime",
        "shell_type",
        "hashes",
        "skip_links",
        "subsystem",
        "use_fstat",
        "disable_concurrent_reads",
        "disable_concurrent_writes",
        "idle_timeout",
        "chunk_size",
        "concurrency",
        "connections",
        "ciphers",
        "key_exchange",
        "macs",
        "host_key_algorithms",
        "socks_proxy",
        "http_proxy",
        "copy_is_hardlink",
        "description",
    ],
    withheld: &[
        // Runs a program on this server.
        "ssh",
        // Run programs on the other one.
        "server_command",
        "set_env",
        "md5sum_command",
        "sha1sum_command",
        "crc32sum_command",
        "sha256sum_command",
        "blake3sum_command",
        "xxh3sum_command",
        "xxh128sum_command",
        // Read files of this server.
        "key_file",
        "pubkey_file",
        "known_hosts_file",
        // Asks the service's own agent, or a terminal.
        "key_use_agent",
        "ask_password",
        // rclone hides it.
        "pin_host_key",
    ],
};

const ALIAS: Offer = Offer { provider: "alias", options: &["remote", "description"], withheld: &[] };

/// The offer for a provider.
#[must_use]
pub fn offer(provider: &str) -> Option<&'static Offer> {
    const ALL: &[Offer] = &OFFERS;
    ALL.iter().find(|offer| offer.provider == provider)
}

/// A provider's name in words, with what a remote's option `provider` adds to it.
#[must_use]
pub fn words(kind: &str, flavour: &str) -> String {
    match (kind, flavour) {
        ("s3", "AWS") => "Amazon S3",
        ("s3", "" | "Other") => "S3 compatible",
        ("s3", "Minio") => "MinIO",
        ("s3", "Cloudflare") => "Cloudflare R2",
        ("s3", "DigitalOcean") => "DigitalOcean Spaces",
        ("s3", "GCS") => "Google Cloud Storage (S3)",
        ("s3", flavour) => return format!("{flavour} (S3)"),
        ("sftp", _) => "SFTP",
        ("alias", _) => "Alias",
        ("b2", _) => "Backblaze B2",
        ("drive", _) => "Google Drive",
        ("dropbox", _) => "Dropbox",
        ("onedrive", _) => "Microsoft OneDrive",
        ("azureblob", _) => "Azure Blob Storage",
        ("google cloud storage", _) => "Google Cloud Storage",
        ("webdav", _) => "WebDAV",
        ("ftp", _) => "FTP",
        ("smb", _) => "SMB",
        ("crypt", _) => "Encrypted",
        ("local", _) => "This server",
        (kind, _) => kind,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_option_that_is_offered_runs_a_program_or_reads_a_file() {
        for offer in &OFFERS {
            for option in offer.options {
                assert!(!offer.withheld.contains(option), "{option}");
                for end in ["_command", "_file", "ssh"] {
                    assert!(!option.ends_with(end), "{}.{option}", offer.provider);
                }
            }
        }
    }
}
