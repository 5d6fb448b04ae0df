//! Longshore, the console for rclone: one program that serves a web page, and the page itself. From the inside out:

/// The document and its routes.
pub mod app;
/// Where a test may kill a process.
#[cfg(all(feature = "ssr", debug_assertions))]
mod failpoint;
/// In a release there is no such place.
#[cfg(all(feature = "ssr", not(debug_assertions)))]
mod failpoint {
    pub(crate) const fn pass(_name: &str, _dir: &std::path::Path) {}
}
/// What pages are drawn with.
pub mod components;
/// Pure types and rules, the same on both sides.
pub mod domain;
/// The stream of what changes, as signals.
pub mod live;
/// One folder a menu entry.
pub mod pages;
/// What only the server knows: rclone, the database, runs, who may do what.
#[cfg(feature = "ssr")]
pub mod server;
/// What the browser can call.
#[expect(missing_docs, reason = "each function's generated struct repeats its arguments")]
pub mod server_fns;

/// Makes the page that the server sent interactive, and says so once the code of all its parts is there.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    use leptos::{mount::hydrate_from_async, prelude::*, tachys::dom::body};

    console_error_panic_hook::set_once();
    let hydrated = ArcRwSignal::new(false);
    let given = app::Hydrated(hydrated.clone());
    let console = move || {
        provide_context(given);
        app::App()
    };
    hydrate_from_async(body(), console).await.forget();
    hydrated.set(true);
}
