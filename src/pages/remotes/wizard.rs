//! `/remotes/new`: provider, connect, test and name. The provider is in the address; what is typed never is. The options of a provider come
//! when it is chosen.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    choose::{choose, headline},
    connect::connect,
    fields::Fields,
    finish::Finish,
};
use crate::{
    components::{
        form::Errors,
        icon::icon,
        layout::page,
        load::{load, skeleton},
    },
    domain::{
        error::Result,
        provider::{Provider, ProviderSummary},
        remote::{RemoteSummary, RemoteTest},
    },
    pages::browse::query_value,
    server_fns::remotes::{get_provider, list_providers, list_remotes},
};

/// The steps, in their order.
const STEPS: [&str; 3] = ["Provider", "Connect", "Test and name"];

/// What lives as long as the wizard does: one goes back and forth without losing what was typed.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    /// Fields of the provider that is chosen; see [`Self::fields_of`].
    pub fields: StoredValue<Option<Fields>>,
    /// Whose the fields are: the page's, since a step is gone when another comes.
    owner: StoredValue<Option<Owner>>,
    /// Whether the connection is filled in.
    pub connected: RwSignal<bool>,
    /// The name it gets.
    pub name: RwSignal<String>,
    /// The last test of what is typed now.
    pub tested: RwSignal<Option<RemoteTest>>,
    /// What is wrong, by field.
    pub errors: Errors,
}

impl Draft {
    /// The fields of `provider`, with what was typed into them before.
    pub fn fields_of(&self, provider: &Provider) -> Fields {
        if let Some(fields) = self.fields.get_value().filter(|fields| fields.provider == provider.name) {
            return fields;
        }
        let fields = match self.owner.get_value() {
            Some(owner) => owner.with(|| Fields::new(provider)),
            None => Fields::new(provider),
        };
        self.fields.set_value(Some(fields.clone()));
        fields
    }

    /// rclone's name of the provider whose fields these are.
    pub fn provider(&self) -> String {
        self.fields.with_value(|fields| fields.as_ref().map(|fields| fields.provider.clone())).unwrap_or_default()
    }
}

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
    let draft = Draft {
        fields: StoredValue::new(None),
        owner: StoredValue::new(Owner::current()),
        connected: RwSignal::new(false),
        name: RwSignal::new(String::new()),
        tested: RwSignal::new(None),
        errors: RwSignal::default(),
    };
    // Another provider: another draft.
    Effect::watch(
        move || chosen.get(),
        move |_, _, _| {
            draft.connected.set(false);
            draft.tested.set(None);
            draft.errors.set(Default::default());
        },
        false,
    );
    let options = Resource::new(move || chosen.get(), options);
    let wizard = load(data, || skeleton(8), move |(providers, remotes)| content(providers, &remotes, chosen, options, draft));
    let body = view! {
        <div class="headline">
            <div class="grow">
                <h1>"Add a remote"</h1>
                <p class="muted">"A connection to a place that keeps files."</p>
            </div>
            <a class="button button--quiet" href="/remotes">"Cancel"</a>
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
        chosen.with(|chosen| chosen.as_ref().and_then(|name| providers.with_value(|all| all.iter().find(|one| one.name == *name).cloned())))
    });
    let step = Memo::new(move |_| match (provider.with(Option::is_some), draft.connected.get()) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    });
    // The resource keeps the provider before until the next has come.
    let filled = move |found: Option<Provider>| match found
        .filter(|found| provider.with(|one| one.as_ref().is_some_and(|one| one.name == found.name)))
    {
        Some(provider) => {
            let inside = move || match step.get() {
                2 => view! { <Finish provider=provider.clone() draft taken /> }.into_any(),
                _ => connect(&provider, draft),
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
            <ol class="steps" aria-label="Steps">{move || steps(step.get())}</ol>
            <section class="panel" aria-label=move || STEPS[step.get()]>
                {move || provider.get().map(|one| view! { <p class="wizard__provider">{headline(&one)}</p> }.into_any())}
                {inside}
            </section>
        </div>
    }
    .into_any()
}

fn steps(current: usize) -> Vec<AnyView> {
    let step = |(index, name): (usize, &'static str)| {
        let (done, current) = (index < current, (index == current).then_some("step"));
        let mark = if done { icon("check") } else { (index + 1).to_string().into_any() };
        view! {
            <li class:done=done aria-current=current>
                <i>{mark}</i>
                <span>{name}{done.then(|| view! { <span class="visually-hidden">" (done)"</span> })}</span>
            </li>
        }
        .into_any()
    };
    STEPS.into_iter().enumerate().map(step).collect()
}
