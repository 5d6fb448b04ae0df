//! A field for a location: it can be typed, or chosen by walking through remotes and folders in a dialog.

mod walk;
mod way;

use std::{future::Future, pin::Pin, sync::Arc};

use leptos::prelude::*;

use self::walk::Walk;
pub use self::way::{above, way};
use crate::{
    components::{dialog::Dialog, form::Face, icon::icon, virtual_list::Fetch},
    domain::{
        error::Result,
        location::{Location, oddity},
    },
};

/// Asks for the places where a walk can begin: remotes, and folders of this server.
pub type Roots = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Vec<Location>>>>> + Send + Sync>;

/// How the picker lists a location.
#[derive(Clone)]
pub struct Places {
    /// Where a walk can begin.
    pub roots: Roots,
    /// What lies in a folder.
    pub list: Fetch,
}

/// The field.
#[component]
pub fn LocationPicker(
    /// Its label, help and error.
    face: Face,
    /// The location as text: `remote:path` or an absolute path.
    value: RwSignal<String>,
    /// The choices.
    places: Places,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let title = format!("Choose: {}", face.label);
    let choose = Callback::new(move |location: Location| {
        value.set(location.to_string());
        open.set(false);
    });
    // Each opening begins anew, where the field points. Closed, the dialog holds nothing.
    let inside = move || {
        open.get().then(|| view! { <Walk places=places.clone() at=Location::parse(&value.get_untracked()).ok() choose cancel=open /> })
    };
    let button = view! {
        <button type="button" class="button" on:click=move |_| open.set(true)>
            {icon("folder-open")}
            "Choose"
            <span class="visually-hidden">{format!(" {}", face.label.to_lowercase())}</span>
        </button>
    };
    // What was typed is taken as it is; what may not be meant is said.
    let odd = move || value.with(|text| oddity(text)).map(|odd| view! { <p class="help" role="status">{odd}</p> });
    view! {
        {face.text_and(value, "remote:path or /path", button.into_any(), odd.into_any())}
        <Dialog open title>{inside}</Dialog>
    }
    .into_any()
}
