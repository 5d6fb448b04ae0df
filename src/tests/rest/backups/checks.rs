//! The check of a connection: right, wrong, and nobody there, each in words, in time, and without the secret.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{call, configure};
use crate::support::{Console, Mute, Peer, S3, free_port};

/// How long a check may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The same options with others in place of some.
fn with(config: &Value, others: &[(&str, Value)]) -> Value {
    let mut config = config.clone();
    for (option, value) in others {
        config[*option] = value.clone();
    }
    config
}

#[tokio::test]
async fn a_connection_is_checked_in_words_in_time_and_without_the_secret() {
    let (console, s3) = (Console::start(), S3::start());
    let (webdav, sftp) = tokio::join!(Peer::start("webdav"), Peer::start("sftp"));
    // Nobody listens there.
    let closed = free_port();
    // And here somebody does, and never says a word.
    let silent = Mute::start();
    let mute = silent.port();
    let url = |port: u16| json!(format!("http://127.0.0.1:{port}"));
    let wrong = json!("wr0ng-canary-51aa");
    let (s3, webdav, sftp) = (s3.config(), webdav.config("webdav"), sftp.config("sftp"));
    let remotes = [
        ("s3", "right", s3.clone()),
        ("s3", "wrong", with(&s3, &[("secret_access_key", wrong.clone())])),
        ("s3", "closed", with(&s3, &[("endpoint", url(closed))])),
        ("s3", "mute", with(&s3, &[("endpoint", url(mute))])),
        ("webdav", "right", webdav.clone()),
        ("webdav", "wrong", with(&webdav, &[("pass", wrong.clone())])),
        ("webdav", "closed", with(&webdav, &[("url", url(closed))])),
        ("webdav", "mute", with(&webdav, &[("url", url(mute))])),
        ("sftp", "right", sftp.clone()),
        ("sftp", "wrong", with(&sftp, &[("pass", wrong)])),
        ("sftp", "closed", with(&sftp, &[("port", json!(closed))])),
        ("sftp", "mute", with(&sftp, &[("port", json!(mute))])),
    ];
    for (kind, case, config) in &remotes {
        configure(&console, &format!("{kind}-{case}"), kind, config.clone()).await;
    }
    let secrets: Vec<_> = remotes
        .iter()
        .filter_map(|(kind, _, config)| config[if *kind == "s3" { "secret_access_key" } else { "pass" }].as_str())
        .collect();
    let check = async |(kind, case, _): &(&str, &str, Value)| {
        let (name, began) = (format!("{kind}-{case}"), Instant::now());
        let check = call(&console, &format!("check?remote_name={name}"), json!({}), StatusCode::OK).await;
        let (took, message) = (began.elapsed(), check["message"].as_str().expect("words"));
        assert_eq!((&check["remote"], &check["connected"]), (&json!(name), &json!(*case == "right")), "{check}");
        assert!(took < LIMIT + Duration::from_secs(2), "{name} took {took:?}");
        assert!(message.contains(' ') && message.starts_with(char::is_uppercase), "{name}: {message}");
        assert!(!secrets.iter().any(|secret| check.to_string().contains(secret)), "{name}: {check}");
        let clue: &[&str] = match *case {
            "right" => &["Connected in"],
            "wrong" => &["403", "401", "refused", "password", "denied"],
            "closed" => &["refused", "Nobody", "reach"],
            _ => &["No answer", "time", "respond"],
        };
        assert!(clue.iter().any(|clue| message.contains(clue)), "{name}: {message}");
    };
    join_all(remotes.iter().map(check)).await;
    drop(silent);
}
