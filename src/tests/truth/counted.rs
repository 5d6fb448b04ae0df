//! A count that could not be finished is above every budget.

use serde_json::json;

use super::{proxy, proxy::Act, remote};
use crate::support::{Console, Peer, tree, write};

#[tokio::test]
async fn what_could_not_be_counted_is_not_deleted_and_a_confirmation_lets_it_go() {
    for operation in ["delete", "move"] {
        let console = Console::start();
        let peer = Peer::start("webdav").await;
        // One folder cannot be listed until the files were asked for often enough.
        let port = proxy::start(peer.port, |method, path| {
            if method == "PROPFIND" && path.ends_with("/x/locked/") { Act::Refuse(500) } else { Act::Pass }
        })
        .await;
        let mut config = peer.config("webdav");
        (config["url"], config["vendor"]) = (json!(format!("http://127.0.0.1:{port}")), json!("other"));
        remote(&console, "dav", "webdav", config).await;
        for name in ["x/a", "x/b", "x/locked/c"] {
            write(&peer.files(), name, b"1");
        }
        let mut body = json!({ "operation": operation, "source": "dav:x", "options": { "flags": { "low_level_retries": 1, "retries": 1 } } });
        if operation == "move" {
            body["destination"] = json!(console.path("y"));
        }
        let run = async |body: &serde_json::Value| {
            let run = console.post("/api/v1/runs", body, reqwest::StatusCode::ACCEPTED).await;
            console.ended(run["id"].as_str().expect("an id")).await
        };
        let stopped = run(&body).await;
        assert_eq!(
            (&stopped["state"], &stopped["guard_report"]["reason"]),
            (&json!("blocked"), &json!("delete_budget")),
            "{stopped}"
        );
        let words = stopped["error"].as_str().expect("words");
        assert!(words.contains("could not be counted: ") && words.contains("Nothing was changed"), "{words}");
        assert_eq!(tree(&peer.files()).len(), 3, "{operation}");
        body["confirm"] = body.get("destination").unwrap_or(&body["source"]).clone();
        let done = run(&body).await;
        assert_eq!(done["guard_report"]["let_go_by"], "confirm", "{done}");
        assert!(done["started_at"].is_string(), "{done}");
    }
}
