//! A mount: a location that programs of this server see as a folder.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{id::MountId, location::Location, time::Timestamp};

/// What is needed to mount a location.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "location": "photos-b2:2026", "mount_point": "/srv/mnt/photos", "read_only": true }))]
pub struct NewMount {
    /// What: `remote:path`, or an absolute path of this server in an allowed folder.
    pub location: String,
    /// Where: an absolute path below an allowed folder. It is made when it is not there, and has to be empty.
    pub mount_point: String,
    /// Whether nothing can be written by way of it.
    #[serde(default)]
    pub read_only: bool,
    /// Whether other users of this server may look into it.
    #[serde(default)]
    pub allow_other: bool,
}

/// How a mount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MountState {
    /// It is being made.
    Starting,
    /// It is there.
    Mounted,
    /// Its process is gone: the folder is empty.
    Gone,
}

/// A mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mount {
    /// Its id.
    pub id: MountId,
    /// What is mounted.
    pub location: Location,
    /// Where: an absolute path of this server.
    pub mount_point: String,
    /// Whether nothing can be written by way of it.
    pub read_only: bool,
    /// Whether other users of this server may look into it.
    pub allow_other: bool,
    /// How it is.
    pub state: MountState,
    /// Files that were written and have not reached the remote yet; `None` where that is not known.
    pub pending: Option<u64>,
    /// Who mounted it.
    pub user: String,
    /// When.
    pub created_at: Timestamp,
}
