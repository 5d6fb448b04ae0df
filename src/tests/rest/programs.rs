//! Whatever makes rclone run a program, by every door that leads to rclone: refused, or not heard. A program that would
//! leave a trace is offered at each, and leaves none. That it would is seen first, by rclone itself.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, Peer, rclone_path, write};

/// An option that makes rclone run a program, as a configuration names it, and as the environment does.
struct Vector {
    /// The backend whose option it is; any when it is one of rclone's own.
    backend: &'static str,
    option: &'static str,
    variable: &'static str,
    /// What stands before the program.
    prefix: &'static str,
    /// Whether this rclone, given it in a connection string, runs the program on this machine at once. The others run
    /// it on the other side, only for a configuration with a password, only as a server, or (`override`) on no path
    /// that is known.
    runs: bool,
}

const fn vector(
    backend: &'static str,
    option: &'static str,
    variable: &'static str,
    prefix: &'static str,
    runs: bool,
) -> Vector {
    Vector { backend, option, variable, prefix, runs }
}

const VECTORS: [Vector; 15] = [
    vector("sftp", "ssh", "RCLONE_SFTP_SSH", "", true),
    vector("sftp", "server_command", "RCLONE_SFTP_SERVER_COMMAND", "", false),
    vector("sftp", "md5sum_command", "RCLONE_SFTP_MD5SUM_COMMAND", "", false),
    vector("sftp", "sha1sum_command", "RCLONE_SFTP_SHA1SUM_COMMAND", "", false),
    vector("sftp", "sha256sum_command", "RCLONE_SFTP_SHA256SUM_COMMAND", "", false),
    vector("webdav", "bearer_token_command", "RCLONE_WEBDAV_BEARER_TOKEN_COMMAND", "", true),
    vector("local", "global.metadata_mapper", "RCLONE_METADATA_MAPPER", "", true),
    vector("local", "global.name_transform", "RCLONE_NAME_TRANSFORM", "command=", true),
    vector("local", "global.password_command", "RCLONE_PASSWORD_COMMAND", "", false),
    vector("local", "override.metadata_mapper", "RCLONE_OVERRIDE_METADATA_MAPPER", "", false),
    vector("local", "override.name_transform", "RCLONE_OVERRIDE_NAME_TRANSFORM", "command=", false),
    vector("local", "metadata_mapper", "RCLONE_LOCAL_METADATA_MAPPER", "", false),
    vector("local", "name_transform", "RCLONE_LOCAL_NAME_TRANSFORM", "command=", false),
    vector("local", "password_command", "RCLONE_LOCAL_PASSWORD_COMMAND", "", false),
    vector("local", "auth_proxy", "RCLONE_AUTH_PROXY", "", false),
];

impl Vector {
    fn value(&self, program: &str) -> String {
        format!("{}{program}", self.prefix)
    }

    /// The options beside it that its backend needs, or that make rclone look at it.
    fn others(&self) -> &'static [(&'static str, &'static str)] {
        match self.backend {
            "sftp" => &[("host", "127.0.0.1")],
            "webdav" => &[("url", "http://127.0.0.1:1")],
            _ if self.option == "global.metadata_mapper" => &[("global.metadata", "true")],
            _ => &[],
        }
    }

    /// As a backend on the fly.
    fn connection(&self, program: &str) -> String {
        let others: String = self.others().iter().map(|(option, value)| format!(",{option}=\"{value}\"")).collect();
        format!(":{}{others},{}=\"{}\":", self.backend, self.option, self.value(program))
    }

    /// As more options of a remote that is there.
    fn named(&self, program: &str) -> String {
        format!("nas,{}=\"{}\":", self.option, self.value(program))
    }

    fn config(&self, program: &str) -> Value {
        let mut config: serde_json::Map<_, _> = self
            .others()
            .iter()
            .filter(|(option, _)| !option.starts_with("global"))
            .map(|(option, value)| ((*option).to_owned(), json!(value)))
            .collect();
        config.insert(self.option.to_owned(), json!(self.value(program)));
        Value::Object(config)
    }
}

/// A program that leaves a trace, and what was tried to make it run.
struct Trap {
    program: String,
    canary: String,
    tries: BTreeMap<&'static str, usize>,
}

impl Trap {
    fn set(console: &Console) -> Self {
        let (program, canary) = (console.path("program"), console.path("canary"));
        fs::write(&program, format!("#!/bin/sh\necho \"$@\" >> {canary}\n")).expect("a program");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it can be run");
        Self { program, canary, tries: BTreeMap::new() }
    }

    fn has_sprung(&self) -> bool {
        fs::exists(&self.canary).expect("the folder is there")
    }

    /// Sends what should make it run, and counts it.
    async fn offer(
        &mut self,
        door: &'static str,
        what: &str,
        request: RequestBuilder,
        expected: impl Fn(StatusCode) -> bool,
    ) {
        let answer = request.send().await.unwrap_or_else(|error| panic!("{door}, {what}: {error}"));
        let status = answer.status();
        let text = answer.text().await.expect("text");
        assert!(expected(status), "{door}, {what}: {status} {text}");
        assert!(!self.has_sprung(), "{door}, {what}: a program was run");
        *self.tries.entry(door).or_default() += 1;
    }
}

fn refused(status: StatusCode) -> bool {
    [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&status)
}

/// Has rclone itself do it, without a console: what runs the program here is worth being tried there.
fn control(trap: &Trap, root: &Path) {
    for vector in VECTORS.iter().filter(|vector| vector.runs) {
        let mut source = vector.connection(&trap.program);
        if vector.backend == "local" {
            source.push_str(root.join("a").to_str().expect("text"));
        }
        let mut command = Command::new(rclone_path());
        command
            .args(["copy", "--config=", "--retries=1", "--low-level-retries=1", "--", &source])
            .arg(root.join("control"));
        // How it ends does not matter: the program is no ssh.
        command.env_clear().env("PATH", "/usr/bin:/bin").output().expect("rclone");
        assert!(trap.has_sprung(), "{} is no danger: {source}", vector.option);
        fs::remove_file(&trap.canary).expect("removed");
    }
}

/// The bodies: no field of any is rclone's own.
async fn by_body(console: &Console, trap: &mut Trap) {
    for vector in &VECTORS {
        let with = |mut body: Value| {
            body[vector.option] = json!(vector.value(&trap.program));
            body
        };
        let transfer = json!({ "source": console.path("a"), "destination": console.path("b") });
        let mut nested = transfer.clone();
        nested["options"] = with(json!({}));
        let mount = json!({ "remote_path": console.path("a"), "mount_point": console.path("m") });
        for (path, body) in [
            ("/api/v1/backups/rclone/copy", with(transfer)),
            ("/api/v1/backups/rclone/delete", with(json!({ "remote_path": console.path("nosuch") }))),
            ("/api/v1/backups/rclone/mount", with(mount)),
            ("/api/v1/runs", nested),
        ] {
            trap.offer(
                "body",
                &format!("{path} {}", vector.option),
                console.request(Method::POST, path).json(&body),
                refused,
            )
            .await;
        }
    }
}

/// What a remote is made of.
async fn by_config(console: &Console, trap: &mut Trap) {
    for vector in &VECTORS {
        let config = vector.config(&trap.program);
        let configure = json!({ "remote_name": "new", "provider": vector.backend, "config": config });
        let under = json!({ "remote": console.path("a") });
        let over = json!({ vector.option: vector.value(&trap.program) });
        let crypt = json!({ "remote_name": "new", "provider": "alias", "config": under, "encrypt": true, "encrypt_config": over });
        let remote = json!({ "name": "new", "provider": vector.backend, "config": config });
        for (path, body) in [
            ("/api/v1/backups/rclone/configure", configure),
            ("/api/v1/backups/rclone/configure", crypt),
            ("/api/v1/remotes", remote),
        ] {
            trap.offer("config", &format!("{path} {body}"), console.request(Method::POST, path).json(&body), refused)
                .await;
        }
    }
}

/// A place that is a backend on the fly: asked for, or wrapped by a remote.
async fn by_connection_string(console: &Console, trap: &mut Trap) {
    let door = "connection string";
    for vector in &VECTORS {
        let place = vector.connection(&trap.program);
        for path in ["list", "size"] {
            let request = console
                .request(Method::GET, &format!("/api/v1/backups/rclone/{path}"))
                .query(&[("remote_path", &place)]);
            trap.offer(door, &format!("{path} {place}"), request, refused).await;
        }
        for (path, body) in [
            ("copy", json!({ "source": place, "destination": console.path("b") })),
            ("move", json!({ "source": console.path("a"), "destination": place })),
            ("delete", json!({ "remote_path": place })),
            ("mount", json!({ "remote_path": place, "mount_point": console.path("m") })),
            ("configure", json!({ "remote_name": "new", "provider": "alias", "config": { "remote": place } })),
            (
                "configure",
                json!({ "remote_name": "new", "provider": "union", "config": { "upstreams": format!("\"{}\"", place.replace('"', "\"\"")) } }),
            ),
        ] {
            let request = console.request(Method::POST, &format!("/api/v1/backups/rclone/{path}")).json(&body);
            trap.offer(door, &format!("{path} {place}"), request, refused).await;
        }
    }
}

/// A name that brings options along.
async fn by_name(console: &Console, trap: &mut Trap) {
    let door = "remote name";
    for vector in &VECTORS {
        let name = vector.named(&trap.program);
        let check = console.request(Method::POST, "/api/v1/backups/rclone/check").query(&[("remote_name", &name)]);
        trap.offer(door, &format!("check {name}"), check, refused).await;
        let list = console.request(Method::GET, "/api/v1/backups/rclone/list").query(&[("remote_path", &name)]);
        trap.offer(door, &format!("list {name}"), list, refused).await;
        let copy = json!({ "source": console.path("a"), "destination": format!("{name}b") });
        trap.offer(
            door,
            &format!("copy {name}"),
            console.request(Method::POST, "/api/v1/backups/rclone/copy").json(&copy),
            refused,
        )
        .await;
        let configure = json!({ "remote_name": name.trim_end_matches(':'), "provider": "memory", "config": {} });
        let request = console.request(Method::POST, "/api/v1/backups/rclone/configure").json(&configure);
        trap.offer(door, &format!("configure {name}"), request, refused).await;
    }
}

/// Real work with real servers, by which rclone would come to see each of them: signing in, reading, writing,
/// comparing.
fn work(console: &Console) -> [RequestBuilder; 3] {
    let base = "/api/v1/backups/rclone";
    let copy = json!({ "source": console.path("a"), "destination": "nas:", "checksum": true });
    [
        console.request(Method::POST, &format!("{base}/copy")).json(&copy),
        console.request(Method::GET, &format!("{base}/list")).query(&[("remote_path", "dav:")]),
        console.request(Method::POST, &format!("{base}/check")).query(&[("remote_name", "nas")]),
    ]
}

async fn by_header(console: &Console, trap: &mut Trap) {
    for vector in &VECTORS {
        let value = vector.value(&trap.program);
        let dashed = vector.option.replace(['_', '.'], "-");
        for mut request in work(console) {
            for name in [
                vector.variable,
                vector.option,
                &format!("rclone-{dashed}"),
                &format!("x-rclone-{dashed}"),
                &format!("--{dashed}"),
            ] {
                request = request.header(name, &value);
            }
            trap.offer("header", vector.option, request, |status| status == StatusCode::OK).await;
        }
    }
}

async fn by_environment(console: &mut Console, trap: &mut Trap) {
    for vector in &VECTORS {
        let value = vector.value(&trap.program);
        let of_remote = ["NAS", "DAV"].map(|remote| format!("RCLONE_CONFIG_{remote}_{}", vector.option.to_uppercase()));
        console.kill();
        console.restart_with_env(&[
            (vector.variable, &value),
            (&of_remote[0], &value),
            (&of_remote[1], &value),
            ("RCLONE_METADATA", "true"),
        ]);
        for request in work(console) {
            trap.offer("environment", vector.variable, request, |status| status == StatusCode::OK).await;
        }
    }
}

#[tokio::test]
async fn no_door_lets_rclone_run_a_program() {
    let mut console = Console::start();
    write(&console.root(), "a/file", b"content");
    let mut trap = Trap::set(&console);
    control(&trap, &console.root());
    let (sftp, webdav) = tokio::join!(Peer::start("sftp"), Peer::start("webdav"));
    for (name, provider, config) in [("nas", "sftp", sftp.config("sftp")), ("dav", "webdav", webdav.config("webdav"))] {
        let body = json!({ "remote_name": name, "provider": provider, "config": config });
        console.post("/api/v1/backups/rclone/configure", &body, StatusCode::OK).await;
    }
    by_body(&console, &mut trap).await;
    by_config(&console, &mut trap).await;
    by_connection_string(&console, &mut trap).await;
    by_name(&console, &mut trap).await;
    by_header(&console, &mut trap).await;
    by_environment(&mut console, &mut trap).await;

    let (tries, doors) = (trap.tries.values().sum::<usize>(), trap.tries.len());
    eprintln!("{} vectors, {doors} doors, {tries} tries: {:?}", VECTORS.len(), trap.tries);
    assert!(
        doors == 6 && trap.tries.values().all(|tries| *tries >= VECTORS.len()) && VECTORS.len() >= 12,
        "{:?}",
        trap.tries
    );
    assert!(tries >= 72 && !trap.has_sprung());
    // The work was real, and nothing that was refused was saved or begun.
    assert_eq!(fs::read(sftp.files().join("file")).expect("copied"), b"content");
    let remotes = console.get("/api/v1/backups/rclone/remotes", StatusCode::OK).await;
    assert_eq!(remotes.as_array().map(Vec::len), Some(2), "{remotes}");
    assert!(console.root().join("a/file").exists() && console.get("/api/v1/mounts", StatusCode::OK).await == json!([]));
}
