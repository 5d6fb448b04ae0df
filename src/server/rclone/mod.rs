//! Everything about rclone: its program, its processes, its configuration, its answers, its log. The only place that
//! spells its flags, paths and JSON. Knows no user, no run's row and no HTTP; a run is a folder here. Each room stands
//! above those that it uses: `wire`, `error`, `program`, `log`, `config`, `flags`, `rc`, `providers`, `shim`,
//! `manager`, and on top `remotes`, `browse`, `run` and `mount`.

pub mod browse;
pub mod config;
pub mod error;
pub mod flags;
pub mod log;
pub mod manager;
pub mod mount;
pub mod program;
pub mod providers;
pub mod rc;
pub mod remotes;
pub mod run;
pub mod shim;
mod wire;
