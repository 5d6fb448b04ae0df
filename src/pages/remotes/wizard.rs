//! `/remotes/new`: provider, connect, encrypt or not, test and name. The provider is in the address; what is typed
//! never is. The options of a provider come when it is chosen.

use leptos::{html, prelude::*};
use leptos_router::hooks::{use_location, use_navigate};

use super::{
    choose::{choose, headline},
    connect::connect,
    crypt::is_offered,
    draft::{Draft, Step},
    encrypt::encrypt,
    finish::Finish,
    sheet::sheet,
};
use crate::{
    components::{
        icon::icon,
        layout::page,
        load::{load, skeleton},
    },
    domain::{
        error::Result,
        provider::{Provider, ProviderSummary},
        remote::RemoteSummary,
    },
    pages::browse::query_value,
    server_fns::remotes::{get_provider, list_providers, list_remotes},
};

/// The page.
#[component]
pub fn NewRemotePage() -> impl IntoView {
    let data = Resource::new(|| (), |()| list());
    let at = use_location();
    // As it was when one leaves for another page, which has no such query.
    let chosen = Memo::new(move |before: Option<&Option<String>>| match before {
        Some(before) if !at.pathname.with(|path| path == "/remotes/new") => before.clone(),
        _ => at.search.with(|search| query_value(search, "provider")),
    });
    let draft = Draft::new();
    let options = Resource::new(move || chosen.get(), options);
    let wizard =
        load(data, || skeleton(8), move |(providers, remotes)| content(providers, &remotes, chosen, options, draft));
    let body = view! {
        <div class="headline">
            <div class="grow">
                <h1>"Add a remote"</h1>
                <p class="muted">"A connection to your storage."</p>
            </div>
            {move || draft.sheet.with(Option::is_none).then(|| view! { <a class="button button--quiet" href="/remotes">"Cancel"</a> }.into_any())}
        </div>
        {wizard}
    };
    page("remotes", "Add a remote", body.into_any())
}

/// The providers; and the remotes, whose names are taken.
async fn list() -> Result<(Vec<ProviderSummary>, Vec<RemoteSummary>)> {
    Ok((list_providers().await?, list_remotes().await?))
}

/// The provider that is chosen, with its options.
async fn options(chosen: Option<String>) -> Result<Option<Provider>> {
    match chosen {
        Some(name) => Ok(Some(get_provider(name).await?)),
        None => Ok(None),
    }
}

fn content(
    providers: Vec<ProviderSummary>,
    remotes: &[RemoteSummary],
    chosen: Memo<Option<String>>,
    options: Resource<Result<Option<Provider>>>,
    draft: Draft,
) -> AnyView {
    let providers = StoredValue::new(providers);
    let taken = StoredValue::new(remotes.iter().map(|remote| remote.name.to_string()).collect::<Vec<_>>());
    let provider = Memo::new(move |_| {
        chosen.with(|chosen| {
            chosen
                .as_ref()
                .and_then(|name| providers.with_value(|all| all.iter().find(|one| one.name == *name).cloned()))
        })
    });
    // What is asked about the provider does not change when one goes back to choose another.
    let at = Memo::new(move |_| if draft.sheet.with(Option::is_some) { Step::Sheet } else { draft.at.get() });
    let step = Memo::new(move |_| if provider.with(Option::is_some) { at.get() } else { Step::Provider });
    let offered = Memo::new(move |_| provider.with(|one| one.as_ref().is_none_or(is_offered)));
    let encrypted = Memo::new(move |_| offered.get() && draft.crypt.is_on());
    let names = move || {
        let skipped = |step: Step| step == Step::Encrypt && !offered.get() || step == Step::Sheet && !encrypted.get();
        Step::ALL.into_iter().filter(|(step, _)| !skipped(*step)).collect::<Vec<_>>()
    };
    // The button that led on is gone with its step: the keyboard goes on in the next.
    let panel = NodeRef::<html::Section>::new();
    Effect::watch(
        move || step.get(),
        move |_, _, _| {
            if let Some(panel) = panel.get_untracked() {
                let _ = panel.focus();
            }
        },
        false,
    );
    // The resource keeps the provider before until the next has come.
    let filled = move |found: Option<Provider>| match found
        .filter(|found| provider.with(|one| one.as_ref().is_some_and(|one| one.name == found.name)))
    {
        Some(provider) => {
            draft.fields_of(&provider);
            let (next, before) =
                if offered.get_untracked() { (Step::Encrypt, Step::Encrypt) } else { (Step::Finish, Step::Connect) };
            let inside = move || match at.get() {
                Step::Encrypt => encrypt(draft),
                Step::Finish => {
                    let encrypt = encrypted.get_untracked();
                    view! { <Finish provider=provider.clone() draft before encrypt taken /> }.into_any()
                }
                Step::Sheet => keep(draft),
                Step::Provider | Step::Connect => connect(&provider, draft, next),
            };
            view! { {inside} }.into_any()
        }
        None => skeleton(6),
    };
    let inside = move || match provider.with(Option::is_some) {
        true => load(options, || skeleton(6), filled),
        false => providers.with_value(|all| choose(all)),
    };
    view! {
        <p class="needs-script note note--warn">{icon("triangle-alert")}<span>"Adding a remote needs JavaScript. Turn it on for this page."</span></p>
        <div class="wizard">
            <ol class="steps" aria-label="Steps">{move || steps(&names(), step.get())}</ol>
            <section class="panel" aria-label=move || step.get().title() tabindex="-1" node_ref=panel>
                {move || provider.get().map(|one| view! { <p class="wizard__provider">{headline(&one)}</p> }.into_any())}
                {inside}
            </section>
        </div>
    }
    .into_any()
}

/// What has to be kept, and then the way on.
fn keep(draft: Draft) -> AnyView {
    let navigate = StoredValue::new(use_navigate());
    let done = Callback::new(move |()| navigate.with_value(|navigate| navigate("/remotes", Default::default())));
    draft.sheet.get_untracked().map(|recovery| sheet(&recovery, done)).into_any()
}

fn steps(all: &[(Step, &'static str)], current: Step) -> Vec<AnyView> {
    let step = |(index, (step, name)): (usize, &(Step, &'static str))| {
        let (done, current) = (*step < current, (*step == current).then_some("step"));
        let mark = if done { icon("check") } else { (index + 1).to_string().into_any() };
        view! {
            <li class:done=done aria-current=current>
                <i>{mark}</i>
                <span>{*name}{done.then(|| view! { <span class="visually-hidden">" (done)"</span> })}</span>
            </li>
        }
        .into_any()
    };
    all.iter().enumerate().map(step).collect()
}
