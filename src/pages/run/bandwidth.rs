//! How quickly it may transfer: seen, and changed at once while it runs. The forms work without JavaScript.

use leptos::{ev, html, prelude::*, server_fn::ServerFn};

use super::actions::RunActions;
use crate::{
    components::{icon::icon, session::use_permission},
    domain::{
        error::Result,
        policy::Permission,
        run::{detail::Run, state::RunState, summary::RunSummary},
        value::{Rate, Timetable},
    },
    server_fns::runs::SetBandwidth,
};

/// Limits that are one press away, as rclone writes them.
const PRESETS: [&str; 4] = ["1M", "10M", "50M", "off"];

/// The panel's content; with controls if the person `may` change it.
pub fn bandwidth(run: Memo<RunSummary>, actions: RunActions) -> AnyView {
    let may = use_permission(Permission::RunsWrite);
    let limit = actions.part(limit);
    let running = Memo::new(move |_| run.with(|run| run.state == RunState::Running && !run.stopping));
    view! {
        <header><h2>"Bandwidth"</h2><span class="faint">"of this run alone"</span></header>
        <div class="body control">
            <p class="row spread"><span class="muted">"Limit"</span><b class="control__value num" aria-live="polite">{move || describe(limit.get().flatten().as_deref())}</b></p>
            {may.then(|| controls(run, limit, running, actions))}
        </div>
    }
    .into_any()
}

fn controls(
    run: Memo<RunSummary>,
    limit: Memo<Option<Option<String>>>,
    running: Memo<bool>,
    actions: RunActions,
) -> AnyView {
    let id = run.with_untracked(|run| run.id.to_string());
    let run_id = id.clone();
    let field = NodeRef::<html::Input>::new();
    let pending = actions.limit.pending();
    let set = Callback::new(move |rate: String| drop(actions.limit.dispatch(SetBandwidth { id: id.clone(), rate })));
    let off = move || !running.get() || pending.get();
    let preset = |rate: &'static str| {
        // By what it limits: `10Mi` is the limit of `10M`.
        let pressed = move || {
            let now = Timetable::parse(limit.get().flatten().as_deref().unwrap_or("off"));
            now.and_then(|now| now.always()).is_some_and(|now| Some(now) == Rate::parse(rate)).to_string()
        };
        let press = move |event: ev::MouseEvent| {
            event.prevent_default();
            set.run(rate.to_owned());
        };
        view! {
            <button class="button" name="rate" value=rate aria-pressed=pressed disabled=off on:click=press>
                {if rate == "off" { "No limit" } else { rate }}
            </button>
        }
        .into_any()
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            set.run(field.value());
        }
    };
    let problem = move || actions.limit.value().get().and_then(Result::err).map(|error| error.field_or_summary("rate"));
    let help = move || {
        if running.get() {
            "In rclone’s format: 800k, 2.5M, or 1M:2M for up and down."
        } else {
            "You can change it while rclone is running."
        }
    };
    view! {
        <form class="control__presets" method="post" action=SetBandwidth::url() aria-label="Common limits">
            <input type="hidden" name="id" value=run_id.clone() />
            {PRESETS.into_iter().map(preset).collect::<Vec<_>>()}
        </form>
        <form class="field" method="post" action=SetBandwidth::url() on:submit=submit>
            <input type="hidden" name="id" value=run_id />
            <div class="field__row">
                <input
                    node_ref=field
                    name="rate"
                    class="input"
                    aria-label="Another limit"
                    placeholder="Another limit"
                    maxlength="32"
                    autocomplete="off"
                    aria-describedby="rate-help rate-error"
                    aria-invalid=move || problem().map(|_| "true")
                />
                <button class="button" disabled=off>{icon("gauge")}"Set"</button>
            </div>
            <p class="help" id="rate-help">{help}</p>
            <p class="field__error" id="rate-error" role="alert">{problem}</p>
        </form>
    }
    .into_any()
}

/// What holds now: what was set while it ran, else what it was asked for with.
pub fn limit(run: &Run) -> Option<String> {
    run.bandwidth.clone().or_else(|| run.options.bwlimit.clone())
}

/// For a person.
fn describe(limit: Option<&str>) -> String {
    limit.map_or_else(|| "no limit".to_owned(), Timetable::describe)
}
