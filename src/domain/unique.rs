//! Things whose names must differ, and the field that holds the name.

/// A kind of thing of which no two have the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// A remote, by its name.
    Remote,
    /// A job, by its name.
    Job,
    /// A user, by their name.
    User,
    /// A mount, by its folder.
    Mount,
}

impl Unique {
    /// The field that holds what is unique.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Remote | Self::Job | Self::User => "name",
            Self::Mount => "mount_point",
        }
    }
}
