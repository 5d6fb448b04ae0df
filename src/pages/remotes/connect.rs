//! The second step: what the connection needs. The fields come from rclone's own schema.

use leptos::prelude::*;

use super::{
    draft::{Draft, Step},
    fields::Field,
};
use crate::{
    components::{
        form::{Face, OptionField, Secret, error_of, focus_first, interactive},
        location_picker::LocationPicker,
        search::narrow_field,
    },
    domain::provider::{OptionKind, Provider, ProviderOption},
    pages::browse::places,
};

/// The step; `next` is the one after it.
pub(super) fn connect(provider: &Provider, draft: Draft, next: Step) -> AnyView {
    let fields = draft.fields_of(provider);
    let vendor = fields.vendor();
    let ready = interactive();

    let shown = {
        let fields = fields.clone();
        Memo::new_with_compare(move |_| fields.shown(&vendor.get()), |_, _| true)
    };
    let first = move || {
        shown.get().into_iter().filter(|field| field.first).map(|field| draw(&field, vendor, draft)).collect::<Vec<_>>()
    };
    let go_on = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let missing = fields.missing();
        if missing.is_empty() {
            draft.tested.set(None);
            draft.at.set(next);
        } else {
            focus_first(missing.keys().map(|name| format!("option-{name}")));
            draft.errors.set(missing);
        }
    };
    let is_address = |option: &ProviderOption| ["host", "url", "endpoint"].contains(&option.name.as_str());
    let refused = provider.options.iter().any(is_address).then(|| {
        let words = "Longshore never connects to cloud metadata services or to itself. It connects to private networks unless it was started with --private-networks refuse.";
        view! { <p class="muted">{words}</p> }.into_any()
    });
    view! {
        <form class="form" novalidate method="post" on:submit=go_on>
            <fieldset disabled=move || !ready.get() aria-label="Connection">
                {first}
                {refused}
                <Advanced shown vendor draft />
            </fieldset>
            <footer>
                <a class="button" href="/remotes/new">"Back"</a>
                <button class="button button--primary" disabled=move || !ready.get()>"Continue"</button>
            </footer>
        </form>
    }
    .into_any()
}

/// What is rarely needed: closed, and searched when it is open. Drawn only then: S3 alone has sixty.
#[component]
fn Advanced(shown: Memo<Vec<Field>>, vendor: Signal<String>, draft: Draft) -> impl IntoView {
    let others = move || shown.get().into_iter().filter(|field| !field.first).collect::<Vec<_>>();
    let count = move || others().len();
    let open = RwSignal::new(false);
    let search = RwSignal::new(String::new());
    // Something wrong in here must be seen.
    Effect::new(move |_| {
        if draft.errors.with(|errors| {
            shown.with(|all| all.iter().any(|field| !field.first && errors.contains_key(&field.option.name)))
        }) {
            open.set(true);
        }
    });
    let inside = move || {
        open.get().then(|| {
            let fields = others().into_iter().map(|field| {
                let text =
                    format!("{} {} {}", field.option.name, field.option.label(), field.option.summary()).to_lowercase();
                let fits = move || search.with(|search| text.contains(search.trim().to_lowercase().as_str()));
                view! { <div class="advanced__field" hidden=move || !fits()>{draw(&field, vendor, draft)}</div> }
                    .into_any()
            });
            view! {
                <div class="advanced__body">
                    {narrow_field("Search the advanced options", "Search these options", search)}
                    {fields.collect::<Vec<_>>()}
                </div>
            }
            .into_any()
        })
    };
    view! {
        <details class="advanced" hidden=move || count() == 0 prop:open=open on:toggle:target=move |event| open.set(event.target().has_attribute("open"))>
            <summary>{move || format!("Advanced options ({})", count())}</summary>
            {inside}
        </details>
    }
    .into_any()
}

fn draw(field: &Field, vendor: Signal<String>, draft: Draft) -> AnyView {
    let (option, value) = (field.option.clone(), field.value);
    let error = error_of(draft.errors, option.name.clone());
    let provider = draft.provider();
    // What wraps another remote points at a place that Longshore knows.
    if option.name == "remote" {
        let label = if provider == "alias" { "Folder it points to" } else { "Underlying folder" };
        let face =
            Face::new("option-remote", label, "A folder of another remote, or of this server.", error).required();
        return view! { <LocationPicker face value places=places() /> }.into_any();
    }
    if option.name == "token" && option.kind == OptionKind::Json {
        let help = format!(
            "On a computer with a browser, run: rclone authorize \"{provider}\". Sign in there, and paste here what it prints."
        );
        let face = Face::new("option-token", option.label(), help, error);
        return view! { <Secret face value /> }.into_any();
    }
    let option =
        ProviderOption { help: list_help(&provider, &option.name).map_or(option.help, str::to_owned), ..option };
    view! { <OptionField option value vendor error /> }.into_any()
}

/// How to write the places of what has several: rclone's help speaks of its own names.
fn list_help(provider: &str, option: &str) -> Option<&'static str> {
    match (provider, option) {
        ("union", "upstreams") => Some(
            "The remotes or folders, separated by single spaces: photos: nas:backup /srv/files. Put a name with a space in double quotes; \
             add :ro to read from one only, :nc to create nothing new in it.",
        ),
        ("combine", "upstreams") => {
            Some("As folder=remote:path, separated by single spaces: photos=b2:photos work=nas:work.")
        }
        _ => None,
    }
}
