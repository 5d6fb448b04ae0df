//! The command line and the environment, and nothing else reads either. Names are fixed: scripts and units rely on
//! them.

pub mod paths;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, Parser, Subcommand};
use ipnet::IpNet;

use self::paths::{DataDir, Paths};
use self::values::{Origins, Proxies, Roots, absolute, allowed, duration, origins, patience, proxies, role, roots};
use crate::domain::user::Role;

/// The console for rclone.
#[derive(Debug, Parser)]
#[command(name = "longshore", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

impl Cli {
    /// What to do.
    #[must_use]
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the console
    Serve(Serve),
    /// Watch over one run (internal)
    #[command(hide = true)]
    Shim {
        /// The run's directory.
        dir: PathBuf,
    },
    /// Create an admin, or give one a new password
    Admin {
        /// What about them.
        #[command(subcommand)]
        command: Admin,
        /// Whose.
        #[command(flatten)]
        data: DataDir,
    },
    /// Manage the tokens of programs
    Token {
        /// What about them.
        #[command(subcommand)]
        command: Token,
    },
    /// Say what is well, what is wrong, and what to do about it
    Doctor(Paths),
    /// Print the description of the REST API: `OpenAPI` 3.1, as JSON
    Openapi {
        /// Not needed; taken, so that it may be given everywhere.
        #[command(flatten)]
        data: DataDir,
    },
}

/// How to serve.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Where things are.
    #[command(flatten)]
    pub paths: Paths,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env = "LONGSHORE_LISTEN", default_value = "127.0.0.1:8084", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// A folder of this server that may be browsed and copied, as an absolute path; may be repeated
    /// [env: `LONGSHORE_LOCAL_ROOT`, separated by colons]
    #[arg(long = "local-root", value_name = "DIR", value_parser = absolute)]
    given_roots: Vec<PathBuf>,
    // Hidden, and apart from the flag: only in the environment does a colon separate.
    #[arg(long = "local-roots", hide = true, value_name = "LONGSHORE_LOCAL_ROOT", env = "LONGSHORE_LOCAL_ROOT", value_parser = roots)]
    named_roots: Option<Roots>,
    /// The address that people type, behind a proxy: `https://console.example.org`; may be repeated, the first is the
    /// one in links [env: `LONGSHORE_PUBLIC_URL`, separated by commas]
    #[arg(long = "public-url", env = "LONGSHORE_PUBLIC_URL", hide_env = true, value_name = "URL", value_parser = origins)]
    named: Vec<Origins>,
    /// A proxy in front of the console whose `X-Forwarded-For` and `Forwarded` are believed: an address, or a network
    /// such as 10.0.0.0/8; may be repeated [env: `LONGSHORE_TRUSTED_PROXY`, separated by commas]
    #[arg(long = "trusted-proxy", env = "LONGSHORE_TRUSTED_PROXY", hide_env = true, value_name = "ADDRESS", value_parser = proxies)]
    trusted: Vec<Proxies>,
    /// How many runs may work at once; the others wait
    #[arg(long, env = "LONGSHORE_MAX_RUNS", default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub max_runs: u32,
    /// How many of them may work on one remote at once
    #[arg(long, env = "LONGSHORE_MAX_RUNS_PER_REMOTE", default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub max_runs_per_remote: u32,
    /// How long a run may do nothing before it is stopped: 90s, 5m, 2h
    #[arg(long, env = "LONGSHORE_STALL_LIMIT", default_value = "5m", value_name = "TIME", value_parser = duration)]
    pub stall_limit: Duration,
    /// How long a call waits for rclone and the remote behind it: 90s, 5m. Screens and checks wait 30 s at most
    #[arg(long, env = "LONGSHORE_RCLONE_TIMEOUT", default_value = "5m", value_name = "TIME", value_parser = patience)]
    pub rclone_timeout: Duration,
    /// Whether remotes may lead to private networks and this server: allow, refuse. Never to the console itself
    #[arg(long, env = "LONGSHORE_PRIVATE_NETWORKS", default_value = "allow", value_name = "CHOICE", action = ArgAction::Set, value_parser = allowed)]
    pub private_networks: bool,
    /// Whether rclone may ask the metadata service of a cloud, which gives out credentials of this server, for
    /// `env_auth`: allow, refuse
    #[arg(long, env = "LONGSHORE_METADATA_SERVICE", default_value = "refuse", value_name = "CHOICE", action = ArgAction::Set, value_parser = allowed)]
    pub metadata_service: bool,
}

impl Serve {
    /// The folders of this server that may be used.
    #[must_use]
    pub fn local_roots(&self) -> &[PathBuf] {
        match &self.named_roots {
            Some(Roots(named)) if self.given_roots.is_empty() => named,
            _ => &self.given_roots,
        }
    }

    /// The proxies whose forwarding headers are believed.
    #[must_use]
    pub fn trusted_proxies(&self) -> Vec<IpNet> {
        self.trusted.iter().flat_map(|Proxies(networks)| networks).copied().collect()
    }

    /// Whether browsers reach the console by HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_urls().iter().any(|url| url.starts_with("https://"))
    }

    /// The addresses that people type, as browsers write their origins; the first is the one in links.
    #[must_use]
    pub fn public_urls(&self) -> Vec<String> {
        let mut urls = Vec::new();
        for url in self.named.iter().flat_map(|Origins(urls)| urls) {
            if !urls.contains(url) {
                urls.push(url.clone());
            }
        }
        urls
    }
}

/// About admins. The password is read from standard input: a command line is for everybody to see.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Create an admin; the password is read from standard input
    Create {
        /// The name to sign in with.
        name: String,
    },
    /// Give a user a new password, read from standard input, and end their sessions and tokens
    Reset {
        /// The name to sign in with.
        name: String,
    },
}

/// About tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Create a token and print it, this once
    Create(NewToken),
}

/// A token to be made.
#[derive(Debug, Args)]
pub struct NewToken {
    /// Whose.
    #[command(flatten)]
    pub data: DataDir,
    /// Whose token it is
    #[arg(long)]
    pub user: String,
    /// What it is for
    #[arg(long, value_name = "LABEL")]
    pub name: String,
    /// What it may, at most what its user may
    #[arg(long, default_value = "admin", value_parser = role)]
    pub role: Role,
    /// When it stops working: 12h, 90d
    #[arg(long, default_value = "90d", value_parser = duration)]
    pub expires: Duration,
}

#[cfg(test)]
mod tests;
