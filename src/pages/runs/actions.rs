//! The actions on the queue from this page, and their results.

use leptos::prelude::*;

use crate::{
    domain::{
        error::{AppError, Result},
        id::RunId,
        queue::RunPatch,
    },
    server_fns::{queue::UpdateQueue, runs::update_run},
};

/// The doors.
#[derive(Clone, Copy)]
pub struct QueueActions {
    /// Lets the queue rest, or go on.
    pub pause: ServerAction<UpdateQueue>,
    /// Moves a run that waits.
    pub place: Action<(RunId, RunPatch), ()>,
    /// Whether it is asked why the queue shall rest.
    pub asks: RwSignal<bool>,
    /// Why the last thing was refused.
    pub refused: RwSignal<Option<AppError>>,
    /// The control that was pressed, by its id, until its row has moved.
    pub held: StoredValue<Option<String>>,
}

impl QueueActions {
    /// Those of a page.
    pub fn new() -> Self {
        let refused = RwSignal::new(None);
        let pause = ServerAction::<UpdateQueue>::new();
        let answer = pause.value();
        // Known at once where a form without JavaScript led back here.
        if let Some(Err(error)) = answer.get_untracked() {
            refused.set(Some(error));
        }
        Effect::watch(
            move || answer.get(),
            move |answer, _, _| refused.set(answer.clone().and_then(Result::err)),
            false,
        );
        let place = Action::new(move |(id, patch): &(RunId, RunPatch)| {
            let (id, patch) = (*id, patch.clone());
            async move { refused.set(update_run(id, patch).await.err()) }
        });
        Self { pause, place, asks: RwSignal::new(false), refused, held: StoredValue::new(None) }
    }

    /// Lets the queue rest for a reason, or go on.
    pub fn rest(self, paused: bool, reason: String) {
        self.pause.dispatch(UpdateQueue { paused, reason });
    }
}
