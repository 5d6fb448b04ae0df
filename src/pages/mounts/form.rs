//! Mount a location: what, where, and who may do what with it. Needs JavaScript.

use std::collections::BTreeMap;

use leptos::{ev, leptos_dom::helpers::request_animation_frame, prelude::*};
use leptos_router::hooks::use_navigate;

use super::actions::MountActions;
use crate::{
    components::{
        form::{Check, Errors, Face, Text, error_of, focus_first, interactive},
        icon::icon,
        location_picker::LocationPicker,
        note::problem,
    },
    domain::{error::AppError, mount::NewMount},
    pages::browse::places,
    server_fns::mounts::create_mount,
};

/// The fields that can be wrong, in the order in which they stand.
const FIELDS: [&str; 2] = ["location", "mount_point"];

/// What is typed of a new mount.
#[derive(Clone, Copy)]
struct MountForm {
    actions: MountActions,
    location: RwSignal<String>,
    mount_point: RwSignal<String>,
    read_only: RwSignal<String>,
    allow_other: RwSignal<String>,
    errors: Errors,
    failed: RwSignal<Option<AppError>>,
    create: Action<NewMount, ()>,
}

impl MountForm {
    fn new(actions: MountActions) -> Self {
        let (location, mount_point) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
        let errors: Errors = RwSignal::default();
        let failed = RwSignal::new(None);
        // What is wrong with a field is so until it is changed.
        for (field, value) in FIELDS.into_iter().zip([location, mount_point]) {
            Effect::watch(
                move || value.track(),
                move |(), _, _| errors.update(|errors| drop(errors.remove(field))),
                false,
            );
        }
        let navigate = StoredValue::new(use_navigate());
        let create = Action::new(move |mount: &NewMount| {
            let mount = mount.clone();
            async move {
                match create_mount(mount).await {
                    Ok(mount) => {
                        actions.said.set(Some(Ok(format!("{} is mounted at {}.", mount.location, mount.mount_point))));
                        actions.mounts.update(|mounts| {
                            mounts.push(mount);
                            mounts.sort_by(|a, b| a.mount_point.cmp(&b.mount_point));
                        });
                        navigate.with_value(|navigate| navigate("/mounts", Default::default()));
                    }
                    Err(error) if error.fields.is_empty() => failed.set(Some(error)),
                    Err(error) => show(errors, error.fields),
                }
            }
        });
        // Writing must be chosen.
        let (read_only, allow_other) = (RwSignal::new("true".to_owned()), RwSignal::new(String::new()));
        Self { actions, location, mount_point, read_only, allow_other, errors, failed, create }
    }

    fn submit(self, event: &ev::SubmitEvent) {
        event.prevent_default();
        self.actions.said.set(None);
        self.failed.set(None);
        let is_on = |value: RwSignal<String>| value.with_untracked(|value| value == "true");
        let mount = NewMount {
            location: self.location.get_untracked(),
            mount_point: self.mount_point.get_untracked(),
            read_only: is_on(self.read_only),
            allow_other: is_on(self.allow_other),
        };
        let empty = [
            (FIELDS[0], &mount.location, "Choose a folder, or type remote:path."),
            (FIELDS[1], &mount.mount_point, "Enter a folder."),
        ];
        let wrong: BTreeMap<_, _> = empty
            .into_iter()
            .filter(|(_, text, _)| text.is_empty())
            .map(|(field, _, problem)| (field.to_owned(), problem.to_owned()))
            .collect();
        if wrong.is_empty() {
            self.create.dispatch(mount);
        } else {
            show(self.errors, wrong);
        }
    }
}

/// Marks the fields that are wrong, and puts the focus on the first.
fn show(errors: Errors, wrong: BTreeMap<String, String>) {
    let first = FIELDS.into_iter().find(|field| wrong.contains_key(*field)).map(str::to_owned);
    errors.set(wrong);
    focus_first(first);
}

/// The form. `roots` are the folders below which one may mount.
pub fn form(roots: &[String], actions: MountActions) -> AnyView {
    let ready = interactive();
    let form = MountForm::new(actions);
    let MountForm { location, mount_point, read_only, allow_other, errors, failed, create, .. } = form;
    Effect::new(move |_| {
        if ready.get() {
            request_animation_frame(|| focus_first(["location".to_owned()]));
        }
    });
    let pending = create.pending();
    let face = |id: &'static str, label: &'static str, help: String| Face::new(id, label, help, error_of(errors, id));
    let example = roots.first().map(|root| format!("{}/mnt/photos", root.trim_end_matches('/'))).unwrap_or_default();
    let where_help =
        format!("A folder below {}. It must be empty, and is created if it does not exist.", roots.join(" or "));
    view! {
        <section class="panel mounts__new" aria-labelledby="mount-title">
            <header><h2 id="mount-title">"Mount a location"</h2></header>
            <p class="needs-script note note--warn">{icon("triangle-alert")}<span>"Mounting needs JavaScript. Turn it on for this page."</span></p>
            <form class="form" novalidate method="post" on:submit=move |event| form.submit(&event)>
                <fieldset disabled=move || !ready.get()>
                    <legend class="visually-hidden">"Mount"</legend>
                    <div class="pair">
                        <LocationPicker face=face("location", "What", "A remote, or a folder in one.".to_owned()).required() value=location places=places() />
                        <Text face=face("mount_point", "Where", where_help).required() value=mount_point placeholder=example />
                    </div>
                    <div class="pair">
                        <Check
                            face=face("read_only", "Read only", "Programs cannot write. Untick it to allow writing: files are stored on this server first, then uploaded.".to_owned())
                            value=read_only
                        />
                        <Check
                            face=face(
                                "allow_other",
                                "Other users of this server may use it",
                                "Otherwise only the user that Longshore runs as can.".to_owned(),
                            )
                            value=allow_other
                        />
                    </div>
                </fieldset>
                {move || failed.get().map(|error| problem(error.message))}
                <footer>
                    <a class="button" href="/mounts">"Cancel"</a>
                    <button class="button button--primary" disabled=move || !ready.get() || pending.get()>
                        {icon("hard-drive")}
                        {move || if pending.get() { "Mounting…" } else { "Mount" }}
                    </button>
                </footer>
            </form>
        </section>
    }
    .into_any()
}
