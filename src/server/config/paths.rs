//! The data directory, and the files in it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::values::{default_data_dir, path};

/// Where everything is kept.
#[derive(Clone, Debug, Args)]
pub struct DataDir {
    /// Where everything is kept: database, rclone's configuration, logs of runs
    // Global: it may stand before a command, behind it, and behind what that is about.
    #[arg(long, global = true, env = "LONGSHORE_DATA_DIR", default_value_os_t = default_data_dir(), value_name = "DIR", value_parser = path)]
    pub data_dir: PathBuf,
}

/// Where things are.
#[derive(Clone, Debug, Args)]
pub struct Paths {
    #[command(flatten)]
    data: DataDir,
    /// The rclone program; 1.75.2 or newer. Looked for on PATH when absent
    #[arg(long, env = "LONGSHORE_RCLONE", value_name = "FILE", value_parser = path)]
    rclone: Option<PathBuf>,
    /// rclone's configuration file; `rclone.conf` in the data directory when absent
    #[arg(long, env = "LONGSHORE_RCLONE_CONFIG", value_name = "FILE", value_parser = path)]
    rclone_config: Option<PathBuf>,
}

impl Paths {
    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data.data_dir
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.database()
    }

    /// The rclone program that was named.
    #[must_use]
    pub fn program(&self) -> Option<&Path> {
        self.rclone.as_deref()
    }

    /// rclone's configuration, the one that counts.
    #[must_use]
    pub fn rclone_config(&self) -> PathBuf {
        self.rclone_config.clone().unwrap_or_else(|| self.data_dir().join("rclone.conf"))
    }
}

impl DataDir {
    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("longshore.db")
    }
}
