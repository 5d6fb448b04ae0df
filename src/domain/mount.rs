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
    /// Where: an absolute path below an allowed folder. It must be empty, and is created if it does not exist.
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

impl MountState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Starting, Self::Mounted, Self::Gone];

    /// The word for it in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Mounted => "mounted",
            Self::Gone => "gone",
        }
    }
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
    /// Why what is mounted does not answer; absent when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Files that were written and have not reached the remote yet; `None` where that is not known.
    pub pending: Option<u64>,
    /// Who mounted it.
    pub user: String,
    /// When.
    pub created_at: Timestamp,
}

impl Mount {
    /// Whether what was written by way of it may be lost when it is unmounted now. One whose process is gone cannot
    /// tell what it still had.
    #[must_use]
    pub fn may_lose(&self) -> bool {
        match self.state {
            MountState::Gone => !self.read_only,
            MountState::Starting | MountState::Mounted => self.pending.is_some_and(|waiting| waiting > 0),
        }
    }

    /// Whether it will soon be different without anybody doing anything.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.state == MountState::Starting || self.pending.is_some_and(|waiting| waiting > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_or_can_not_be_known_may_be_lost() {
        let mount = |state, read_only, pending| Mount {
            id: "01JD3Z6N9V4M2K8Q7W5X1T0R3S".parse().expect("an id"),
            location: Location::parse("b2:a").expect("a location"),
            mount_point: "/srv/mnt".to_owned(),
            read_only,
            allow_other: false,
            state,
            problem: None,
            pending,
            user: "ana".to_owned(),
            created_at: Timestamp(0),
        };
        for (state, read_only, pending, may_lose, is_moving) in [
            (MountState::Mounted, false, Some(0), false, false),
            (MountState::Mounted, false, Some(3), true, true),
            (MountState::Mounted, true, None, false, false),
            (MountState::Starting, false, None, false, true),
            (MountState::Gone, false, None, true, false),
            (MountState::Gone, true, None, false, false),
        ] {
            let mount = mount(state, read_only, pending);
            assert_eq!((mount.may_lose(), mount.is_moving()), (may_lose, is_moving), "{mount:?}");
        }
    }
}
