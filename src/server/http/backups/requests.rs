//! What clients ask of sync, copy, move and delete, in the words of the contract.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::{
    error::AppError,
    flag::{FlagValue, flags_schema},
    guard::Approval,
    id::RunId,
    operation::Operation,
    run::{new::NewRun, wait::OnBusy},
    text::is_same,
    transfer::{TransferOptions, age_schema, bwlimit_schema, patterns_schema, size_schema},
};

/// How long a transfer may take when the caller does not say, in seconds.
const LIMIT: u32 = 3600;

/// What is transferred, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "source": "/srv/photos", "destination": "photos-s3:archive/photos", "exclude": ["*.tmp"], "bwlimit": "10M" }))]
pub(super) struct TransferRequest {
    /// Where from: `remote:path`, or an absolute path of this server in an allowed folder.
    source: String,
    /// Where to.
    destination: String,
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
    /// Compare by checksum and size instead of time and size.
    #[serde(default)]
    checksum: bool,
    /// Only for a move: afterwards delete folders of the source that are empty.
    #[serde(default)]
    delete_empty_src_dirs: bool,
    /// Bandwidth limit: `10M` is 10 MiB/s.
    #[serde(default)]
    #[schema(schema_with = bwlimit_schema)]
    bwlimit: Option<String>,
    /// Leave out what matches one of these patterns.
    #[serde(default)]
    #[schema(schema_with = patterns_schema)]
    exclude: Option<Vec<String>>,
    /// Take only what matches one of these patterns.
    #[serde(default)]
    #[schema(schema_with = patterns_schema)]
    include: Option<Vec<String>>,
    /// Only files older than this: `30d`.
    #[serde(default)]
    #[schema(schema_with = age_schema)]
    min_age: Option<String>,
    /// Only files younger than this.
    #[serde(default)]
    #[schema(schema_with = age_schema)]
    max_age: Option<String>,
    /// Only files of this size or more: `10M`.
    #[serde(default)]
    #[schema(schema_with = size_schema)]
    min_size: Option<String>,
    /// Only files of this size or less.
    #[serde(default)]
    #[schema(schema_with = size_schema)]
    max_size: Option<String>,
    /// Files transferred at once, 1 to 128.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 128)]
    transfers: Option<u32>,
    /// Files checked at once, 1 to 256.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 256)]
    checkers: Option<u32>,
    /// Stop with an error before more files than this are deleted.
    #[serde(default)]
    max_delete: Option<u32>,
    /// Keep what is replaced or deleted here, on the remote of the destination.
    #[serde(default)]
    backup_dir: Option<String>,
    /// Other options of rclone's, by its names.
    #[serde(default)]
    #[schema(schema_with = flags_schema)]
    flags: BTreeMap<String, FlagValue>,
    /// The destination once more, to be sure. What differs is refused. It lets a move go beyond its budget of 10 files
    /// or 10 %.
    #[serde(default)]
    confirm: Option<String>,
    /// A dry run of the same that ended well at most 15 minutes ago: with `confirm` it lets a sync or a move go that a
    /// guard would stop. Once.
    #[serde(default)]
    preview: Option<RunId>,
    /// What to do while another run writes there.
    #[serde(default)]
    on_busy: OnBusy,
    /// After how many seconds it is stopped; 3,600 when absent, at most 604,800.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 604_800)]
    timeout_secs: Option<u32>,
}

impl TransferRequest {
    pub(super) fn into_run(self, operation: Operation) -> Result<NewRun, AppError> {
        let (approval, confirm) = let_go(self.preview, self.confirm, &self.destination)?;
        Ok(NewRun {
            approval,
            confirm,
            on_busy: self.on_busy,
            operation,
            source: self.source,
            destination: Some(self.destination),
            options: TransferOptions {
                dry_run: self.dry_run,
                checksum: self.checksum,
                delete_empty_src_dirs: self.delete_empty_src_dirs,
                bwlimit: self.bwlimit,
                transfers: self.transfers,
                checkers: self.checkers,
                exclude: self.exclude.unwrap_or_default(),
                include: self.include.unwrap_or_default(),
                min_age: self.min_age,
                max_age: self.max_age,
                min_size: self.min_size,
                max_size: self.max_size,
                max_delete: self.max_delete,
                backup_dir: self.backup_dir,
                flags: self.flags,
            },
            time_limit_secs: Some(self.timeout_secs.unwrap_or(LIMIT)),
            ..NewRun::default()
        })
    }
}

/// What is deleted, and what of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "remote_path": "photos-s3:archive/old", "dry_run": true, "exclude": ["*.jpg"] }))]
pub(super) struct DeleteRequest {
    /// `remote:path`, or an absolute path of this server in an allowed folder.
    remote_path: String,
    /// Only say what would be deleted.
    #[serde(default)]
    dry_run: bool,
    /// Leave what matches one of these patterns.
    #[serde(default)]
    #[schema(schema_with = patterns_schema)]
    exclude: Option<Vec<String>>,
    /// Delete only what matches one of these patterns.
    #[serde(default)]
    #[schema(schema_with = patterns_schema)]
    include: Option<Vec<String>>,
    /// Only files older than this: `30d`.
    #[serde(default)]
    #[schema(schema_with = age_schema)]
    min_age: Option<String>,
    /// Only files younger than this.
    #[serde(default)]
    #[schema(schema_with = age_schema)]
    max_age: Option<String>,
    /// Only files of this size or more: `10M`.
    #[serde(default)]
    #[schema(schema_with = size_schema)]
    min_size: Option<String>,
    /// Only files of this size or less.
    #[serde(default)]
    #[schema(schema_with = size_schema)]
    max_size: Option<String>,
    /// Stop with an error before more files than this are deleted.
    #[serde(default)]
    max_delete: Option<u32>,
    /// Other options of rclone's, by its names.
    #[serde(default)]
    #[schema(schema_with = flags_schema)]
    flags: BTreeMap<String, FlagValue>,
    /// The path once more, to be sure. What differs is refused. It lets the delete go beyond its budget of 10 files or
    /// 10 %.
    #[serde(default)]
    confirm: Option<String>,
    /// A dry run of the same that ended well at most 15 minutes ago: with `confirm` it lets as many files be deleted as
    /// it counted. Once.
    #[serde(default)]
    preview: Option<RunId>,
    /// After how many seconds it is stopped; 3,600 when absent, at most 604,800.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 604_800)]
    timeout_secs: Option<u32>,
}

impl DeleteRequest {
    pub(super) fn into_run(self) -> Result<NewRun, AppError> {
        let (approval, confirm) = let_go(self.preview, self.confirm, &self.remote_path)?;
        Ok(NewRun {
            approval,
            confirm,
            operation: Operation::Delete,
            source: self.remote_path,
            destination: None,
            options: TransferOptions {
                dry_run: self.dry_run,
                exclude: self.exclude.unwrap_or_default(),
                include: self.include.unwrap_or_default(),
                min_age: self.min_age,
                max_age: self.max_age,
                min_size: self.min_size,
                max_size: self.max_size,
                max_delete: self.max_delete,
                flags: self.flags,
                ..TransferOptions::default()
            },
            time_limit_secs: Some(self.timeout_secs.unwrap_or(LIMIT)),
            ..NewRun::default()
        })
    }
}

/// What may let it go beyond its budget: a preview together with the path once more, or the path alone.
fn let_go(
    preview: Option<RunId>,
    confirm: Option<String>,
    place: &str,
) -> Result<(Option<Approval>, Option<String>), AppError> {
    match (preview, confirm) {
        (_, Some(confirm)) if !is_same(&confirm, place) => {
            Err(AppError::invalid("confirm", "It differs from the location that would be changed."))
        }
        (Some(preview), Some(confirm)) => Ok((Some(Approval { preview, confirm }), None)),
        (Some(_), None) => Err(AppError::invalid("confirm", "An approval needs the path again.")),
        (None, confirm) => Ok((None, confirm)),
    }
}
