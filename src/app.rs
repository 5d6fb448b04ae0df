//! The HTML document, the table of routes, and the frame around every page.

use leptos::{config::LeptosOptions, prelude::*, server_fn::ServerFn};
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    Lazy, SsrMode,
    components::{FlatRoutes, Route, Router},
    hooks::use_location,
    path,
};

use crate::{
    components::{
        layout::{Frame, SessionActions},
        load::path_and_query,
        run_row::Stop,
        session::Session,
        time::provide_now,
    },
    domain::{
        error::ErrorCode,
        id::RunId,
        session::{LOGIN, login_path},
        user::Theme,
    },
    live::provide_live,
    pages::{
        lazy, login::LoginPage, not_found::NotFoundPage, overview::OverviewPage, password::PasswordPage,
        setup::SetupPage,
    },
    server_fns::{
        runs::StopRun,
        sessions::{DeleteSession, get_me},
        users::UpdateTheme,
    },
};

/// The document around [`App`]. The server puts the [`Theme`] of who is signed in into the context.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Theme>().unwrap_or_default();
    let styles = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="preload" href="/fonts/inter.woff2" r#as="font" type="font/woff2" crossorigin="anonymous" />
                <link rel="stylesheet" href=styles />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Whether every part of the page is interactive. The browser puts it into the context. Until then the page has to show
/// what the server sent: the code of a page may come late, and finds its elements only where they were.
#[derive(Clone)]
pub struct Hydrated(pub ArcRwSignal<bool>);

/// The console.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let Hydrated(hydrated) = use_context().unwrap_or_else(|| Hydrated(ArcRwSignal::new(false)));
    let hydrated = Signal::from(hydrated);
    provide_now(hydrated);
    Effect::new(move |_| {
        if let Some(html) = document().document_element().filter(|_| hydrated.get()) {
            let _ = html.set_attribute("data-hydrated", "");
        }
    });
    view! {
        <Title formatter=|text: String| format!("{text} · Longshore") />
        <Router>
            <Console hydrated />
        </Router>
    }
}

/// The frame and the pages in it.
#[component]
fn Console(hydrated: Signal<bool>) -> impl IntoView {
    let at = use_location();
    let path = at.pathname;
    let framed = Memo::new(move |_| path.with(|path| !matches!(path.as_str(), LOGIN | "/setup" | "/password")));
    // Asked for again when somebody comes in through the sign-in page, forgotten when they leave.
    let me = Resource::new(
        move || framed.get(),
        |framed| async move { if framed { get_me().await.map(Some) } else { Ok(None) } },
    );
    provide_context(Session(me));
    let live = provide_live(Signal::derive(move || {
        (hydrated.get() && framed.get()).then(|| path.with(|path| events_href(path)))
    }));
    // A refused stream may mean that the session has ended: then this answers so, and leads to the sign-in page.
    Effect::watch(move || live.refused(), move |_, _, _| me.refetch(), false);
    Effect::new(move |_| {
        let ended = me.with(|me| matches!(me, Some(Err(error)) if error.code == ErrorCode::Unauthenticated));
        if ended && framed.get_untracked() {
            let _ = window().location().set_href(&login_path(&path_and_query(&at)));
        }
    });
    let theme = ServerAction::<UpdateTheme>::new();
    let stop = ServerAction::<StopRun>::new();
    let actions = SessionActions {
        sign_out: DeleteSession::url(),
        theme: UpdateTheme::url(),
        save_theme: Callback::new(move |chosen: Theme| {
            theme.dispatch(UpdateTheme { theme: chosen.as_str().to_owned(), next: None });
        }),
        stop: Stop {
            url: StopRun::url(),
            act: Callback::new(move |id: RunId| {
                stop.dispatch(StopRun { id: id.to_string(), reason: String::new() });
            }),
        },
    };
    view! {
        <Frame framed actions>
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/setup") view=SetupPage ssr=SsrMode::Async />
                <Route path=path!("/password") view=PasswordPage ssr=SsrMode::Async />
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                <Route path=path!("/browse") view={Lazy::<lazy::Browse>::new()} ssr=SsrMode::Async />
                <Route path=path!("/browse/*place") view={Lazy::<lazy::Folder>::new()} ssr=SsrMode::Async />
                <Route path=path!("/remotes") view={Lazy::<lazy::Remotes>::new()} ssr=SsrMode::Async />
                <Route path=path!("/remotes/new") view={Lazy::<lazy::NewRemote>::new()} ssr=SsrMode::Async />
                <Route path=path!("/remotes/:name/trust") view={Lazy::<lazy::RemoteTrust>::new()} ssr=SsrMode::Async />
                <Route path=path!("/jobs") view={Lazy::<lazy::Jobs>::new()} ssr=SsrMode::Async />
                <Route path=path!("/jobs/new") view={Lazy::<lazy::NewJob>::new()} ssr=SsrMode::Async />
                <Route path=path!("/jobs/:id") view={Lazy::<lazy::Job>::new()} ssr=SsrMode::Async />
                <Route path=path!("/runs") view={Lazy::<lazy::Runs>::new()} ssr=SsrMode::Async />
                <Route path=path!("/runs/:id") view={Lazy::<lazy::Run>::new()} ssr=SsrMode::Async />
                <Route path=path!("/mounts") view={Lazy::<lazy::Mounts>::new()} ssr=SsrMode::Async />
                <Route path=path!("/audit") view={Lazy::<lazy::Audit>::new()} ssr=SsrMode::Async />
                <Route path=path!("/settings") view={Lazy::<lazy::Settings>::new()} ssr=SsrMode::Async />
                <Route path=path!("/settings/:tab") view={Lazy::<lazy::Settings>::new()} ssr=SsrMode::Async />
            </FlatRoutes>
        </Frame>
    }
}

/// The stream of events for a page: the one of a run tells also what it transfers.
fn events_href(path: &str) -> String {
    match path.strip_prefix("/runs/").map(str::parse::<RunId>) {
        Some(Ok(id)) => format!("/api/v1/events?run={id}"),
        _ => "/api/v1/events".to_owned(),
    }
}
