//! `/jobs/new`: start a transfer. `?source=` and `?destination=` fill in the route.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};

use super::{
    command::{Command, Wanted},
    options::{Options, Typed},
};
use crate::{
    components::{
        form::{Errors, Face, error_of, interactive},
        icon::icon,
        layout::page,
        load::{load, skeleton},
        location_picker::LocationPicker,
    },
    domain::{
        error::AppError,
        run::{NewRun, Operation},
    },
    pages::browse::{places, query_value},
    server_fns::{runs::start_run, sessions::get_me},
};

/// The page.
#[component]
pub fn NewJobPage() -> impl IntoView {
    // Asked only to know whether somebody is signed in, before anything is typed.
    let me = Resource::new(|| (), |()| get_me());
    let search = use_location().search;
    let given = move |key: &str| search.with_untracked(|search| query_value(search, key)).unwrap_or_default();
    let source = RwSignal::new(given("source"));
    let destination = RwSignal::new(given("destination"));
    let body = load(me, || skeleton(8), move |_| view! { <Form source destination /> }.into_any());
    let body = view! {
        <div class="headline">
            <div class="grow">
                <h1>"Start a transfer"</h1>
                <p class="muted">"It runs on the server: close this page whenever you like."</p>
            </div>
        </div>
        {body}
    };
    page("jobs", "Start a transfer", body.into_any())
}

#[component]
fn Form(source: RwSignal<String>, destination: RwSignal<String>) -> impl IntoView {
    let ready = interactive();
    let typed = Typed::new();
    let errors: Errors = RwSignal::default();
    let failed = RwSignal::new(None::<AppError>);

    let wanted: Wanted = Memo::new(move |_| {
        let (source, destination) = (source.with(|text| text.trim().to_owned()), destination.with(|text| text.trim().to_owned()));
        let options = typed.read();
        match options {
            Err(wrong) => Some(Err(wrong)),
            Ok(_) if source.is_empty() || destination.is_empty() => None,
            Ok(options) => {
                Some(Ok(NewRun { operation: Operation::Copy, source, destination: Some(destination), options, ..NewRun::default() }))
            }
        }
    });
    let navigate = StoredValue::new(use_navigate());
    let start = Action::new(move |run: &NewRun| {
        let run = run.clone();
        async move {
            failed.set(None);
            match start_run(run).await {
                Ok(id) => navigate.with_value(|navigate| navigate(&format!("/runs/{id}"), Default::default())),
                Err(error) => {
                    errors.set(error.fields.clone());
                    failed.set(Some(error));
                }
            }
        }
    });
    let pending = start.pending();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match wanted.get_untracked() {
            Some(Ok(run)) => drop(start.dispatch(run)),
            Some(Err(wrong)) => errors.set(wrong),
            None => errors.update(|errors| {
                for (name, value) in [("source", source), ("destination", destination)] {
                    if value.with_untracked(|value| value.trim().is_empty()) {
                        errors.insert(name.to_owned(), "Choose a folder, or type remote:path.".to_owned());
                    }
                }
            }),
        }
    };
    let place = |id: &'static str, label: &'static str, help: &'static str| Face::new(id, label, help, error_of(errors, id)).required();
    view! {
        <p class="needs-script note note--warn">{icon("triangle-alert")}<span>"Starting a transfer needs JavaScript. Turn it on for this page."</span></p>
        <div class="two transfer">
            <form class="panel form" novalidate method="post" on:submit=submit>
                <fieldset disabled=move || !ready.get()>
                    <legend class="visually-hidden">"Transfer"</legend>
                    <div class="operation">
                        {icon("copy")}
                        <p><b>"Copy"</b> ": adds and updates. Deletes nothing."</p>
                    </div>
                    <LocationPicker face=place("source", "From", "What is in this folder is copied, with all folders below it.") value=source places=places() />
                    <LocationPicker face=place("destination", "To", "Made when it is not there.") value=destination places=places() />
                </fieldset>
                <fieldset disabled=move || !ready.get()>
                    <legend>"How"</legend>
                    <Options typed errors />
                </fieldset>
                {move || {
                    failed.get().map(|error| view! { <p class="field__error" role="alert">{icon("triangle-alert")}<span>{error.message}</span></p> })
                }}
                <footer>
                    <button class="button button--primary" disabled=move || !ready.get() || pending.get()>
                        {icon("play")}
                        {move || if pending.get() { "Starting…" } else { "Start" }}
                    </button>
                </footer>
            </form>
            <Command wanted errors />
        </div>
    }
    .into_any()
}
