//! `/remotes`: what is connected, whether it answered last, and what to do with it.

use leptos::prelude::*;

use crate::{
    components::{
        badge::badge,
        delete_dialog::{PendingDelete, Words, delete_dialog},
        icon::icon,
        layout::page,
        load::{empty, load, skeleton},
        time::time,
    },
    domain::{
        error::AppError,
        identity::ServerCheck,
        location::{Location, encode},
        remote::{NewRemote, RemoteSummary, RemoteTest, RemoteTested, UnusableRemote},
        time::Timestamp,
    },
    server_fns::remotes::{delete_remote, list_remotes, list_unusable_remotes, test_remote},
};

const DELETE: Words = Words {
    title: "Delete this remote?",
    what: [
        "Longshore forgets how to reach ",
        ". Only its configuration is deleted here, never its files: they stay where they are.",
    ],
    act: "Delete remote",
};

/// The page.
#[component]
pub fn RemotesPage() -> impl IntoView {
    let pending_delete = PendingDelete::default();
    let remotes = Resource::new(move || pending_delete.again.get(), |_| everything());
    let body = view! {
        <div class="headline">
            <div class="grow">
                <h1>"Remotes"</h1>
                <p class="muted">"Connections to your storage."</p>
            </div>
            <a class="button button--primary" href="/remotes/new">{icon("plus")}"Add remote"</a>
        </div>
        {load(remotes, || skeleton(6), move |(remotes, unusable)| view! { {table(remotes, pending_delete)}{beside(unusable)} }.into_any())}
        <p class="visually-hidden" role="status">{pending_delete.said}</p>
        {delete_dialog(pending_delete, DELETE, delete_remote)}
    };
    page("remotes", "Remotes", body.into_any())
}

async fn everything() -> Result<(Vec<RemoteSummary>, Vec<UnusableRemote>), AppError> {
    Ok((list_remotes().await?, list_unusable_remotes().await?))
}

/// What rclone's configuration holds beside the remotes.
fn beside(unusable: Vec<UnusableRemote>) -> Option<AnyView> {
    if unusable.is_empty() {
        return None;
    }
    let row = |UnusableRemote { name, kind, reason }| {
        view! {
            <tr>
                <th scope="row"><b>{format!("[{name}]")}</b></th>
                <td class="muted">{kind}</td>
                <td class="remotes__test" role="cell">{badge("warn", "triangle-alert", "Not usable".to_owned())}<span class="remotes__said">{reason}</span></td>
            </tr>
        }
    };
    let rows = unusable.into_iter().map(row).collect::<Vec<_>>();
    let table = view! {
        <section class="panel remotes" aria-labelledby="unusable">
            <header><h2 id="unusable">"Not usable"</h2><span class="muted">"Longshore leaves these sections of rclone.conf unchanged."</span></header>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Section"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col">"Why"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    };
    Some(table.into_any())
}

fn table(remotes: Vec<RemoteSummary>, pending_delete: PendingDelete) -> AnyView {
    if remotes.is_empty() {
        let add = view! { <a class="button button--primary" href="/remotes/new">{icon("plus")}"Add remote"</a> };
        let text = "A remote is a connection to your storage: a bucket, a server, a cloud drive. Add one to browse it and to copy to it.";
        return view! { <section class="panel">{empty("cloud", "No remotes yet", text.to_owned(), [Some(add.into_any())])}</section> }
            .into_any();
    }
    let rows = remotes.into_iter().map(|remote| view! { <Row remote pending_delete /> }.into_any()).collect::<Vec<_>>();
    view! {
        <section class="panel remotes">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Provider"</th>
                        <th scope="col">"Last test"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

#[component]
fn Row(remote: RemoteSummary, pending_delete: PendingDelete) -> impl IntoView {
    let RemoteSummary { name, kind, provider, encrypted, server_check, tested } = remote;
    let trust = format!("/remotes/{}/trust", encode(name.as_str()));
    // What the list says, until a test here says more. A test that could not be made is shown, but is no result.
    let tested = RwSignal::new(tested);
    let failed = RwSignal::new(None::<AppError>);
    let test = Action::new({
        let name = name.to_string();
        move |()| {
            let remote = NewRemote { name: name.clone(), ..NewRemote::default() };
            async move {
                match test_remote(remote).await {
                    Ok(result) => {
                        failed.set(None);
                        tested.set(Some(RemoteTested { at: now(), result }));
                    }
                    Err(error) => failed.set(Some(error)),
                }
            }
        }
    });
    let pending = test.pending();
    let href = Location::Remote(name.clone(), String::new()).href();
    let delete_name = name.to_string();
    let result = move || {
        if let Some(error) = failed.get() {
            return view! { {badge("warn", "triangle-alert", "Not made".to_owned())}<span class="remotes__said">{error.message}</span> }
                .into_any();
        }
        tested.get().map_or_else(|| badge("", "clock", "Not tested".to_owned()), outcome)
    };
    view! {
        <tr>
            <th scope="row">
                <a class="remotes__name" href=href.clone()>{icon("cloud")}<b>{name.to_string()}</b></a>
            </th>
            <td class="remotes__provider">
                <span class="muted">{provider}</span>
                " "
                {encrypted.then(|| badge("ok", "lock", "Encrypted".to_owned()))}
                {server_check.map(|check| checked(check, &kind, trust.clone()))}
            </td>
            <td class="remotes__test" role="cell" aria-live="polite" aria-busy=move || pending.get().then_some("true")>
                {move || if pending.get() { badge("run", "loader", "Testing".to_owned()) } else { result() }}
            </td>
            <td class="remotes__actions">
                <a class="button" href=href aria-label=format!("Browse {name}")>{icon("folder-open")}"Browse"</a>
                <button type="button" class="button scripted" aria-label=format!("Test {name}") disabled=pending on:click=move |_| drop(test.dispatch(()))>
                    {icon("plug-zap")}
                    "Test"
                </button>
                <button
                    type="button"
                    class="button button--quiet scripted"
                    aria-label=format!("Delete {name}")
                    on:click=move |_| pending_delete.ask(delete_name.as_str(), delete_name.as_str())
                >
                    {icon("trash-2")}
                    "Delete"
                </button>
            </td>
        </tr>
    }
    .into_any()
}

/// Whether a remote knows its server, and where to see more.
fn checked(check: ServerCheck, kind: &str, href: String) -> AnyView {
    let what = if kind == "sftp" { "Host key" } else { "Certificate" };
    let (class, face, word) = match check {
        ServerCheck::Pinned => ("ok", "shield-check", format!("{what} pinned")),
        ServerCheck::NotChecked => ("warn", "shield-alert", format!("{what} not checked")),
    };
    view! { <a class="remotes__trust" href=href>{badge(class, face, word)}</a> }.into_any()
}

/// How a test ended, in words.
fn outcome(tested: RemoteTested) -> AnyView {
    let RemoteTested { at, result: RemoteTest { connected, message, .. } } = tested;
    let badge = if connected {
        badge("ok", "circle-check", "Connected".to_owned())
    } else {
        badge("bad", "circle-x", "Failed".to_owned())
    };
    view! { {badge}<span class="faint small">{time(at)}</span><span class="remotes__said">{message}</span> }.into_any()
}

/// The time of this machine: the list that is loaded next has the server's.
fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}
