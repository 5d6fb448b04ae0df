//! An approval: a person saw in a preview what would be lost, and typed the name of the place. It holds for that and
//! nothing else, once, and for a quarter of an hour.

use crate::{
    domain::{
        error::{AppError, Result},
        guard::{Approval, Approves},
        id::RunId,
        location::Location,
        run::summary::RunSummary,
        text::is_same,
        time::Timestamp,
    },
    server::store::{
        Connection,
        runs::{self, Task},
    },
};

/// How long a preview may approve, in milliseconds.
const FRESH_MS: u64 = 15 * 60 * 1000;

/// Makes sure that `approval` holds for `task`, whose digest is `spec`.
pub(super) async fn check(
    c: &mut Connection,
    task: &Task,
    spec: &str,
    approval: &Approval,
    now: Timestamp,
) -> Result<()> {
    let Some(preview) = runs::get(c, &approval.preview).await? else {
        return Err(refused("approval.preview", "There is no such preview."));
    };
    let summary = &preview.run.summary;
    if !summary.dry_run {
        return Err(refused("approval.preview", "This is not a preview: it is a run that changed something."));
    }
    if preview.spec != spec {
        return Err(refused(
            "approval.preview",
            "This is a preview of something else. Preview exactly what you want to run.",
        ));
    }
    if !summary.state.ended_well() {
        return Err(refused("approval.preview", "The preview did not succeed, so it does not show everything."));
    }
    if summary.ended_at.is_none_or(|ended| now < ended || now.millis_since(ended) > FRESH_MS) {
        return Err(refused("approval.preview", "The preview is older than 15 minutes. Make a new one."));
    }
    let place = task.destination.as_ref().unwrap_or(&task.source);
    // Another keyboard may type the same name in another Unicode form.
    let fits = |typed: &Location| typed.is_same(place) || is_same(&typed.canonical(), &place.canonical());
    if !Location::parse(&approval.confirm).is_ok_and(|typed| fits(&typed)) {
        return Err(refused("approval.confirm", "This is not the location that would be changed. Write it exactly."));
    }
    Ok(())
}

/// Until when `preview` may approve, with the run that it has let go; `None` for what is not a preview that ended well.
pub(super) fn approves(preview: &RunSummary, run: Option<RunId>) -> Option<Approves> {
    let ended =
        preview.ended_at.filter(|_| preview.dry_run && preview.operation.deletes() && preview.state.ended_well())?;
    Some(Approves { until: Timestamp(ended.0.saturating_add_unsigned(FRESH_MS)), run })
}

/// A preview approves one run.
pub(super) fn used() -> AppError {
    refused("approval.preview", "This preview has approved a run already. Make a new one.")
}

fn refused(field: &str, problem: &str) -> AppError {
    let fields = [(field.to_owned(), problem.to_owned())].into();
    AppError { fields, ..AppError::conflict(format!("It was not started. {problem}")) }
}
