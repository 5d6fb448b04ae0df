//! `/browse`: which remote, or which folder of this server.

use leptos::prelude::*;

use crate::{
    components::{
        badge::badge,
        icon::icon,
        layout::page,
        load::{empty, load, skeleton},
        route_label::location_label,
    },
    domain::{error::Result, location::Location, remote::RemoteSummary, remote_name::RemoteName},
    server_fns::remotes::{list_local_roots, list_remotes},
};

/// The page.
#[component]
pub fn BrowsePage() -> impl IntoView {
    let places = Resource::new(|| (), |()| list());
    let body = view! { <h1>"Browse"</h1>{load(places, || skeleton(6), content)} };
    page("browse", "Browse", body.into_any())
}

async fn list() -> Result<(Vec<RemoteSummary>, Vec<String>)> {
    Ok((list_remotes().await?, list_local_roots().await?))
}

fn content((remotes, roots): (Vec<RemoteSummary>, Vec<String>)) -> AnyView {
    let roots: Vec<_> = roots.iter().filter_map(|root| Location::parse(root).ok()).collect();
    view! {
        <section class="places" aria-labelledby="places-remotes">
            <h2 id="places-remotes">"Remotes"</h2>
            {if remotes.is_empty() {
                let add = view! { <a class="button button--primary" href="/remotes/new">{icon("plus")}"Add remote"</a> };
                let text = "A remote is a connection to your storage: a bucket, a server, a cloud drive.";
                view! { <div class="panel">{empty("cloud", "No remotes yet", text.to_owned(), [Some(add.into_any())])}</div> }.into_any()
            } else {
                view! { <ul class="places__list">{remotes.into_iter().map(remote).collect_view()}</ul> }.into_any()
            }}
        </section>
        <section class="places" aria-labelledby="places-local">
            <h2 id="places-local">"This server"</h2>
            {if roots.is_empty() {
                view! {
                    <p class="muted">"Longshore may not use any folder on this server. Start it with " <code>"--local-root"</code> " to allow one."</p>
                }
                .into_any()
            } else {
                view! {
                    <ul class="places__list">
                        {roots
                            .into_iter()
                            .map(|location| {
                                view! {
                                    <li><a class="panel place-card" href=location.href()>{location_label(&location)}</a></li>
                                }
                            })
                            .collect_view()}
                    </ul>
                }
                .into_any()
            }}
        </section>
    }
    .into_any()
}

fn remote(remote: RemoteSummary) -> impl IntoView {
    let location = root(remote.name);
    view! {
        <li>
            <a class="panel place-card" href=location.href()>
                {location_label(&location)}
                <span class="muted small">{remote.provider}</span>
                {remote.encrypted.then(|| view! { {badge("ok", "lock", "Encrypted".to_owned())} })}
            </a>
        </li>
    }
}

const fn root(name: RemoteName) -> Location {
    Location::Remote(name, String::new())
}
