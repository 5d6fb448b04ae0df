//! Tokens that a provider renews: rclone notes the new one in the working copy, and the master takes it over.

use std::{
    net::TcpListener,
    sync::{Arc, atomic::AtomicUsize},
};

use super::*;

/// Gives a token to everybody who asks, each time another one.
struct Provider {
    token_url: String,
    given: Arc<AtomicUsize>,
}

impl Provider {
    /// What it gives is good for so many seconds.
    fn start(expires_in: u32) -> Self {
        let server = TcpListener::bind("127.0.0.1:0").expect("bound");
        let token_url = format!("http://{}/token", server.local_addr().expect("an address"));
        let given = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&given);
        std::thread::spawn(move || {
            for mut stream in server.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().expect("cloned"));
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                    line.clear();
                }
                let n = counter.fetch_add(1, Ordering::SeqCst) + 1;
                let body = serde_json::json!({
                    "access_token": format!("fresh-{n}"), "token_type": "bearer", "refresh_token": format!("next-{n}"), "expires_in": expires_in,
                });
                let body = body.to_string();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { token_url, given }
    }

    fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
}

/// A house whose remote `d` has a token of this provider that has expired.
async fn signed_in(provider: &Provider) -> House {
    let token_url = &provider.token_url;
    House::with(&format!(
        "[d]\ntype = dropbox\nclient_id = x\nclient_secret = y\nauth_url = {token_url}\ntoken_url = {token_url}\ntoken = {}\n\n[a]\ntype = alias\nremote = /\n",
        r#"{"access_token":"stale","token_type":"bearer","refresh_token":"first","expiry":"2020-01-01T00:00:00Z"}"#
    ))
    .await
}

/// What a run would do. It gets no further than the token: the proxy is closed.
fn use_it(working: &Path) -> std::process::Child {
    Command::new(rclone_path())
        .args(["lsf", "d:", "--contimeout=3s", "--retries=1", "--low-level-retries=1", "--config"])
        .arg(working)
        .env_clear()
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .stderr(Stdio::null())
        .spawn()
        .expect("run")
}

/// When the token in this configuration expires: text that sorts by time, for all are of one zone.
fn expiry(conf: &str) -> Option<String> {
    let token = conf.lines().find_map(|line| line.strip_prefix("token = "))?;
    Some(serde_json::from_str::<serde_json::Value>(token).ok()?["expiry"].as_str()?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mangled_working_copy_is_healed_and_a_newer_token_is_taken_back() {
    let provider = Provider::start(3600);
    let house = signed_in(&provider).await;
    let working = house.path("run/rclone.conf");
    assert!(!use_it(&working).wait().expect("run").success(), "the proxy is closed");
    until("the token", async || house.text("rclone.conf").contains("\"next-1\"")).await;
    fs::write(&working, "[a]\ntype = al").expect("written");
    assert!(house.rclone.test_saved(&name("a")).await.expect("tested").connected, "healed before it is used");
    assert_eq!(house.text("run/rclone.conf"), house.text("rclone.conf"));
    assert!(house.text("rclone.conf").contains("\"fresh-1\""));
    house.rclone.list(&at("a:etc")).await.expect("listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_renew_a_token_at_once_none_takes_a_newer_one_from_the_master() {
    // So short that nobody trusts it: each asks for a new one.
    let provider = Provider::start(5);
    let house = signed_in(&provider).await;
    let working = house.path("run/rclone.conf");
    let rounds =
        std::env::var("LONGSHORE_SUITE_TOKENS").map_or(1, |number| number.parse::<usize>().expect("a number") / 10);
    let mut newest = String::new();
    for round in 0..rounds {
        let before = provider.given();
        let mut children: Vec<_> = (0..10).map(|_| use_it(&working)).collect();
        // Two of them are killed while others write: sometimes before they asked, sometimes when they have the answer.
        until("tokens are given", async || provider.given() >= before + 5).await;
        children.iter_mut().take(2).for_each(|child| kill(child.id().cast_signed()));
        children.iter_mut().for_each(|child| _ = child.wait().expect("gone"));
        // What the last of them left is whole, or is made whole, and the master has what is newest.
        until("the master has the newest token", async || {
            let (master, working) = (expiry(&house.text("rclone.conf")), expiry(&house.text("run/rclone.conf")));
            master.is_some() && working.is_some() && master >= working && master > Some(newest.clone())
        })
        .await;
        newest = expiry(&house.text("rclone.conf")).expect("a token");
        assert!(house.text("rclone.conf").contains("[a]\ntype = alias"), "round {round}: nothing else is lost");
    }
    eprintln!(
        "tokens: {} given, {rounds} rounds of ten, two of each killed; the master had the newest each time",
        provider.given()
    );
}
