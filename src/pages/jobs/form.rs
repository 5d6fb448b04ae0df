//! The job form: operation and folders, then sections with their summaries; beside it the preview and the command line.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    bisync::bisync,
    command::Command,
    editor::Editor,
    field::Field,
    flags::{flags, offer},
    preview::preview,
    route::{ends, face, operations},
    section::section,
    sections::{
        failure::{self, failure},
        filters::{self, filters},
        followers::{Named, followers, name_of},
        guards::{self, guards},
        performance::{self, performance},
    },
    submit::{ask_or_run, buttons, question},
    summaries,
};
use crate::{
    components::{badge::run_badge, form::Text, icon::icon, route_label::route, time::time},
    domain::job::{Job, NewJob},
    pages::runs,
};

/// The editor.
pub fn form(editor: Editor, job: Option<Job>, others: StoredValue<Vec<Named>>) -> AnyView {
    let draft = editor.draft;
    let options = offer(draft);
    // While something is wrong it says what it said before.
    let said = move |words: fn(&NewJob) -> String| {
        Memo::new(move |before: Option<&String>| {
            editor.spec.with(|spec| spec.as_ref().ok().map(words)).or_else(|| before.cloned()).unwrap_or_default()
        })
    };
    let followed = Memo::new(move |_| {
        let names = draft
            .followers
            .with(|all| all.iter().map(|one| others.with_value(|jobs| name_of(jobs, &one.job))).collect::<Vec<_>>());
        match names.as_slice() {
            [] => "nothing follows".to_owned(),
            [one] => format!("then {one}"),
            all => format!("{} jobs follow", all.len()),
        }
    });
    let name = draft.face(Field::Name, "Name", if job.is_some() { "" } else { "Needed to save it as a job." });
    let name = if job.is_some() { name.required() } else { name };
    let asking = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        ask_or_run(editor, asking);
    };
    view! {
        {headline(job)}
        <p class="needs-script note note--warn">{icon("triangle-alert")}<span>"Starting a transfer needs JavaScript. Turn it on for this page."</span></p>
        <div class="two transfer">
            <form class="panel form" novalidate method="post" on:submit=submit>
                <fieldset disabled=move || !editor.ready.get()>
                    <legend class="visually-hidden">"Transfer"</legend>
                    {operations(draft)}
                    {ends(draft)}
                    {bisync(draft, options)}
                    <Text face=name value=draft.value(Field::Name) placeholder="Photos to the archive" />
                    <div class="sections">
                        {section("What", filters::FIELDS, said(summaries::filters), draft, filters(draft))}
                        {section("How", performance::FIELDS, said(summaries::performance), draft, performance(draft))}
                        {section("Safety", guards::FIELDS, said(summaries::guards), draft, guards(draft))}
                        {section("Retries and queue", failure::FIELDS, said(summaries::failure), draft, failure(draft))}
                        {section("Afterwards", &[Field::Followers], followed, draft, followers(draft, others))}
                        {flags(draft, options)}
                    </div>
                </fieldset>
                {buttons(editor)}
            </form>
            <div class="beside">{preview(editor)}<Command requested=editor.wanted errors=draft.errors /></div>
        </div>
        {question(editor, asking)}
    }
    .into_any()
}

fn headline(job: Option<Job>) -> AnyView {
    let Some(job) = job else {
        return view! {
            <div class="headline">
                <div class="grow">
                    <h1>"Start a transfer"</h1>
                    <p class="muted">"Run it once, or save it as a job. It runs on the server, so you can close this page at any time."</p>
                </div>
            </div>
        }
        .into_any();
    };
    let last = job.last_run.map(|run| {
        let (href, at) = (format!("/runs/{}", run.id), run.ended_at.or(run.started_at).unwrap_or(run.created_at));
        let run = Memo::new(move |_| run.clone());
        view! { <a class="row job__last" href=href>{run_badge(run)}<span class="muted">{time(at)}</span></a> }
            .into_any()
    });
    let runs = runs::of_job(&job.id);
    view! {
        <Title text=job.spec.name.clone() />
        <div class="headline">
            <div class="grow">
                <h1>{job.spec.name}</h1>
                <p class="muted">"Saved "{time(job.updated_at)}" by "{job.user}</p>
            </div>
            {last}
            <a class="button job__runs" href=runs>{icon("history")}"History"</a>
        </div>
    }
    .into_any()
}

/// For people who may look and not change.
pub fn read_only(job: Option<Job>) -> AnyView {
    let note = view! { <p class="note">{icon("lock")}<span>"Operators and admins can start transfers and change jobs."</span></p> };
    let Some(job) = job else {
        return view! { <div class="headline"><h1>"Start a transfer"</h1></div>{note} }.into_any();
    };
    let (name, _) = face(job.spec.operation);
    let line = job
        .source()
        .ok()
        .map(|source| route(&source, job.destination().ok().flatten().as_ref(), Signal::stored(false)));
    view! {
        {headline(Some(job.clone()))}
        {note}
        <section class="panel" aria-label="Job">
            <dl class="options">
                <div><dt>"Operation"</dt><dd>{name}</dd></div>
                <div><dt>"Route"</dt><dd>{line}</dd></div>
                <div><dt>"Which files"</dt><dd>{summaries::filters(&job.spec)}</dd></div>
                <div><dt>"How"</dt><dd>{summaries::performance(&job.spec)}</dd></div>
                <div><dt>"Safety"</dt><dd>{summaries::guards(&job.spec)}</dd></div>
                <div><dt>"Retries and queue"</dt><dd>{summaries::failure(&job.spec)}</dd></div>
            </dl>
            <pre class="command" tabindex="0" aria-label="Command line">{job.command}</pre>
        </section>
    }
    .into_any()
}
