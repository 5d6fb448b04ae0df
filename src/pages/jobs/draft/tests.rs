//! Tests of `draft`.

use super::*;
use crate::domain::transfer;

fn with(job: &NewJob, test: impl FnOnce(Draft)) {
    Owner::new().with(|| test(Draft::of(job)));
}

fn job(operation: Operation) -> NewJob {
    let delete = operation == Operation::Delete;
    serde_json::from_value(serde_json::json!({
        "name": "Photos", "operation": operation, "source": "/srv/a", "destination": (!delete).then_some("b2:a"),
    }))
    .expect("a job")
}

#[test]
fn what_is_read_is_what_the_job_says() {
    for operation in Operation::ALL {
        with(&job(operation), |draft| assert_eq!(draft.read(), Ok(job(operation))));
    }
    let full: NewJob = serde_json::from_value(serde_json::json!({
        "name": "Photos", "operation": "sync", "source": "/srv/a", "destination": "b2:a",
        "options": { "checksum": true, "bwlimit": "10M", "transfers": 8, "checkers": 16, "exclude": ["*.tmp", "/cache/**"], "include": ["*.jpg"],
            "min_age": "1d", "max_age": "30d", "min_size": "1k", "max_size": "1G", "max_delete": 50, "backup_dir": "b2:old",
            "flags": { "order_by": "size,descending", "filter": ["- a", "+ b"], "track_renames": "true" } },
        "guards": { "max_delete_percent": 20, "sentinel": ".disk", "allow_empty_source": true, "allow_shrunk_source": true, "allow_left_out": true },
        "retry": { "attempts": 3, "backoff_secs": 90 }, "on_busy": "refuse", "priority": -5, "time_limit_secs": 5400,
        "followers": [{ "job": "01JD3Z6N9V4M2K8Q7W5X1T0R3S", "after": "always" }],
    }))
    .expect("a job");
    with(&full, |draft| assert_eq!(draft.read(), Ok(full.clone())));
}

#[test]
fn what_another_operation_has_is_kept_and_not_sent() {
    with(&job(Operation::Sync), |draft| {
        draft.value(Field::MaxDeletePercent).set("many".to_owned());
        draft.value(Field::Attempts).set("3".to_owned());
        draft.flag("track_renames").set("true".to_owned());
        assert_eq!(draft.read().expect_err("wrong").into_keys().collect::<Vec<_>>(), ["guards.max_delete_percent"]);
        draft.operation.set(Operation::Delete);
        draft.offered.set(Some(BTreeSet::from(["rmdirs".to_owned()])));
        let read = draft.read().expect("a delete");
        assert_eq!((read.destination, read.retry.attempts, read.options.flags.len()), (None, 1, 0));
    });
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    with(&job(Operation::Sync), |draft| {
        for (field, text) in [
            (Field::Option(transfer::Field::Transfers), "many"),
            (Field::Option(transfer::Field::MinAge), "soon"),
            (Field::Priority, "high"),
            (Field::TimeLimit, "90"),
            (Field::MaxDeletePercent, "300"),
        ] {
            draft.value(field).set(text.to_owned());
        }
        let wrong = draft.read().expect_err("wrong");
        assert_eq!(
            wrong.into_keys().collect::<Vec<_>>(),
            ["guards.max_delete_percent", "min_age", "priority", "time_limit_secs", "transfers"]
        );
    });
}
