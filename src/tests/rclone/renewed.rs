//! Tokens that renew once: however many use them at once, they are renewed by one rclone at a time, and
//! kept.

use super::{
    super::support::{Rotating, free_port},
    *,
};

/// Everything that leads to the drive `d`, in a house.
async fn house(provider: &Rotating) -> House {
    let over = "[a]\ntype = alias\nremote = d:\n[u]\ntype = union\nupstreams = d: a:x:ro\n[c]\ntype = crypt\nremote = a:\npassword = \
        mrEtxHJaa-cUeIcrPgEO5jXlLhsz7w\n[m]\ntype = combine\nupstreams = x=d: y=u:\n";
    House::with(&(provider.section("d") + over)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_after_the_end_of_a_token_renew_it_once() {
    let provider = Rotating::start(3600);
    let house = house(&provider).await;
    let rclone = &house.rclone;
    let places = ["d:", "a:", "u:", "c:", "m:x", "d:"].map(at);
    let lists = futures::future::join_all(places.iter().map(|place| rclone.list(place)));
    let sizes = futures::future::join_all(places.iter().map(|place| rclone.size(place, Duration::from_secs(60))));
    let names = ["d", "a", "u", "m"].map(name);
    let tests = futures::future::join_all(names.iter().map(|name| rclone.test_saved(name)));
    let dirs = [house.path("run1"), house.path("run2"), house.path("run3")];
    let copy = Transfer {
        operation: Operation::Copy,
        source: at("d:"),
        destination: Some(house.local("to")),
        options: TransferOptions::default(),
    };
    let runs = futures::future::join_all(dirs.iter().map(|dir| rclone.start_run(dir, &copy, None)));
    let (lists, sizes, tests, runs) = tokio::join!(lists, sizes, tests, runs);
    lists.into_iter().for_each(|list| assert!(list.expect("listed").is_empty()));
    sizes.into_iter().for_each(|size| assert_eq!(size.expect("counted").objects, 0));
    tests.into_iter().for_each(|test| assert!(test.as_ref().is_ok_and(|test| test.connected), "{test:?}"));
    runs.into_iter().for_each(|run| run.expect("started"));
    for dir in &dirs {
        until("the run has ended", async || matches!(shim::inspect(dir), Life::Exited(_))).await;
        assert!(matches!(shim::inspect(dir), Life::Exited(exit) if exit.code == Some(0)), "{:?}", shim::inspect(dir));
    }
    assert_eq!((provider.given(), provider.refused()), (1, 0));
    assert!(house.text("rclone.conf").contains("renew-1") && house.text("run/rclone.conf").contains("renew-1"));
    let left = fs::read_dir(house.path("run")).expect("listed").flatten();
    assert_eq!(
        left.filter(|entry| entry.file_name().to_string_lossy().starts_with("token-")).count(),
        0,
        "who renews goes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rclones_that_work_on_when_a_token_ends_find_a_new_one() {
    let provider = Rotating::start(20);
    let house = house(&provider).await;
    house.rclone.list(&at("a:")).await.expect("listed");
    let number = std::env::var("LONGSHORE_SUITE_TOKENS").map_or(4, |number| number.parse().expect("a number"));
    let servers: Vec<_> = (0..number).map(|_| serve(&house.path("run/rclone.conf"))).collect();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let began = provider.given();
    let mut asked = 0;
    until("two more tokens", async || {
        for (_, url) in &servers {
            // It may still be starting.
            if let Ok(answer) = http.get(url).send().await {
                assert_eq!(answer.status(), 200, "{} given, {} refused", provider.given(), provider.refused());
                asked += 1;
            }
        }
        provider.given() >= began + 2
    })
    .await;
    assert_eq!(provider.refused(), 0);
    assert!(asked > 0 && provider.calls() > number);
    eprintln!("tokens: {number} rclones, {asked} listings, {} tokens given, none refused", provider.given());
    servers.into_iter().for_each(|(mut child, _)| {
        child.kill().expect("killed");
        child.wait().expect("gone");
    });
}

/// An rclone that lists the drive whenever it is asked, for as long as it lives.
fn serve(conf: &Path) -> (std::process::Child, String) {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(rclone_path());
    command
        .args(["serve", "http", "d:", "--dir-cache-time=0s", "--poll-interval=0s", "--addr", &address, "--config"])
        .arg(conf);
    let child = command.env_clear().stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("rclone serve");
    (child, format!("http://{address}/"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_keeps_the_token_that_its_test_renewed() {
    let provider = Rotating::start(3600);
    let house = House::new().await;
    let (rclone, config) = (&house.rclone, provider.config());
    for expected in 1..=2 {
        let test = rclone.test_new(OWNER, "hidrive", &config, None).await.expect("tested");
        assert!(test.connected, "{test:?}");
        assert_eq!((provider.given(), provider.refused()), (1, 0), "test {expected}");
    }
    // Something else may be changed between the test and the save.
    let mut changed = config.clone();
    changed.insert("description".to_owned(), "mine".to_owned());
    create(rclone, &name("saved"), "hidrive", &changed).await.expect("created");
    let test = rclone.test_saved(&name("saved")).await.expect("tested");
    assert!(test.connected && house.text("rclone.conf").contains("renew-1"), "{test:?}");
    assert_eq!((provider.given(), provider.refused()), (1, 0));
    let stranger = rclone.test_new("bert", "hidrive", &config, None).await.expect("tested");
    assert!(!stranger.connected, "what was renewed for one is nobody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_nobody_waits_for_keeps_its_token_all_the_same() {
    let provider = Rotating::start(3600);
    let house = House::new().await;
    let (rclone, config) = (house.rclone.clone(), provider.config());
    let test = tokio::spawn(async move { rclone.test_new(OWNER, "hidrive", &config, None).await });
    until("the token is renewed", async || provider.given() == 1).await;
    test.abort();
    until("the draft is gone", async || {
        !fs::read_dir(house.path("run"))
            .expect("listed")
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("draft-"))
    })
    .await;
    create(&house.rclone, &name("saved"), "hidrive", &provider.config()).await.expect("created");
    assert!(house.rclone.test_saved(&name("saved")).await.expect("tested").connected);
    assert_eq!((provider.given(), provider.refused()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_cannot_be_renewed_keeps_nobody_waiting_and_is_told_by_who_uses_it() {
    let provider = Rotating::start(3600);
    let house = House::with(&provider.section("d").replace("renew-0", "spent")).await;
    let before = house.text("rclone.conf");
    let (one, two) = (at("d:"), at("d:"));
    let (one, two) = tokio::join!(house.rclone.list(&one), house.rclone.list(&two));
    assert!(one.is_err() && two.is_err());
    let test = house.rclone.test_saved(&name("d")).await.expect("tested");
    assert!(!test.connected, "{test:?}");
    assert_eq!(house.text("rclone.conf"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_renewed_for_a_console_that_was_killed_is_taken_over_by_the_next() {
    let provider = Rotating::start(3600);
    let dir = tempfile::tempdir().expect("a folder");
    let section = provider.section("d");
    fs::write(dir.path().join("rclone.conf"), &section).expect("written");
    let token = section.lines().find_map(|line| line.strip_prefix("token = ")).expect("a token");
    // Some providers do not tell when a new one expires.
    let renewed =
        r#"{"access_token":"good-1","token_type":"Bearer","refresh_token":"renew-1","expiry":"0001-01-01T00:00:00Z"}"#;
    write(dir.path(), "run/token-0123456789abcdef/rclone.conf", section.replace(token, renewed).as_bytes());
    let base = serde_json::json!({ "name": "d", "token": token });
    write(dir.path(), "run/token-0123456789abcdef/base.json", base.to_string().as_bytes());
    write(dir.path(), "run/token-0123456789abcdef/lock", b"");
    write(dir.path(), "run/token-unused/rclone.conf", section.as_bytes());
    let _rclone = open(dir.path(), rclone_path()).await;
    let master = fs::read_to_string(dir.path().join("rclone.conf")).expect("read");
    assert!(master.contains(renewed), "{master}");
    assert!(!dir.path().join("run/token-0123456789abcdef").exists() && !dir.path().join("run/token-unused").exists());
}
