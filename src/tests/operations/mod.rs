//! Operations as runs, with the real rclone: what a check and a bisync do, and that each option arrives as it was set
//! and no other gets in.

mod bisync;
mod check;
mod forbidden;
mod options;
mod reviewed;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::Console;

impl Console {
    /// Starts a run of this operation between two folders of the root; its id.
    async fn operate(&self, operation: &str, source: &str, destination: &str, options: Value) -> String {
        let (source, destination) = (self.path(source), self.path(destination));
        let body = json!({ "operation": operation, "source": source, "destination": destination, "options": options });
        let run = self.post("/api/v1/runs", &body, StatusCode::ACCEPTED).await;
        run["id"].as_str().expect("an id").to_owned()
    }

    /// The same, and waits until it has ended; the run.
    async fn operated(&self, operation: &str, source: &str, destination: &str, options: Value) -> Value {
        let id = self.operate(operation, source, destination, options).await;
        self.ended(&id).await
    }
}
