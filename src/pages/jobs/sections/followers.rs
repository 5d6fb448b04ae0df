//! Followers: other jobs to start when this one succeeds, fails, or ends in any way.

use leptos::{
    ev::{Event, Targeted},
    prelude::*,
};
use web_sys::HtmlSelectElement;

use crate::pages::jobs::{draft::Draft, field::Field, summaries};
use crate::{
    components::icon::icon,
    domain::{
        follower::{After, Follower},
        id::JobId,
    },
};

/// The field, as it is known to labels and errors.
const ID: &str = Field::Followers.as_str();

/// A job by id and name.
pub type Named = (JobId, String);

/// The fields; `jobs` are all that can follow.
pub fn followers(draft: Draft, jobs: StoredValue<Vec<Named>>) -> AnyView {
    let followers = draft.followers;
    let free = move || {
        let taken: Vec<_> = followers.with(|all| all.iter().map(|follower| follower.job).collect());
        jobs.with_value(|jobs| jobs.iter().filter(|(id, _)| !taken.contains(id)).cloned().collect::<Vec<_>>())
    };
    let add = move |event: Targeted<Event, HtmlSelectElement>| {
        let chosen = event.target().value().parse::<JobId>();
        event.target().set_value("");
        if let Ok(job) = chosen {
            followers.update(|all| all.push(Follower { job, after: After::default() }));
        }
    };
    let option = |(id, name): Named| view! { <option value=id.to_string()>{name}</option> }.into_any();
    let error = move || {
        let text = draft.errors.with(|errors| errors.get(ID).cloned())?;
        Some(
            view! { <p class="field__error" id="followers-error">{icon("triangle-alert")}<span>{text}</span></p> }
                .into_any(),
        )
    };
    let wrong = move || draft.is_wrong(Field::Followers).then_some("true");
    let adder = move || {
        if jobs.with_value(Vec::is_empty) {
            return view! { <p class="muted">"There is no other job yet to start after this one."</p> }.into_any();
        }
        view! {
            <div class="field">
                <label for=ID>"Then start"<span class="faint">" optional"</span></label>
                <select class="input" id=ID aria-invalid=wrong aria-describedby="followers-help followers-error" on:change:target=add>
                    <option value="">"Add a job…"</option>
                    {move || free().into_iter().map(option).collect::<Vec<_>>()}
                </select>
                {error}
                <p class="help" id="followers-help">"Applies to saved jobs only: a one-off run starts no other job."</p>
            </div>
        }
        .into_any()
    };
    view! {
        <ul class="followers" hidden=move || followers.with(Vec::is_empty)>
            <For each=move || followers.get() key=|follower| follower.job children=move |follower| row(&follower, draft, jobs) />
        </ul>
        {adder}
    }
    .into_any()
}

fn row(follower: &Follower, draft: Draft, jobs: StoredValue<Vec<Named>>) -> AnyView {
    let id = StoredValue::new(follower.job);
    let name = jobs.with_value(|jobs| name_of(jobs, &follower.job));
    let now = move || {
        draft
            .followers
            .with(|all| id.with_value(|id| all.iter().find(|one| one.job == *id).map(|one| one.after)))
            .unwrap_or_default()
    };
    let choose = move |event: Targeted<Event, HtmlSelectElement>| {
        let after = After::parse(&event.target().value()).unwrap_or_default();
        draft.followers.update(|all| {
            if let Some(one) = id.with_value(|id| all.iter_mut().find(|one| one.job == *id)) {
                one.after = after;
            }
        });
    };
    let option = move |after: After| {
        view! { <option value=after.as_str() prop:selected=move || now() == after>{summaries::after(after)}</option> }
            .into_any()
    };
    let remove = move |_| draft.followers.update(|all| id.with_value(|id| all.retain(|one| one.job != *id)));
    view! {
        <li class="follower">
            {icon("arrow-right")}
            <b class="clip">{name.clone()}</b>
            <select class="input" aria-label=format!("When to start {name}") on:change:target=choose>
                {After::ALL.into_iter().map(option).collect::<Vec<_>>()}
            </select>
            <button type="button" class="button button--quiet" aria-label=format!("Do not start {name}") on:click=remove>{icon("x")}</button>
        </li>
    }
    .into_any()
}

/// What a job is called, as far as it is known.
#[must_use]
pub fn name_of(jobs: &[Named], id: &JobId) -> String {
    jobs.iter().find(|(other, _)| other == id).map_or_else(|| "a deleted job".to_owned(), |(_, name)| name.clone())
}
