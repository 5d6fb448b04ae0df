//! Pages whose code is loaded when they are first opened: who only signs in, or looks at the overview, does not pay for
//! the rest.

use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

use super::{
    audit::AuditPage,
    browse::{BrowsePage, FolderPage},
    jobs::{JobPage, JobsPage, NewJobPage},
    mounts::MountsPage,
    remotes::{NewRemotePage, RemoteTrustPage, RemotesPage},
    run::RunPage,
    runs::RunsPage,
    settings::SettingsPage,
};

/// A route whose view is a page that is loaded late.
macro_rules! lazy {
    ($(#[$doc:meta])* $route:ident, $page:ident) => {
        $(#[$doc])*
        pub struct $route;

        #[lazy_route]
        impl LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            fn view(_this: Self) -> AnyView {
                view! { <$page /> }.into_any()
            }
        }
    };
}

lazy!(
    /// The places to browse.
    Browse, BrowsePage
);
lazy!(
    /// One folder.
    Folder, FolderPage
);
lazy!(
    /// The remotes.
    Remotes, RemotesPage
);
lazy!(
    /// How a remote knows its server.
    RemoteTrust, RemoteTrustPage
);
lazy!(
    /// The wizard.
    NewRemote, NewRemotePage
);
lazy!(
    /// The jobs.
    Jobs, JobsPage
);
lazy!(
    /// A transfer to be started, or a job to be saved.
    NewJob, NewJobPage
);
lazy!(
    /// One job.
    Job, JobPage
);
lazy!(
    /// The history.
    Runs, RunsPage
);
lazy!(
    /// One run.
    Run, RunPage
);
lazy!(
    /// What is mounted.
    Mounts, MountsPage
);
lazy!(
    /// The audit log.
    Audit, AuditPage
);
lazy!(
    /// People, tokens, sessions.
    Settings, SettingsPage
);
