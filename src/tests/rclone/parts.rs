//! What a test of a remote asks, and what a mount is before it is called one: nothing is said that nobody answered.

use super::{super::support::Mute, *};

const DEAD: &str = "[dead]\ntype = webdav\nurl = http://127.0.0.1:1\nvendor = other\n\n";

/// The message of a test that must not have connected.
async fn refused(house: &House, remote: &str) -> String {
    let test = house.rclone.test_saved(&name(remote)).await.expect("tested");
    assert!(!test.connected, "{remote}: {test:?}");
    test.message
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_is_put_together_is_connected_when_all_its_parts_are() {
    let over = "[good]\ntype = alias\nremote = /\n\n[c]\ntype = combine\nupstreams = a=good: b=dead:x\n\n[u]\ntype = union\nupstreams = good: dead:\n\n\
        [ac]\ntype = alias\nremote = c:\n\n[eu]\ntype = crypt\nremote = u:\npassword = mrEtxHJaa-cUeIcrPgEO5jXlLhsz7w\n\n\
        [cc]\ntype = combine\nupstreams = x=c: y=good:\n\n[all]\ntype = combine\nupstreams = a=good: b=/\n\n[gone]\ntype = union\nupstreams = good: /nosuch/folder\n\n";
    let house = House::with(&format!("{DEAD}{over}")).await;
    for remote in ["c", "u", "ac", "eu", "cc"] {
        let message = refused(&house, remote).await;
        assert!(message.contains("dead:") && message.contains("refused the connection"), "{remote}: {message}");
    }
    assert!(refused(&house, "gone").await.contains("/nosuch/folder The folder does not exist."));
    let all = house.rclone.test_saved(&name("all")).await.expect("tested");
    assert!(all.connected && all.message.ends_with("2 entries; all 2 parts answered"), "{all:?}");
    for (provider, option, value) in
        [("combine", "upstreams", "a=good: b=dead:"), ("union", "upstreams", "good: dead:"), ("alias", "remote", "c:")]
    {
        let test = house.rclone.test_new(OWNER, provider, &options(&[(option, value)]), None).await.expect("tested");
        assert!(!test.connected && test.message.contains("dead:"), "{provider}: {test:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_rclone_makes_up_is_no_answer() {
    let token =
        r#"{"access_token":"made-up","token_type":"Bearer","refresh_token":"x","expiry":"2099-01-01T00:00:00Z"}"#;
    let house = House::with(&format!(
        "[photos]\ntype = google photos\ntoken = {token}\n\n[by]\ntype = alias\nremote = photos:\n\n[in]\ntype = combine\nupstreams = p=photos: l=/\n\n\
         [ia]\ntype = internetarchive\naccess_key_id = x\nsecret_access_key = y\n\n[ai]\ntype = alias\nremote = ia:\n\n[ui]\ntype = union\nupstreams = ia: /\n"
    ))
    .await;
    for remote in ["photos", "by", "in"] {
        refused(&house, remote).await;
    }
    for remote in ["ia", "ui"] {
        let message = refused(&house, remote).await;
        assert!(message.contains("Nothing was asked"), "{remote}: {message}");
    }
}

/// Two encrypting remotes over one folder, the second with another password, and what lies there.
async fn two_passwords() -> House {
    let house = House::new().await;
    let vault = house.path("vault");
    fs::create_dir(&vault).expect("made");
    let vault = vault.to_str().expect("UTF-8");
    for (remote, password) in [("right", "one"), ("wrong", "two")] {
        create(&house.rclone, &name(remote), "crypt", &options(&[("remote", vault), ("password", password)]))
            .await
            .expect("created");
    }
    create(&house.rclone, &name("over"), "alias", &options(&[("remote", "wrong:")])).await.expect("created");
    house
}

fn put(house: &House, target: &str) {
    write(house.dir.path(), "from/x", b"content");
    let mut command = Command::new(rclone_path());
    command.arg("copyto").arg(house.path("from/x")).arg(target).arg("--config").arg(house.path("run/rclone.conf"));
    assert!(command.stderr(Stdio::null()).status().expect("run").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_another_password_encrypted_are_counted_and_told() {
    let house = two_passwords().await;
    let empty = house.rclone.test_saved(&name("right")).await.expect("tested");
    assert!(empty.connected && empty.message.contains("was not tried"), "{empty:?}");
    for file in ["a.txt", "b.txt", "folder/c.txt"] {
        put(&house, &format!("right:{file}"));
    }
    let right = house.rclone.test_saved(&name("right")).await.expect("tested");
    assert!(right.connected && right.message.ends_with(", 3 entries"), "{right:?}");
    for remote in ["wrong", "over"] {
        let test = house.rclone.test_saved(&name(remote)).await.expect("tested");
        let words = "It answers, but 3 names cannot be decrypted, and there are no others: the password or salt is not the one they were encrypted with";
        assert!(test.message.starts_with(words), "{remote}: {test:?}");
        assert_eq!((test.connected, test.undecryptable), (false, 3), "{remote}: {test:?}");
    }
    let vault = house.path("vault");
    let config = options(&[("remote", vault.to_str().expect("UTF-8")), ("password", "one"), ("password2", "salt")]);
    let salted = house.rclone.test_new(OWNER, "crypt", &config, None).await.expect("tested");
    assert!(!salted.connected && salted.message.contains("3 names cannot be decrypted"), "{salted:?}");
    put(&house, "wrong:d.txt");
    let mixed = house.rclone.test_saved(&name("wrong")).await.expect("tested");
    assert_eq!(mixed.undecryptable, 3, "{mixed:?}");
    assert!(mixed.connected && mixed.message.contains("1 entry, but 3 names cannot be decrypted"), "{mixed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_never_answers_ends_a_test_in_time() {
    let mute = Mute::start();
    let conf = format!(
        "[mute]\ntype = webdav\nurl = {}\nvendor = other\n\n[u]\ntype = union\nupstreams = / mute:\n",
        mute.url()
    );
    let house = House::with(&conf).await;
    let began = Instant::now();
    assert!(refused(&house, "u").await.contains("mute:"));
    assert!(began.elapsed() < Duration::from_secs(45), "{:?}", began.elapsed());
}
