//! Remotes by REST: made, tested, used, deleted; and what is refused.

use std::fs;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Console, Peer, S3, expect, sign_in, tree, until, write};

#[tokio::test]
async fn a_remote_is_made_tested_browsed_and_deleted() {
    let (console, s3) = (Console::start(), S3::start());
    write(s3.dir.path(), "bucket/a.txt", b"hello");
    let made = console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CREATED).await;
    assert_eq!((&made["name"], &made["type"]), (&json!("store"), &json!("s3")));
    assert!(made.get("tested").is_none_or(Value::is_null), "{made}");
    let test = console.post("/api/v1/remotes/store/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], true, "{test}");
    let list = console.get("/api/v1/remotes", StatusCode::OK).await;
    assert_eq!(list[0]["tested"]["result"]["connected"], true, "{list}");
    let page = console.get("/api/v1/files?location=store:bucket", StatusCode::OK).await;
    assert_eq!((&page["entries"][0]["name"], &page["entries"][0]["size"]), (&json!("a.txt"), &json!(5)));
    let taken = console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CONFLICT).await;
    assert_eq!(taken["code"], "conflict", "{taken}");
    let gone = console.request(Method::DELETE, "/api/v1/remotes/store").send().await.expect("an answer");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    console.get("/api/v1/files?location=store:bucket", StatusCode::NOT_FOUND).await;
    assert!(s3.dir.path().join("bucket/a.txt").exists(), "never its files");
}

#[tokio::test]
async fn a_wrong_key_is_told_in_words_and_without_the_secret() {
    let (console, s3) = (Console::start(), S3::start());
    let mut remote = s3.remote("store");
    remote["config"]["secret_access_key"] = json!("wrong-canary-1b2c");
    console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
    let test = console.post("/api/v1/remotes/store/test", &json!({}), StatusCode::OK).await;
    assert_eq!(test["connected"], false);
    let text = test.to_string();
    assert!(text.contains("403") || text.contains("refused"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    let unknown = console.request(Method::POST, "/api/v1/remotes/nosuch/test").send().await.expect("an answer");
    expect(unknown, StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn options_that_run_programs_or_lead_out_of_bounds_are_refused_by_name() {
    let console = Console::start();
    let canary = console.path("canary");
    let run = format!("touch {canary}");
    let climbing = format!("{}/%(description)s", console.path(""));
    let hidden = format!(":sftp,host=h,ssh=\"{run}\":");
    for (provider, option, value) in [
        ("sftp", "ssh", run.as_str()),
        ("sftp", "server_command", &run),
        ("sftp", "md5sum_command", &run),
        ("sftp", "sha1sum_command", &run),
        ("sftp", "set_env", "LD_PRELOAD=/tmp/x"),
        ("sftp", "key_file", "/etc/shadow"),
        ("sftp", "known_hosts_file", "/etc/shadow"),
        ("webdav", "bearer_token_command", &run),
        ("webdav", "unix_socket", "/run/docker.sock"),
        ("webdav", "metadata_mapper", &run),
        ("webdav", "global.metadata_mapper", &run),
        ("webdav", "override.bearer_token_command", &run),
        ("webdav", "override.password_command", &run),
        ("webdav", "global.name_transform", &run),
        ("webdav", "auth_proxy", &run),
        ("s3", "shared_credentials_file", "/etc/shadow"),
        ("s3", "profile", "root"),
        ("s3", "sdk_log_mode", "Signing"),
        ("s3", "nosuch", "x"),
        ("s3", "global.metadata_mapper", &run),
        ("s3", "override.metadata_mapper", &run),
        ("s3", "type", "local"),
        ("s3", "provider:x", "local"),
        ("alias", "remote", "/etc"),
        ("alias", "remote", ":sftp,ssh=id:"),
        ("alias", "remote", "nosuch:"),
        ("alias", "remote", hidden.as_str()),
        ("alias", "remote", climbing.as_str()),
        ("crypt", "remote", hidden.as_str()),
        ("crypt", "remote", "/etc"),
        ("chunker", "remote", hidden.as_str()),
        ("compress", "remote", hidden.as_str()),
        ("hasher", "remote", hidden.as_str()),
        ("cache", "remote", hidden.as_str()),
        ("cache", "db_path", "/etc"),
        ("archive", "remote", hidden.as_str()),
        ("union", "upstreams", hidden.as_str()),
        ("union", "upstreams", "/etc"),
        ("combine", "upstreams", "x=/etc"),
        ("combine", "upstreams", "x=:local:/etc"),
        ("local", "links", "true"),
        ("local", "copy_links", "true"),
        ("drive", "service_account_file", "/etc/shadow"),
        ("dropbox", "token", "not a token"),
        ("smb", "kerberos_ccache", "/tmp/krb5cc_0"),
        ("oracleobjectstorage", "config_file", "/etc/shadow"),
        ("s3", "access_key_id", "a\nssh = x"),
    ] {
        let mut config = json!({});
        match provider {
            "sftp" | "smb" => config["host"] = json!("localhost"),
            "webdav" => config["url"] = json!("http://127.0.0.1:1"),
            "s3" => config["provider"] = json!("Rclone"),
            // What rclone would put in the place of `%(description)s`.
            "alias" => config["description"] = json!("../../../../etc"),
            "crypt" => config["password"] = json!("x"),
            "compress" => config["level"] = json!("-1"),
            "cache" => config["remote"] = json!(console.path("")),
            "oracleobjectstorage" => {
                config =
                    json!({ "provider": "user_principal_auth", "namespace": "n", "region": "r", "compartment": "c" });
            }
            _ => {}
        }
        config[option] = json!(value);
        let body = json!({ "name": "evil", "provider": provider, "config": config });
        let error = console.post("/api/v1/remotes", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"][option].is_string(), "{provider}.{option}={value}: {error}");
        assert_eq!(
            error["fields"].as_object().map(serde_json::Map::len),
            Some(1),
            "{provider}.{option}={value}: {error}"
        );
    }
    let named = format!("x,ssh=\"{run}\"");
    for (name, provider) in [
        ("a:b", "alias"),
        ("-x", "alias"),
        ("", "alias"),
        ("x", "nosuch"),
        ("x", ""),
        ("x\ny", "alias"),
        (hidden.as_str(), "alias"),
        (named.as_str(), "alias"),
        ("x", ":sftp"),
        ("x", "alias,remote=/etc"),
    ] {
        let body = json!({ "name": name, "provider": provider, "config": { "remote": console.path("") } });
        let error = console.post("/api/v1/remotes", &body, StatusCode::BAD_REQUEST).await;
        assert!(!error["fields"].as_object().expect("fields").is_empty(), "{name:?} {provider}: {error}");
    }
    let missing = json!({ "name": "x", "provider": "sftp", "config": {} });
    let error = console.post("/api/v1/remotes", &missing, StatusCode::BAD_REQUEST).await;
    assert!(error["fields"]["host"].is_string(), "{error}");
    assert_eq!(console.get("/api/v1/remotes", StatusCode::OK).await, json!([]));
    for location in [hidden.as_str(), named.as_str(), ":local:/etc", "-x:"] {
        let files = console
            .request(Method::GET, "/api/v1/files")
            .query(&[("location", location)])
            .send()
            .await
            .expect("an answer");
        expect(files, StatusCode::BAD_REQUEST).await;
        let run = json!({ "source": location, "destination": console.path("x") });
        console.post("/api/v1/runs", &run, StatusCode::BAD_REQUEST).await;
    }
    assert!(!fs::exists(&canary).expect("the folder is there"), "a program was run");
}

#[tokio::test]
async fn an_alias_leads_where_it_may() {
    let console = Console::start();
    write(&console.root(), "photos/a.jpg", b"x");
    let body = json!({ "name": "photos", "provider": "alias", "config": { "remote": console.path("photos") } });
    console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
    let page = console.get("/api/v1/files?location=photos:", StatusCode::OK).await;
    assert_eq!(page["entries"][0]["name"], "a.jpg");
}

#[tokio::test]
async fn a_secret_is_nowhere_to_be_found() {
    let (console, s3) = (Console::start(), S3::start());
    console.post("/api/v1/remotes", &s3.remote("store"), StatusCode::CREATED).await;
    write(&console.root(), "a/b", b"x");
    let id = console.copy(&console.path("a"), "store:bucket/a", json!({})).await;
    assert_eq!(console.ended(&id).await["state"], "succeeded");
    for path in ["/api/v1/remotes".to_owned(), format!("/api/v1/runs/{id}"), format!("/api/v1/runs/{id}/log")] {
        assert!(!console.get(&path, StatusCode::OK).await.to_string().contains(S3::SECRET), "{path}");
    }
    for (path, content) in tree(&console.data()) {
        let configuration = path.extension().is_some_and(|extension| extension == "conf");
        let text = String::from_utf8_lossy(&content);
        assert!(configuration || !text.contains(S3::SECRET), "{}", path.display());
    }
}

#[tokio::test]
async fn files_go_to_webdav_and_sftp_servers_and_come_back() {
    let console = Console::start();
    for n in 0..20u8 {
        write(&console.root(), &format!("out/dir{}/file {n}", n % 3), &vec![n; usize::from(n) * 1000]);
    }
    for kind in ["webdav", "sftp"] {
        let peer = Peer::start(kind).await;
        let remote = json!({ "name": kind, "provider": kind.to_uppercase(), "config": peer.config(kind) });
        let made = console.post("/api/v1/remotes", &remote, StatusCode::CREATED).await;
        assert_eq!(made["type"], kind, "{made}");
        let test = console.post(&format!("/api/v1/remotes/{kind}/test"), &json!({}), StatusCode::OK).await;
        assert_eq!(test["connected"], true, "{kind}: {test}");
        let out = console.copy(&console.path("out"), &format!("{kind}:in"), json!({})).await;
        assert_eq!(console.ended(&out).await["state"], "succeeded", "{kind}");
        assert!(tree(&console.root().join("out")) == tree(&peer.files().join("in")), "{kind}: the trees differ");
        let page = console.get(&format!("/api/v1/files?location={kind}:in"), StatusCode::OK).await;
        assert_eq!(page["total"], 3, "{kind}: {page}");
        let back = console.copy(&format!("{kind}:in"), &console.path(kind), json!({})).await;
        assert_eq!(console.ended(&back).await["state"], "succeeded", "{kind}");
        assert!(tree(&console.root().join("out")) == tree(&console.root().join(kind)), "{kind}: the trees differ");

        let mut wrong = remote.clone();
        (wrong["name"], wrong["config"]["pass"]) = (json!("wrong"), json!("wrong-canary"));
        console.post("/api/v1/remotes", &wrong, StatusCode::CREATED).await;
        let test = console.post("/api/v1/remotes/wrong/test", &json!({}), StatusCode::OK).await;
        assert_eq!(test["connected"], false, "{kind}: {test}");
        assert!(!test.to_string().contains("canary"), "{kind}: {test}");
        let gone = console.request(Method::DELETE, "/api/v1/remotes/wrong").send().await.expect("an answer");
        assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn what_is_written_through_crypt_lies_encrypted_and_lists_plain() {
    let console = Console::start();
    write(&console.root(), "plain/letter.txt", b"dear reader");
    fs::create_dir(console.root().join("vault")).expect("made");
    for (name, provider, config) in [
        ("vault", "alias", json!({ "remote": console.path("vault") })),
        ("safe", "crypt", json!({ "remote": "vault:in", "password": "s3cr3t-canary-4d1a" })),
        ("both", "union", json!({ "upstreams": format!("safe: {}:ro", console.path("plain")) })),
        ("rooms", "combine", json!({ "upstreams": "safe=safe: vault=vault:" })),
        ("here", "local", json!({})),
    ] {
        console
            .post(
                "/api/v1/remotes",
                &json!({ "name": name, "provider": provider, "config": config }),
                StatusCode::CREATED,
            )
            .await;
    }
    let id = console.copy(&console.path("plain"), "safe:letters", json!({})).await;
    assert_eq!(console.ended(&id).await["state"], "succeeded");
    let stored = tree(&console.root().join("vault"));
    assert_eq!(stored.len(), 1);
    for (path, content) in &stored {
        assert!(
            !path.to_string_lossy().contains("letter") && !content.windows(4).any(|part| part == b"dear"),
            "{}",
            path.display()
        );
    }
    for location in ["safe:letters", "both:letters", "rooms:safe/letters"] {
        let page = console.get(&format!("/api/v1/files?location={location}"), StatusCode::OK).await;
        assert_eq!(
            (&page["entries"][0]["name"], &page["entries"][0]["size"]),
            (&json!("letter.txt"), &json!(11)),
            "{location}"
        );
    }
    let conf = fs::read_to_string(console.data().join("rclone.conf")).expect("read");
    assert!(!conf.contains("canary"), "{conf}");

    // Each of the places counts: where people may go, and what overlaps.
    console.get("/api/v1/files?location=here:etc", StatusCode::FORBIDDEN).await;
    console.get(&format!("/api/v1/files?location=here:{}", console.path("plain")), StatusCode::OK).await;
    console.get("/api/v1/files?location=rooms:nosuch", StatusCode::NOT_FOUND).await;
    for (source, destination) in
        [("both:", "safe:x"), ("plain", "both:x"), ("rooms:", "vault:x"), ("rooms:safe", "safe:")]
    {
        let source = if source.contains(':') { source.to_owned() } else { console.path(source) };
        let run = json!({ "source": source, "destination": destination });
        let error = console.post("/api/v1/runs", &run, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"]["destination"].is_string(), "{source} {destination}: {error}");
    }
    let error = console
        .post(
            "/api/v1/remotes",
            &json!({ "name": "out", "provider": "alias", "config": { "remote": "here:etc" } }),
            StatusCode::BAD_REQUEST,
        )
        .await;
    assert!(error["fields"]["remote"].is_string(), "{error}");
}

#[tokio::test]
async fn what_the_configuration_holds_beside_the_remotes_is_listed_with_the_reason_and_left_as_it_is() {
    let text = "[good]\ntype = alias\nremote = /\n[local]\ntype = alias\nremote = /\n[a:b]\ntype = s3\n[-dash]\ntype = s3\n[odd]\nTYPE = s3\n[new]\ntype = s4\n";
    let console = Console::start_in(|dir| {
        fs::create_dir(dir.join("data")).expect("made");
        fs::write(dir.join("data/rclone.conf"), text).expect("written");
    });
    let rclone_is_there =
        async || Some(console.get("/api/v1/remotes", StatusCode::OK).await).filter(|list| list[5]["name"] == "new");
    let list = until("the types are known", rclone_is_there).await;
    assert_eq!((&list[0]["name"], list[0].get("problem")), (&json!("good"), None), "{list}");
    for (at, name, word) in [
        (1, "local", "this server"),
        (2, "a:b", "letters, digits"),
        (3, "-dash", "“-”"),
        (4, "odd", "“TYPE”"),
        (5, "new", "“s4”"),
    ] {
        assert_eq!(list[at]["name"], name, "{list}");
        assert!(list[at]["problem"].as_str().expect("a reason").contains(word), "{list}");
    }
    let by_contract = console.get("/api/v1/backups/rclone/remotes", StatusCode::OK).await;
    assert_eq!(by_contract.as_array().expect("a list").len(), 1, "{by_contract}");
    for name in ["odd", "new"] {
        let error = console.post(&format!("/api/v1/remotes/{name}/test"), &json!({}), StatusCode::NOT_FOUND).await;
        assert!(error["message"].as_str().expect("words").contains(&format!("[{name}] of rclone.conf")), "{error}");
    }
    let session = sign_in(&console).await;
    let page = console
        .anonymous(Method::GET, "/remotes")
        .header("cookie", session)
        .send()
        .await
        .expect("a page")
        .text()
        .await
        .expect("text");
    for word in ["[local]", "[a:b]", "[-dash]", "[odd]", "[new]", "Not usable"] {
        assert!(page.contains(word), "{word}");
    }
    assert_eq!(fs::read_to_string(console.data().join("rclone.conf")).expect("read"), text);
}

#[tokio::test]
async fn a_listing_says_how_many_names_cannot_be_decrypted() {
    let console = Console::start();
    fs::create_dir(console.root().join("vault")).expect("made");
    for (name, password) in [("right", "one"), ("wrong", "two")] {
        let config = json!({ "remote": console.path("vault"), "password": password });
        console
            .post(
                "/api/v1/remotes",
                &json!({ "name": name, "provider": "crypt", "config": config }),
                StatusCode::CREATED,
            )
            .await;
    }
    let config = json!({ "remote": "wrong:" });
    console
        .post("/api/v1/remotes", &json!({ "name": "over", "provider": "alias", "config": config }), StatusCode::CREATED)
        .await;
    for file in ["a.txt", "b.txt", "d/c.txt"] {
        write(&console.root(), &format!("from/{file}"), b"x");
    }
    let copy = json!({ "source": console.path("from"), "destination": "right:" });
    console.post("/api/v1/backups/rclone/copy", &copy, StatusCode::OK).await;
    for (name, connected, undecryptable) in
        [("right", true, Value::Null), ("wrong", false, json!(3)), ("over", false, json!(3))]
    {
        let check =
            console.post(&format!("/api/v1/backups/rclone/check?remote_name={name}"), &json!({}), StatusCode::OK).await;
        assert_eq!(
            (&check["connected"], &check["undecryptable"]),
            (&json!(connected), &undecryptable),
            "{name}: {check}"
        );
        let test = console.post(&format!("/api/v1/remotes/{name}/test"), &json!({}), StatusCode::OK).await;
        assert_eq!((&test["connected"], &test["undecryptable"]), (&json!(connected), &undecryptable), "{name}: {test}");
        assert_eq!(
            test["message"].as_str().expect("words").contains("3 names cannot be decrypted"),
            !connected,
            "{test}"
        );
    }
    let session = sign_in(&console).await;
    for (name, left_out) in [("right", None), ("wrong", Some("3")), ("over", Some("3"))] {
        let path = format!("/api/v1/backups/rclone/list?remote_path={name}:");
        let answer = console.request(Method::GET, &path).send().await.expect("an answer");
        let header =
            answer.headers().get("x-undecryptable-names").map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(header.as_deref(), left_out, "{name}");
        let page = console.anonymous(Method::GET, &format!("/browse/{name}")).header("cookie", &session);
        let page = page.send().await.expect("a page").text().await.expect("text");
        assert_eq!(page.contains("3 names are not shown"), left_out.is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_name_that_rclone_would_not_keep_is_refused_by_its_field() {
    let console = Console::start();
    for name in ["DEFAULT", "local", "x ", " x", "-x", "a:b", "", "..", "a[b]", "\u{e31}x"] {
        let body = json!({ "remote_name": name, "provider": "memory", "config": {} });
        let error = console.post("/api/v1/backups/rclone/configure", &body, StatusCode::BAD_REQUEST).await;
        assert!(error["fields"]["remote_name"].is_string(), "{name:?}: {error}");
    }
}
