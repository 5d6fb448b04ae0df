//! The peers themselves: each starts, takes a file, lists it and gives it back.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::support::{Apache, Console, Kind, Nginx, Provider, Sshd, Vsftpd, tree, write};

async fn there_and_back(kind: Kind) {
    let console = Console::start();
    let Some(provider) = Provider::start(kind, &console).await else { return };
    write(&console.root(), "out/a folder/Grüße.txt", b"as it was");
    write(&console.root(), "out/empty", b"");
    let id = console.copy(&console.path("out"), &provider.at("there"), json!({})).await;
    let run = console.ended(&id).await;
    assert_eq!(run["state"], "succeeded", "{kind:?}: {run}");
    let out = tree(&console.root().join("out"));
    if let Some(dir) = provider.dir() {
        assert!(tree(&dir.join("there")) == out, "{kind:?}: {:?}", tree(dir).keys());
    }
    let back = console.copy(&provider.at("there"), &console.path("back"), json!({})).await;
    assert_eq!(console.ended(&back).await["state"], "succeeded", "{kind:?}");
    assert!(tree(&console.root().join("back")) == out, "{kind:?}: {:?}", tree(&console.root().join("back")).keys());
}

macro_rules! there_and_back {
    ($($test:ident: $kind:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            there_and_back(Kind::$kind).await;
        })*
    };
}

there_and_back! {
    a_folder_of_this_machine: Local,
    an_alias: Alias,
    a_union: Union,
    moto: Moto,
    rclone_s3: RcloneS3,
    crypt: Crypt,
    openssh: Sftp,
    vsftpd: Ftp,
    vsftpd_with_tls: Ftps,
    mod_dav: ModDav,
    wsgidav: WsgiDav,
    samba: Smb,
}

#[tokio::test]
async fn nginx_gives_what_it_lists() {
    let console = Console::start();
    let Some(nginx) = Nginx::start().await else { return };
    write(&nginx.dir(), "a folder/Grüße.txt", b"as it was");
    let body = json!({ "name": "web", "provider": "http", "config": nginx.config() });
    console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
    let id = console.copy("web:", &console.path("back"), json!({})).await;
    assert_eq!(console.ended(&id).await["state"], "succeeded");
    assert!(tree(&console.root().join("back")) == tree(&nginx.dir()));
}

#[tokio::test]
async fn a_peer_that_is_gone_is_not_connected() {
    for kind in Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Local | Kind::Alias | Kind::Union)) {
        let console = Console::start();
        let Some(mut provider) = Provider::start(kind, &console).await else { continue };
        let path = format!("/api/v1/remotes/{}/test", provider.kind.name());
        let test = async || console.post(&path, &json!({}), StatusCode::OK).await;
        assert_eq!(test().await["connected"], true, "{kind:?}");
        provider.stop();
        let gone = test().await;
        assert_eq!(gone["connected"], false, "{kind:?}: {gone}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused_and_a_password_opens_sftp() {
    let console = Console::start();
    let test = async |name: &str, provider: &str, config: Value| {
        let body = json!({ "name": name, "provider": provider, "config": config });
        console.post("/api/v1/remotes", &body, StatusCode::CREATED).await;
        console.post(&format!("/api/v1/remotes/{name}/test"), &json!({}), StatusCode::OK).await
    };
    if let Some(apache) = Apache::start_tls().await {
        let refused = test("dav", "webdav", apache.config()).await;
        assert!(
            refused["connected"] == false
                && refused["message"].as_str().is_some_and(|text| text.contains("certificate")),
            "{refused}"
        );
        assert!(apache.certificate().is_file() && apache.port() != 0);
    }
    if let Some(ftp) = Vsftpd::start_tls().await {
        let mut config = ftp.config();
        config.as_object_mut().expect("an object").remove("no_check_certificate");
        let refused = test("ftps", "ftp", config).await;
        assert!(
            refused["connected"] == false
                && refused["message"].as_str().is_some_and(|text| text.contains("certificate")),
            "{refused}"
        );
        assert!(ftp.certificate().is_file() && ftp.port() != 0);
    }
    if let Some(sshd) = Sshd::start().await
        && let Some(config) = sshd.config_with_password()
    {
        let test = test("nas", "sftp", config).await;
        assert!(test["connected"] == true && sshd.port() != 0, "{test}");
    }
}
