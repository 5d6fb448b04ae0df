//! Locations: what was written, what rclone opens for it, where that really lies, whether it may be used, and whether
//! two meet. Nothing else in the server answers these; who may ask is for `services` to say, and when for `engine`.

mod disk;
mod mount_point;
mod overlap;
mod transfer;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::task::spawn_blocking;

use self::{disk::Disk, overlap::Meeting};
pub use self::{
    overlap::Key,
    transfer::{Asked, Places},
};
use super::{
    error::internal,
    rclone::{
        error::RcloneError,
        manager::{
            Rclone,
            resolve::{Opened, RemotePlace, location_of},
        },
    },
};
use crate::domain::{
    error::{AppError, ErrorCode, Result},
    location::Location,
    unaddressable::{Unaddressable, of_location},
    unique::Unique,
};

/// Answers questions about locations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Locations {
    rclone: Rclone,
    /// The folders of this server that may be used, with every link on their way followed.
    roots: Arc<[PathBuf]>,
}

/// A location that may be used now, and where it lies now. A link can be changed at any time: what waits asks again
/// before it begins.
#[derive(Clone, Debug)]
pub struct Checked {
    /// As it was written, without slashes that mean nothing to its remote.
    pub location: Location,
    places: Vec<Target>,
}

/// Where a location lies. One over a union lies in several places.
#[derive(Clone, Debug)]
enum Target {
    Disk(Disk),
    Remote(RemotePlace),
}

impl Locations {
    /// Of this rclone, with these folders of this server allowed, every link on their way followed.
    #[must_use]
    pub const fn new(rclone: Rclone, roots: Arc<[PathBuf]>) -> Self {
        Self { rclone, roots }
    }

    /// The folders of this server that may be used, as locations.
    #[must_use]
    pub fn roots(&self) -> Vec<Location> {
        self.roots.iter().filter_map(|root| location_of(root)).collect()
    }

    /// Reads a location exactly as it was written, and makes sure that it may be used. Errors name `field`.
    pub async fn resolve(&self, field: &str, text: &str) -> Result<Checked> {
        let location = Location::parse(text).map_err(|error| named(field, error))?;
        self.check(&location).await.map_err(|error| named(field, error))
    }

    /// Makes sure that a location may be used: its remote exists, and whatever rclone opens for it on this server,
    /// through aliases, wrappers and links, lies in a folder that is allowed; and rclone opens just this place, not
    /// another that looks alike.
    pub async fn check(&self, location: &Location) -> Result<Checked> {
        if let Some(why) = of_location(location) {
            return Err(AppError::invalid("location", why.refusal()));
        }
        let resolved = self.rclone.resolve(location).await.map_err(|error| match error {
            RcloneError::UnknownRemote => AppError::not_found(format_args!("remote “{}”", location.remote())),
            error => error.into(),
        })?;
        if resolved.opened.iter().any(Opened::has_dots) {
            return Err(AppError::invalid("location", Unaddressable::Dots.refusal()));
        }
        let mut places = Vec::new();
        for opened in resolved.opened {
            places.push(match opened {
                Opened::Remote(place) => Target::Remote(place),
                Opened::Disk(path) => Target::Disk(self.allowed(path).await?),
            });
        }
        Ok(Checked { location: resolved.location, places })
    }

    async fn allowed(&self, path: PathBuf) -> Result<Disk> {
        let looked =
            spawn_blocking(move || disk::look(&path)).await.unwrap_or_else(|error| Err(io::Error::other(error)));
        match looked.map_err(|error| internal("a folder could not be resolved", &error))? {
            Some(disk) if disk.is_inside(&self.roots) => Ok(disk),
            _ => Err(self.outside("This folder is outside the allowed folders")),
        }
    }

    fn outside(&self, problem: &str) -> AppError {
        let message = if self.roots.is_empty() {
            "Longshore may not use any folder on this server. Start it with --local-root FOLDER to allow one."
                .to_owned()
        } else {
            let roots: Vec<_> = self.roots.iter().map(|root| root.display().to_string()).collect();
            format!("{problem}: {}.", roots.join(", "))
        };
        AppError::new(ErrorCode::Forbidden, message)
    }

    /// A folder of this server to mount on, made when it is not there: below an allowed one, empty, and used by nobody.
    /// `data` is Longshore's own folder, `source` what shall be mounted.
    pub async fn mount_point(&self, text: &str, source: &Checked, data: &Path) -> Result<PathBuf> {
        let invalid = |problem: &str| AppError::invalid("mount_point", problem);
        let path = mount_point::read(text).map_err(invalid)?;
        let (roots, data) = (Arc::clone(&self.roots), data.to_owned());
        let sources: Vec<_> = source.places.iter().filter_map(Target::disk).cloned().collect();
        let found = spawn_blocking(move || mount_point::find(&path, &roots, &data, &sources)).await;
        found.map_err(|error| internal("a mount point", &error))?.map_err(|problem| match problem {
            mount_point::ApiError::Refused(problem) => invalid(problem),
            mount_point::ApiError::Outside => invalid(&self.outside("Choose a folder inside an allowed one").message),
            mount_point::ApiError::Mounted(path) => AppError::taken(Unique::Mount, path.display()),
            mount_point::ApiError::Full(message) => AppError::conflict(message).marking("mount_point"),
            mount_point::ApiError::Io(error) => internal("a mount point could not be looked at", &error),
        })
    }
}

impl Target {
    const fn disk(&self) -> Option<&Disk> {
        match self {
            Self::Disk(disk) => Some(disk),
            Self::Remote(_) => None,
        }
    }
}

impl Checked {
    /// Whether both have a place in common, or one lies in the other.
    fn meets(&self, other: &Self) -> Meeting {
        let pairs = self.places.iter().flat_map(|a| other.places.iter().map(move |b| overlap::meet(a, b)));
        pairs.max().unwrap_or(Meeting::Apart)
    }

    /// What stands for its places in "one writer a destination".
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        self.places.iter().map(overlap::key).collect()
    }
}

/// An error of a location, as one of the field that it was written into.
fn named(field: &str, error: AppError) -> AppError {
    match error.fields.into_values().next() {
        Some(problem) => AppError::invalid(field, problem),
        None => AppError::new(error.code, error.message),
    }
}
