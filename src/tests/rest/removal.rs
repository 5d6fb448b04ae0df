//! A delete and a move know a budget, by every door: nothing is taken away before it is counted, and more than the
//! budget only by a confirmation, an approved preview or a standing permission.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, sign_in, tree, write};

/// Files below this, in folders and not.
fn fill(console: &Console, folder: &str, files: usize) {
    for n in 0..files {
        let name = if n % 2 == 0 { format!("{folder}/f{n}") } else { format!("{folder}/sub/f{n}") };
        write(&console.root(), &name, b"precious");
    }
}

fn count(console: &Console, folder: &str) -> usize {
    let folder = console.root().join(folder);
    if folder.exists() { tree(&folder).len() } else { 0 }
}

fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

/// A delete of `x`, or a move of it to `y`, as `/runs` takes it.
fn asked(console: &Console, operation: &str) -> Value {
    let mut body = json!({ "operation": operation, "source": console.path("x") });
    if operation == "move" {
        body["destination"] = json!(console.path("y"));
    }
    body
}

/// What a person types to confirm it.
fn place(console: &Console, operation: &str) -> String {
    console.path(if operation == "move" { "y" } else { "x" })
}

async fn perform(console: &Console, body: &Value) -> Value {
    let run = console.post("/api/v1/runs", body, StatusCode::ACCEPTED).await;
    console.ended(run["id"].as_str().expect("an id")).await
}

async fn job(console: &Console, name: &str, body: &Value) -> String {
    let job = console.post("/api/v1/jobs", &with(body.clone(), &json!({ "name": name })), StatusCode::CREATED).await;
    job["id"].as_str().expect("an id").to_owned()
}

/// Makes sure that the run was stopped before it took anything away, says what it counted, and which call to make.
fn is_blocked(run: &Value, operation: &str, files: usize, all: usize, budget: usize) {
    let report = &run["guard_report"];
    assert_eq!((&run["state"], &report["reason"]), (&json!("blocked"), &json!("delete_budget")), "{run}");
    assert_eq!(
        (&report["deletes"], &report["source_files"], &report["budget"]),
        (&json!(files), &json!(all), &json!(budget)),
        "{run}"
    );
    says_what_to_do(&run["error"], operation, files, all, budget);
    assert!(run["started_at"].is_null(), "{run}");
}

fn says_what_to_do(words: &Value, operation: &str, files: usize, all: usize, budget: usize) {
    let (does, may, place) =
        if operation == "move" { ("take away", "taken", "in the source") } else { ("delete", "deleted", "there") };
    let words = words.as_str().expect("words");
    let expected = format!(
        "The {operation} would {does} {files} files of {all} {place}; {budget} may be {may} without asking. Nothing was changed. "
    );
    assert!(words.starts_with(&expected), "{words}");
    for way in ["`confirm`", "`dry_run`", "`may_delete`"] {
        assert!(words.contains(way), "{way}: {words}");
    }
}

#[tokio::test]
async fn no_door_takes_away_more_than_the_budget_without_being_asked_twice() {
    for operation in ["delete", "move"] {
        let console = Console::start();
        fill(&console, "x", 40);
        let body = asked(&console, operation);
        let place = place(&console, operation);
        let untouched =
            |door: &str| assert_eq!((count(&console, "x"), count(&console, "y")), (40, 0), "{operation} by {door}");

        // The endpoints that clients of the old system call, waiting and not.
        let compatible = match operation {
            "move" => json!({ "source": console.path("x"), "destination": console.path("y") }),
            _ => json!({ "remote_path": console.path("x") }),
        };
        let path = format!("/api/v1/backups/rclone/{operation}");
        let error = console.post(&path, &compatible, StatusCode::CONFLICT).await;
        assert_eq!(error["code"], "blocked_guard", "{error}");
        says_what_to_do(&error["message"], operation, 40, 40, 10);
        is_blocked(&console.run(error["run_id"].as_str().expect("the run")).await, operation, 40, 40, 10);
        let request = console.request(Method::POST, &path).header("prefer", "respond-async").json(&compatible);
        let started: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        is_blocked(&console.ended(started["id"].as_str().expect("an id")).await, operation, 40, 40, 10);
        untouched("backups");

        let run = perform(&console, &body).await;
        is_blocked(&run, operation, 40, 40, 10);
        untouched("runs");

        let again = console
            .post(
                &format!("/api/v1/runs/{}/retry", run["id"].as_str().expect("an id")),
                &json!({}),
                StatusCode::ACCEPTED,
            )
            .await;
        is_blocked(&console.ended(again["id"].as_str().expect("an id")).await, operation, 40, 40, 10);
        untouched("retry");

        let saved = job(&console, "saved", &body).await;
        let started = console.post(&format!("/api/v1/jobs/{saved}/runs"), &json!({}), StatusCode::ACCEPTED).await;
        is_blocked(&console.ended(started["id"].as_str().expect("an id")).await, operation, 40, 40, 10);
        untouched("jobs");

        write(&console.root(), "a/x", b"x");
        let first = json!({
            "operation": "copy", "source": console.path("a"), "destination": console.path("b"),
            "followers": [{ "job": saved, "after": "always" }],
        });
        let first = job(&console, "first", &first).await;
        let started = console.post(&format!("/api/v1/jobs/{first}/runs"), &json!({}), StatusCode::ACCEPTED).await;
        console.ended(started["id"].as_str().expect("an id")).await;
        let runs = console.get(&format!("/api/v1/runs?job={saved}"), StatusCode::OK).await;
        is_blocked(&console.ended(runs["runs"][0]["id"].as_str().expect("queued")).await, operation, 40, 40, 10);
        untouched("a follower");

        // The server functions of the page.
        let session = sign_in(&console).await;
        let call = async |name: &str, body: Value| -> String {
            let request =
                console.anonymous(Method::POST, &format!("/api/fn/{name}")).header("origin", console.origin());
            let answer = request.header("cookie", &session).json(&body).send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK, "{name}");
            answer.json().await.expect("an id")
        };
        for (name, body) in
            [("runs/start", json!({ "run": body })), ("jobs/run", json!({ "id": saved, "approval": null }))]
        {
            let id = call(name, body).await;
            is_blocked(&console.ended(&id).await, operation, 40, 40, 10);
            untouched(name);
        }

        // The way that the message names.
        let confirmed = with(compatible.clone(), &json!({ "confirm": place }));
        let done = console.post(&path, &confirmed, StatusCode::OK).await;
        assert_eq!(done["status"], "succeeded", "{done}");
        assert_eq!(
            (count(&console, "x"), count(&console, "y")),
            (0, if operation == "move" { 40 } else { 0 }),
            "{operation}"
        );
        let run = console.run(done["run_id"].as_str().expect("an id")).await;
        assert_eq!(
            (&run["guard_report"]["let_go_by"], &run["guard_report"]["deletes"]),
            (&json!("confirm"), &json!(40)),
            "{run}"
        );
        let audit = console.get("/api/v1/audit?action=run.start", StatusCode::OK).await;
        assert_eq!(audit["entries"][0]["detail"]["confirmed"], true, "{audit}");
    }
}

#[tokio::test]
async fn within_the_budget_the_plain_call_works_and_no_more_than_the_budget_goes() {
    // Ten files; a tenth of what lies there, chosen by a filter.
    for (files, filter, gone, limit) in [
        (10, json!({}), 10, 10),
        (200, json!({ "include": ["f*2"] }), 20, 20),
        (300, json!({ "exclude": ["f*[0-8]"] }), 30, 30),
    ] {
        for operation in ["delete", "move"] {
            let console = Console::start();
            fill(&console, "x", files);
            let body = with(asked(&console, operation), &json!({ "options": filter }));
            let run = perform(&console, &body).await;
            assert_eq!(
                (&run["state"], count(&console, "x")),
                (&json!("succeeded"), files - gone),
                "{operation} {files} {filter}: {run}"
            );
            assert!(
                run["command"].as_str().expect("a command").contains(&format!("--max-delete={limit}")),
                "what really ran: {run}"
            );
            assert!(run["guard_report"]["let_go_by"].is_null(), "{run}");
        }
    }
    // One more than that.
    for (files, filter, gone, budget) in
        [(11, json!({}), 11, 10), (200, json!({ "include": ["f*2", "f*3", "f*4"] }), 60, 20)]
    {
        let console = Console::start();
        fill(&console, "x", files);
        let run = perform(&console, &with(asked(&console, "delete"), &json!({ "options": filter }))).await;
        is_blocked(&run, "delete", gone, files, budget);
        assert_eq!(count(&console, "x"), files);
    }
}

#[tokio::test]
async fn what_is_typed_has_to_be_the_path_and_is_no_permission_for_another_run() {
    let console = Console::start();
    fill(&console, "x", 12);
    fill(&console, "xx", 12);
    for operation in ["delete", "move"] {
        let body = asked(&console, operation);
        for wrong in
            ["", "x", "yes", &console.path("xx"), &format!("{}/..", place(&console, operation)), &console.path(".")]
        {
            let error = console
                .post("/api/v1/runs", &with(body.clone(), &json!({ "confirm": wrong })), StatusCode::BAD_REQUEST)
                .await;
            assert!(error["fields"]["confirm"].is_string(), "{wrong}: {error}");
        }
    }
    // A limit of its own is no permission.
    let run = perform(&console, &with(asked(&console, "delete"), &json!({ "options": { "max_delete": 500 } }))).await;
    is_blocked(&run, "delete", 12, 12, 10);
    // What was confirmed once is asked again when it is run again.
    let first = perform(&console, &with(asked(&console, "delete"), &json!({ "confirm": console.path("x") }))).await;
    assert_eq!((&first["state"], count(&console, "x"), count(&console, "xx")), (&json!("succeeded"), 0, 12), "{first}");
    fill(&console, "x", 12);
    let path = format!("/api/v1/runs/{}/retry", first["id"].as_str().expect("an id"));
    let again = console.post(&path, &json!({}), StatusCode::ACCEPTED).await;
    is_blocked(&console.ended(again["id"].as_str().expect("an id")).await, "delete", 12, 12, 10);
    let again = console.post(&path, &json!({ "confirm": console.path("x") }), StatusCode::ACCEPTED).await;
    assert_eq!(console.ended(again["id"].as_str().expect("an id")).await["state"], "succeeded");
}

#[tokio::test]
async fn an_approved_preview_lets_go_what_it_counted_and_no_more() {
    for operation in ["delete", "move"] {
        let console = Console::start();
        fill(&console, "x", 20);
        let preview = async || {
            perform(&console, &with(asked(&console, operation), &json!({ "options": { "dry_run": true } }))).await
        };
        let run = preview().await;
        let report = &run["guard_report"];
        assert_eq!(
            (&run["state"], &report["reason"], &report["deletes"]),
            (&json!("succeeded"), &json!("delete_budget"), &json!(20)),
            "{run}"
        );
        assert_eq!(count(&console, "x"), 20);
        write(&console.root(), "x/later", b"later");
        let approval =
            |run: &Value| json!({ "approval": { "preview": run["id"], "confirm": place(&console, operation) } });
        let blocked = perform(&console, &with(asked(&console, operation), &approval(&run))).await;
        is_blocked(&blocked, operation, 21, 21, 20);
        assert_eq!((count(&console, "x"), count(&console, "y")), (21, 0));
        let run = preview().await;
        let done = perform(&console, &with(asked(&console, operation), &approval(&run))).await;
        assert_eq!(
            (&done["state"], &done["guard_report"]["let_go_by"], count(&console, "x")),
            (&json!("succeeded"), &json!("preview"), 0),
            "{done}"
        );
    }
    // The same by the old clients' endpoint.
    let console = Console::start();
    fill(&console, "x", 20);
    let path = "/api/v1/backups/rclone/delete";
    let said = console.post(path, &json!({ "remote_path": console.path("x"), "dry_run": true }), StatusCode::OK).await;
    assert_eq!(
        (&said["would"]["delete"], &said["would"]["blocked_by"]),
        (&json!(20), &json!("delete_budget")),
        "{said}"
    );
    let approved = json!({ "remote_path": console.path("x"), "preview": said["run_id"], "confirm": console.path("x") });
    assert_eq!(console.post(path, &approved, StatusCode::OK).await["files_deleted"], 20);
}

#[tokio::test]
async fn a_job_may_delete_so_many_without_asking_as_long_as_it_is_that_job() {
    let console = Console::start();
    fill(&console, "x", 30);
    let may = |files: u32| with(asked(&console, "delete"), &json!({ "guards": { "may_delete": files } }));
    let run_of = async |id: &str| {
        let run = console.post(&format!("/api/v1/jobs/{id}/runs"), &json!({}), StatusCode::ACCEPTED).await;
        console.ended(run["id"].as_str().expect("an id")).await
    };
    let id = job(&console, "nightly", &may(29)).await;
    is_blocked(&run_of(&id).await, "delete", 30, 30, 29);
    let change = async |version: u32, body: &Value| {
        let body = json!({ "version": version, "job": with(body.clone(), &json!({ "name": "nightly" })) });
        console.patch(&format!("/api/v1/jobs/{id}"), &body, StatusCode::OK).await;
    };
    change(1, &may(30)).await;
    let done = run_of(&id).await;
    assert_eq!(
        (&done["state"], &done["guard_report"]["let_go_by"], count(&console, "x")),
        (&json!("succeeded"), &json!("job"), 0),
        "{done}"
    );
    // Taken back, it is asked again, and a run of it that is started again is as well.
    change(2, &asked(&console, "delete")).await;
    fill(&console, "x", 30);
    is_blocked(&run_of(&id).await, "delete", 30, 30, 10);
    let again = console
        .post(&format!("/api/v1/runs/{}/retry", done["id"].as_str().expect("an id")), &json!({}), StatusCode::ACCEPTED)
        .await;
    is_blocked(&console.ended(again["id"].as_str().expect("an id")).await, "delete", 30, 30, 10);
    // It holds for what the job does, and not for what an older run of it did.
    fill(&console, "z", 30);
    change(3, &with(may(500), &json!({ "source": console.path("z") }))).await;
    let again = console
        .post(&format!("/api/v1/runs/{}/retry", done["id"].as_str().expect("an id")), &json!({}), StatusCode::ACCEPTED)
        .await;
    is_blocked(&console.ended(again["id"].as_str().expect("an id")).await, "delete", 30, 30, 10);
    // Nobody gives it to a run that is no job's, and only what takes away has it.
    let error = console.post("/api/v1/runs", &may(500), StatusCode::BAD_REQUEST).await;
    assert!(error["fields"]["guards.may_delete"].is_string(), "{error}");
    let copy = json!({ "name": "copy", "operation": "copy", "source": console.path("x"), "destination": console.path("y"), "guards": { "may_delete": 5 } });
    let error = console.post("/api/v1/jobs", &copy, StatusCode::BAD_REQUEST).await;
    assert!(error["fields"]["guards.may_delete"].is_string(), "{error}");
}

#[tokio::test]
async fn a_token_may_delete_so_many_without_asking_and_makes_none_that_may_more() {
    let console = Console::start();
    fill(&console, "x", 30);
    // A person gives it, on the page.
    let session = sign_in(&console).await;
    let fields = json!({ "label": "cleaner", "role": "operator", "expires_in_days": 90, "may_delete": 30 });
    let request = console
        .anonymous(Method::POST, "/api/fn/tokens/create")
        .header("origin", console.origin())
        .header("cookie", &session);
    let made: Value =
        request.json(&json!({ "token": fields })).send().await.expect("an answer").json().await.expect("JSON");
    let (id, token) = (made["id"].as_str().expect("an id"), made["token"].as_str().expect("a token"));
    let listed = console.get("/api/v1/tokens", StatusCode::OK).await;
    let listed =
        listed["tokens"].as_array().expect("tokens").iter().find(|token| token["id"] == id).expect("listed").clone();
    assert_eq!(listed["may_delete"], 30, "{listed}");
    let path = "/api/v1/backups/rclone/delete";
    let body = json!({ "remote_path": console.path("x") });
    console.ask(console.token(), Method::POST, path, &body, StatusCode::CONFLICT).await;
    assert_eq!(count(&console, "x"), 30, "it is not the permission of another token of the same person");
    write(&console.root(), "x/one-more", b"x");
    let error = console.ask(token, Method::POST, path, &body, StatusCode::CONFLICT).await;
    says_what_to_do(&error["message"], "delete", 31, 31, 30);
    fs::remove_file(console.root().join("x/one-more")).expect("removed");
    let done = console.ask(token, Method::POST, path, &body, StatusCode::OK).await;
    let run = console.run(done["run_id"].as_str().expect("an id")).await;
    assert_eq!((&run["guard_report"]["let_go_by"], count(&console, "x")), (&json!("token"), 0), "{run}");
    for (asks, wanted, status) in [
        (token, json!({ "label": "x", "role": "operator", "may_delete": 31 }), StatusCode::BAD_REQUEST),
        (token, json!({ "label": "x", "role": "operator", "may_delete": 30 }), StatusCode::CREATED),
        (console.token(), json!({ "label": "x", "role": "operator", "may_delete": 1 }), StatusCode::BAD_REQUEST),
        (token, json!({ "label": "x", "role": "viewer", "may_delete": 1 }), StatusCode::BAD_REQUEST),
    ] {
        let answer = console.ask(asks, Method::POST, "/api/v1/tokens", &wanted, status).await;
        assert_eq!(answer["fields"]["may_delete"].is_string(), status == StatusCode::BAD_REQUEST, "{wanted}: {answer}");
    }
}

#[tokio::test]
async fn the_page_asks_for_the_path_without_javascript() {
    let console = Console::start();
    fill(&console, "x", 12);
    let run = perform(&console, &asked(&console, "delete")).await;
    let id = run["id"].as_str().expect("an id");
    let session = sign_in(&console).await;
    let page =
        console.anonymous(Method::GET, &format!("/runs/{id}")).header("cookie", &session).header("accept", "text/html");
    let page = page.send().await.expect("an answer").text().await.expect("a page");
    for part in
        ["Delete 12 files", "12 files of 12", "action=\"/api/fn/runs/confirm\"", "name=\"confirm\"", &console.path("x")]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let send = async |confirm: &str| {
        let request = console
            .anonymous(Method::POST, "/api/fn/runs/confirm")
            .header("origin", console.origin())
            .header("cookie", &session);
        let form = [("id", id), ("confirm", confirm)];
        let answer = request
            .header("accept", "text/html")
            .header("referer", format!("{}/runs/{id}", console.origin()))
            .form(&form)
            .send()
            .await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FOUND);
        answer.headers()["location"].to_str().expect("text").to_owned()
    };
    let back = send("wrong").await;
    assert!(back.contains(id), "{back}");
    assert_eq!(count(&console, "x"), 12);
    let on = send(&console.path("x")).await;
    let next = on.rsplit('/').next().expect("an id");
    assert_ne!(next, id);
    assert_eq!(console.ended(next).await["state"], "succeeded");
    assert_eq!(count(&console, "x"), 0);
}
