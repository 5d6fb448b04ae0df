//! The policy table, held against every door there is: each call of the API's own description and each server function
//! of the source. A call that is new, and not in the tables here, fails the test.

use std::{collections::BTreeMap, fs, path::Path};

use longshore::domain::{policy::Permission, user::Role};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{ADMIN, Console};

/// An id that nothing has.
const ID: &str = "01JD3Z6N9V4M2K8Q7W5X1T0R3S";

/// One way in: what it needs, and how it is called so that it gets as far as the question who may.
struct EntryPoint {
    name: String,
    /// Any one of these is enough; none is needed when there are none.
    needs: &'static [Permission],
    method: Method,
    path: String,
    arguments: Arguments,
}

/// What is sent.
enum Arguments {
    Nothing,
    Json(Value),
    Form(&'static [(&'static str, &'static str)]),
}

impl EntryPoint {
    fn call(&self, console: &Console) -> RequestBuilder {
        let request = console.anonymous(self.method.clone(), &self.path).header(header::ACCEPT, "application/json");
        match &self.arguments {
            Arguments::Nothing => request,
            Arguments::Json(body) => request.json(body),
            Arguments::Form(fields) => request.form(fields),
        }
    }
}

/// A job whose remotes are not there.
fn job() -> Value {
    json!({ "name": "x", "source": "nosuch:a", "destination": "nosuch:b" })
}

/// The calls of REST: what each needs, and what is sent.
fn rest(method: &str, path: &str) -> Option<(&'static [Permission], &'static str, Arguments)> {
    use Permission::{
        AuditRead, FilesRead, JobsRead, JobsWrite, MetricsRead, MountsRead, MountsWrite, RemotesRead, RemotesTest,
        RemotesWrite, RunsRead, RunsWrite, SessionsWrite, TokensWrite, UsersWrite,
    };
    let none = || Arguments::Nothing;
    let run = || Arguments::Json(json!({ "source": "nosuch:a", "destination": "nosuch:b" }));
    if path == "/metrics" {
        return Some((&[MetricsRead], "", none()));
    }
    Some(match (method, path.strip_prefix("/api/v1")?) {
        ("GET", "/remotes") => (&[RemotesRead], "", none()),
        ("POST", "/remotes") => {
            (&[RemotesWrite], "", Arguments::Json(json!({ "name": "x", "provider": "nosuch", "config": {} })))
        }
        ("DELETE", "/remotes/{name}") => (&[RemotesWrite], "", none()),
        ("POST", "/remotes/{name}/test") | ("GET", "/remotes/{name}/trust") => (&[RemotesTest], "", none()),
        ("POST", "/remotes/{name}/trust") => {
            (&[RemotesWrite], "", Arguments::Json(json!({ "fingerprint": "SHA256:x" })))
        }
        ("GET", "/files") => (&[FilesRead], "?location=nosuch:", none()),
        ("GET", "/runs" | "/runs/{id}" | "/runs/{id}/log" | "/runs/{id}/log/raw" | "/runs/{id}/series") => {
            (&[RunsRead], "", none())
        }
        ("GET", "/runs/{id}/files") => (&[RunsRead], "?outcome=copied", none()),
        ("GET", "/events") => (&[RunsRead], "", none()),
        ("GET", "/operations" | "/operations/{operation}/options") => (&[RunsRead], "", none()),
        ("POST", "/runs" | "/runs/comparison") => (&[RunsWrite], "", run()),
        ("POST", "/runs/{id}/stop" | "/runs/{id}/retry") => (&[RunsWrite], "", none()),
        ("POST", "/runs/{id}/bandwidth") => (&[RunsWrite], "", Arguments::Json(json!({ "rate": "1M" }))),
        ("PATCH", "/runs/{id}") => (&[RunsWrite], "", Arguments::Json(json!({ "position": 1 }))),
        ("GET", "/queue") => (&[RunsRead], "", none()),
        ("PATCH", "/queue") => (&[RunsWrite], "", Arguments::Json(json!({ "paused": false }))),
        ("GET", "/jobs" | "/jobs/{id}") => (&[JobsRead], "", none()),
        ("POST", "/jobs") => (&[JobsWrite], "", Arguments::Json(job())),
        ("PATCH", "/jobs/{id}") => (&[JobsWrite], "", Arguments::Json(json!({ "version": 1, "job": job() }))),
        ("DELETE", "/jobs/{id}") | ("POST", "/jobs/{id}/duplicate") => (&[JobsWrite], "", none()),
        ("POST", "/jobs/{id}/runs" | "/jobs/{id}/preview") => (&[RunsWrite], "", none()),
        ("GET", "/users" | "/users/{id}") => (&[UsersWrite], "", none()),
        ("POST", "/users") => {
            (&[UsersWrite], "", Arguments::Json(json!({ "name": "x", "role": "viewer", "password": "short" })))
        }
        ("DELETE", "/users/{id}/sessions") => (&[UsersWrite], "", none()),
        ("POST", "/users/me/password") => (
            &[SessionsWrite],
            "",
            Arguments::Json(json!({ "current_password": "wrong", "password": "short", "password_again": "other" })),
        ),
        ("PATCH", "/users/{id}") => (&[UsersWrite], "", Arguments::Json(json!({ "role": "viewer" }))),
        ("GET", "/tokens") => (&[TokensWrite], "", none()),
        ("POST", "/tokens") => (&[TokensWrite], "", Arguments::Json(json!({ "label": "", "role": "viewer" }))),
        ("DELETE", "/tokens/{id}") => (&[TokensWrite, UsersWrite], "", none()),
        ("GET", "/sessions") => (&[SessionsWrite], "", none()),
        ("DELETE", "/sessions/{id}") => (&[SessionsWrite], "", none()),
        ("GET", "/audit") => (&[AuditRead], "", none()),
        ("GET", "/mounts") => (&[MountsRead], "", none()),
        ("POST", "/mounts") => {
            (&[MountsWrite], "", Arguments::Json(json!({ "location": "nosuch:", "mount_point": "/nosuch" })))
        }
        ("DELETE", "/mounts/{id}") => (&[MountsWrite], "", none()),
        // Open to everybody.
        ("GET", "/backups/rclone/providers") => (&[], "", none()),
        ("POST", "/backups/rclone/configure") => {
            (&[RemotesWrite], "", Arguments::Json(json!({ "remote_name": "x", "provider": "nosuch", "config": {} })))
        }
        ("GET", "/backups/rclone/remotes") => (&[RemotesRead], "", none()),
        ("POST", "/backups/rclone/sync" | "/backups/rclone/copy" | "/backups/rclone/move") => (&[RunsWrite], "", run()),
        ("POST", "/backups/rclone/delete") => (&[RunsWrite], "", Arguments::Json(json!({ "remote_path": "nosuch:a" }))),
        ("GET", "/backups/rclone/list" | "/backups/rclone/size") => (&[FilesRead], "?remote_path=nosuch:", none()),
        ("POST", "/backups/rclone/mount") => {
            (&[MountsWrite], "", Arguments::Json(json!({ "remote_path": "nosuch:", "mount_point": "/nosuch" })))
        }
        ("POST", "/backups/rclone/check") => (&[RemotesTest], "?remote_name=nosuch", none()),
        _ => return None,
    })
}

/// The server functions: what each needs, and with what it is called.
fn server_fn(endpoint: &str) -> Option<(&'static [Permission], &'static str, Arguments)> {
    use Permission::{
        AuditRead, ConsoleRead, FilesRead, JobsRead, JobsWrite, MountsRead, MountsWrite, RemotesRead, RemotesTest,
        RemotesWrite, RunsRead, RunsWrite, SessionsWrite, TokensWrite, UsersWrite,
    };
    type Needs = &'static [Permission];
    let get = |needs: Needs, query: &'static str| (needs, query, Arguments::Nothing);
    let json = |needs: Needs, body: Value| (needs, "", Arguments::Json(body));
    let form = |needs: Needs, fields: &'static [(&'static str, &'static str)]| (needs, "", Arguments::Form(fields));
    let run = || json!({ "run": { "source": "nosuch:a", "destination": "nosuch:b" } });
    let remote = || json!({ "remote": { "name": "x", "provider": "nosuch", "config": {} } });
    Some(match endpoint {
        "audit/list" => get(&[AuditRead], "?query[user]="),
        "files/list" => get(&[FilesRead], "?query[location]=nosuch:"),
        "files/undecryptable" => get(&[FilesRead], "?location=nosuch:"),
        "mounts/list" | "mounts/missing" => get(&[MountsRead], ""),
        "mounts/create" => {
            json(&[MountsWrite], json!({ "mount": { "location": "nosuch:", "mount_point": "/nosuch" } }))
        }
        "mounts/delete" => form(&[MountsWrite], &[("id", ID), ("force", "false")]),
        "operations/options" => get(&[RunsRead], "?operation=copy"),
        "overview/get" => get(&[ConsoleRead], ""),
        "providers/list" | "remotes/list" | "remotes/unusable" => get(&[RemotesRead], ""),
        "providers/get" => get(&[RemotesRead], "?name=s3"),
        "remotes/local_roots" => get(&[FilesRead], ""),
        "remotes/test" | "remotes/create" => json(&[RemotesWrite], remote()),
        "remotes/identity" => get(&[RemotesTest], "?name=nosuch"),
        "remotes/trust" => form(&[RemotesWrite], &[("name", "nosuch"), ("fingerprint", "SHA256:x")]),
        "remotes/delete" => form(&[RemotesWrite], &[("name", "nosuch")]),
        "runs/list" => get(&[RunsRead], "?query[search]="),
        "runs/get" | "runs/series" => get(&[RunsRead], "?id=01JD3Z6N9V4M2K8Q7W5X1T0R3S"),
        "runs/log" => get(&[RunsRead], "?id=01JD3Z6N9V4M2K8Q7W5X1T0R3S&query[search]="),
        "runs/files" => get(&[RunsRead], "?id=01JD3Z6N9V4M2K8Q7W5X1T0R3S&outcome=copied&search=&offset=0&limit=0"),
        "runs/command" | "runs/comparison" | "runs/start" => json(&[RunsWrite], run()),
        "runs/stop" => form(&[RunsWrite], &[("id", ID)]),
        "runs/bandwidth" => form(&[RunsWrite], &[("id", ID), ("rate", "1M")]),
        "runs/update" => json(&[RunsWrite], json!({ "id": ID, "patch": { "position": 1 } })),
        "runs/retry" => form(&[RunsWrite], &[("id", ID), ("failed_only", "true")]),
        "runs/confirm" => form(&[RunsWrite], &[("id", ID), ("confirm", "x")]),
        "queue/get" => get(&[RunsRead], ""),
        "queue/update" => form(&[RunsWrite], &[("paused", "false")]),
        "jobs/list" => get(&[JobsRead], "?query[search]="),
        "jobs/get" => get(&[JobsRead], "?id=01JD3Z6N9V4M2K8Q7W5X1T0R3S"),
        "jobs/create" => json(&[JobsWrite], json!({ "job": job() })),
        "jobs/update" => json(&[JobsWrite], json!({ "id": ID, "update": { "version": 1, "job": job() } })),
        "jobs/delete" | "jobs/duplicate" => form(&[JobsWrite], &[("id", ID)]),
        "jobs/run" => json(&[RunsWrite], json!({ "id": ID })),
        "jobs/preview" => form(&[RunsWrite], &[("id", ID)]),
        "sessions/me" => get(&[ConsoleRead], ""),
        "sessions/list" => get(&[SessionsWrite], ""),
        "sessions/delete" => form(&[SessionsWrite], &[("x", "")]),
        "sessions/end" => form(&[SessionsWrite], &[("id", ID)]),
        "tokens/list" => get(&[TokensWrite], "?query[user]="),
        "tokens/create" => json(&[TokensWrite], json!({ "token": { "label": "", "role": "viewer" } })),
        "tokens/delete" => form(&[TokensWrite, UsersWrite], &[("id", ID)]),
        "users/list" => get(&[UsersWrite], "?query[limit]=1"),
        "users/create" => form(&[UsersWrite], &[("name", "x"), ("role", "viewer"), ("password", "short")]),
        "users/update" => form(&[UsersWrite], &[("id", ID), ("role", "viewer")]),
        "users/password" => {
            form(&[SessionsWrite], &[("current_password", "wrong"), ("password", "short"), ("password_again", "other")])
        }
        "users/end_sessions" => form(&[UsersWrite], &[("id", ID)]),
        "users/theme" => form(&[ConsoleRead], &[("theme", "dark")]),
        // In front of the console: these ask for a password or the setup code instead.
        "sessions/create" => form(&[], &[("username", "nobody"), ("password", "wrong")]),
        "setup/create" => form(&[], &[("code", "x"), ("username", "x"), ("password", "x"), ("password_again", "x")]),
        _ => return None,
    })
}

/// All doors, as the console describes them and as the source has them.
async fn entry_points(console: &Console) -> Vec<EntryPoint> {
    let mut entry_points = Vec::new();
    let api = console.get("/api/v1/openapi.json", StatusCode::OK).await;
    for (path, methods) in api["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let method = method.to_uppercase();
            let known = rest(&method, path);
            let (needs, query, arguments) =
                known.unwrap_or_else(|| panic!("{method} {path} is new: say in `rest` what it needs"));
            let name = format!("{method} {path}");
            let path = format!(
                "{}{query}",
                path.replace("{id}", ID).replace("{name}", "nosuch").replace("{operation}", "copy")
            );
            entry_points.push(EntryPoint { name, needs, method: method.parse().expect("a method"), path, arguments });
        }
    }
    let described = entry_points.len();
    assert!(described >= 20, "{described}");
    for (endpoint, by_get) in server_fns() {
        let known = server_fn(&endpoint);
        let (needs, query, arguments) =
            known.unwrap_or_else(|| panic!("{endpoint} is new: say in `server_fn` what it needs"));
        let method = if by_get { Method::GET } else { Method::POST };
        entry_points.push(EntryPoint {
            name: endpoint.clone(),
            needs,
            method,
            path: format!("/api/fn/{endpoint}{query}"),
            arguments,
        });
    }
    assert!(entry_points.len() >= described + 25, "{}", entry_points.len());
    entry_points
}

/// Every server function of the source: its address, and whether it is called by GET.
fn server_fns() -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server_fns")).expect("a folder") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("readable");
        for item in syn::parse_file(&text).expect("Rust").items {
            let syn::Item::Fn(function) = item else { continue };
            for attribute in function.attrs.iter().filter(|attribute| attribute.path().is_ident("server")) {
                let (mut endpoint, mut by_get) = (String::new(), false);
                let read = |meta: syn::meta::ParseNestedMeta<'_>| {
                    match (
                        meta.path.get_ident().map(ToString::to_string).as_deref(),
                        meta.value()?.parse::<syn::Expr>()?,
                    ) {
                        (Some("endpoint"), syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) => {
                            endpoint = text.value();
                        }
                        (Some("input"), syn::Expr::Path(path)) => by_get = path.path.is_ident("GetUrl"),
                        _ => {}
                    }
                    Ok(())
                };
                attribute.parse_nested_meta(read).expect("arguments of #[server]");
                assert!(!endpoint.is_empty(), "{}", function.sig.ident);
                found.insert(endpoint, by_get);
            }
        }
    }
    found
}

#[tokio::test]
async fn no_server_function_changes_anything_by_get() {
    let console = Console::start();
    for door in entry_points(&console)
        .await
        .iter()
        .filter(|door| door.path.starts_with("/api/fn/") && door.method != Method::GET)
    {
        let found = status(console.request(Method::GET, &door.path)).await;
        assert!(found.is_client_error(), "{}: {found}", door.name);
    }
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.expect("an answer").status()
}

#[tokio::test]
async fn no_door_opens_to_somebody_unknown() {
    let console = Console::start();
    for door in entry_points(&console).await.iter().filter(|door| !door.needs.is_empty()) {
        let answer = door.call(&console).header(header::ORIGIN, console.origin()).send().await.expect("an answer");
        let code = answer.status();
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!((code, &error["code"]), (StatusCode::UNAUTHORIZED, &json!("unauthenticated")), "{}", door.name);
        assert!(
            door.call(&console).send().await.expect("an answer").status().is_client_error(),
            "{}: without an origin",
            door.name
        );
    }
}

#[tokio::test]
async fn every_door_opens_to_the_roles_of_the_table_and_to_no_other() {
    let console = Console::start();
    let entry_points = entry_points(&console).await;
    for role in Role::ALL {
        let token = console.token_of(ADMIN, role.as_str());
        for door in entry_points.iter().filter(|door| !door.needs.is_empty()) {
            let found = status(door.call(&console).bearer_auth(&token)).await;
            let may = door.needs.iter().any(|permission| role.may(*permission));
            assert_eq!(found != StatusCode::FORBIDDEN, may, "{} as {}: {found}", door.name, role.as_str());
            assert!(
                found != StatusCode::UNAUTHORIZED && !found.is_server_error(),
                "{} as {}: {found}",
                door.name,
                role.as_str()
            );
        }
    }
}

#[tokio::test]
async fn every_door_needs_the_scope_of_the_table_and_no_other() {
    let console = Console::start();
    let scoped = async |scopes: Vec<Permission>| {
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        console
            .issue(&json!({ "label": scopes.join(" ").chars().take(100).collect::<String>(), "role": "admin", "scopes": scopes }))
            .await
            .1
    };
    let (mut only, mut without) = (BTreeMap::new(), BTreeMap::new());
    for door in entry_points(&console).await.iter().filter(|door| !door.needs.is_empty()) {
        for permission in door.needs {
            if !only.contains_key(permission) {
                only.insert(*permission, scoped(vec![*permission]).await);
            }
            let found = status(door.call(&console).bearer_auth(&only[permission])).await;
            assert_ne!(found, StatusCode::FORBIDDEN, "{} with {}", door.name, permission.as_str());
        }
        if !without.contains_key(door.needs) {
            let rest = Permission::ALL.iter().copied().filter(|permission| !door.needs.contains(permission)).collect();
            without.insert(door.needs, scoped(rest).await);
        }
        let found = status(door.call(&console).bearer_auth(&without[door.needs])).await;
        assert_eq!(found, StatusCode::FORBIDDEN, "{} with everything else", door.name);
    }
}
