//! An `rclone.conf` that somebody else wrote: it is read as rclone reads it, whatever is in it, and stays as it is.

use super::*;

/// Files that a person, an editor or another program may have written, with how many remotes are usable here.
const FILES: [(&[u8], usize); 34] = [
    (b"", 0),
    (b"[a]\ntype = alias\nremote = /\n", 1),
    (b"\xef\xbb\xbf[a]\ntype = alias\n", 1),
    (b"[a]\r\ntype = alias\r\n\r\n[b]\r\ntype=s3\r\n", 2),
    (b"[a]\rtype = alias\r", 0),
    (b"[a]\ntype = alias", 1),
    (b"[a]\ntype = alias\n[a]\ntype = s3\n", 1),
    (b"[a]\ntype = alias\ntype = s3\n", 1),
    (b"[a]\nTYPE = alias\n", 0),
    (b"[a]\nType: alias\ntype: s3\n", 1),
    (b"[a]\n", 0),
    (b"[a]\ntype =\n", 0),
    (b"[a]\ntype\n", 0),
    (b"[]\ntype = alias\n", 0),
    (b"[]\n[a]\ntype = alias\n", 1),
    (b"[ a b ]\ntype = alias\n", 1),
    (b"[\xc2\xa0a\xe3\x80\x80]\ntype\xc2\xa0=\xc2\xa0alias\xc2\xa0\n", 1),
    (b"type = alias\n[a]\ntype = alias\n", 1),
    (b"[a]\ntype = alias\n[DEFAULT]\ntype = s3\n", 1),
    (b"RCLONE_CONFIG_B_TYPE = alias\n[a]\ntype = alias\n", 1),
    (b"[a]\ntype = alias # mine\n", 0),
    (b"[a]\ntype = \"alias\"\n", 0),
    (b"[a]\ntype = `alias`\n", 1),
    (b"[a]\ntype = \"\"\"alias\"\"\" ; x\n", 1),
    (b"[a]\n\"type\" = alias\n[b]\n`type` : s3\n", 2),
    (b"[a]\ntype = `alias\n", 0),
    (b"[a]\ntype = ali\n  as\n", 0),
    (b"[a]\ntype = ali\\\n[b]\ntype = s3\n", 1),
    (b"[a]\ntype = %(kind)s\nkind = alias\n", 1),
    (b"kind = s3\n[a]\ntype = %(kind)s\nkind = alias\n", 1),
    (b"[a]\ntype = alias\n[a.b]\nx = 1\n[c.d]\nx = 1\n", 2),
    (b"[a]\ntype = alias\nuser = \xe9\n[b]\ntype = s3\n; \xff\n", 1),
    (b"[local]\ntype = alias\n[a:b]\ntype = s3\n[-dash]\ntype = s3\n[..]\ntype = s3\n[x]y=[z]\ntype = s3\n[A]\ntype = s3\n", 1),
    (b"include = /etc/other.conf\n[a]\ntype = alias\n@include b\n", 0),
];

/// What the real program says of a file: `None` when it reads nothing.
fn real(file: &Path, command: &str) -> Option<String> {
    let output = Command::new(rclone_path()).args(["config", command, "--config"]).arg(file).output().expect("run");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_section_is_read_as_rclone_reads_it_or_named_with_the_reason() {
    let dir = tempfile::tempdir().expect("a folder");
    for (number, (text, usable)) in FILES.into_iter().enumerate() {
        let (shown, data) = (String::from_utf8_lossy(text).into_owned(), dir.path().join(number.to_string()));
        fs::create_dir(&data).expect("made");
        let file = data.join("rclone.conf");
        fs::write(&file, text).expect("written");
        let Some(dump) = real(&file, "dump") else {
            let error = Rclone::open(config(&data)).await.expect_err(&shown).to_string();
            assert!(error.contains("line "), "{shown:?}: {error}");
            assert_eq!(fs::read(&file).expect("read"), text, "{shown:?}");
            continue;
        };
        let dump: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&dump).expect("JSON");
        let rclone = Rclone::open(config(&data)).await.expect(&shown);
        until("rclone is there", async || rclone.providers().await.is_ok()).await;
        let unusable = rclone.unusable().await.expect("read");
        let remotes = rclone.remotes().await.expect("read");
        assert_eq!(remotes.len(), usable, "{shown:?}: {unusable:?}");
        let mut kinds: BTreeMap<String, String> =
            remotes.into_iter().map(|remote| (remote.name.to_string(), remote.kind)).collect();
        kinds.extend(unusable.into_iter().map(|section| (section.name, section.kind)));
        for (name, options) in dump {
            // What is no remote to rclone, and was not meant to be one, needs no word.
            let silent = name == "DEFAULT" && !options.contains_key("type");
            assert_eq!(kinds.contains_key(&name), !silent, "{shown:?}: {name}");
            if let Some(kind) = options.get("type") {
                assert_eq!(kinds.get(&name), Some(kind), "{shown:?}: {name}");
            }
        }
        assert_eq!(fs::read(&file).expect("read"), text, "{shown:?}: untouched");
        drop(rclone);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_in_the_file_stays_byte_for_byte_when_remotes_come_and_go() {
    let text = b"\xef\xbb\xbf; mine\r\n[-dash]\r\nTYPE = s3\r\n\r\n[odd]\r\ntype = s3\r\nuser = \xe9\r\n[]\r\n[a]\r\ntype = alias\r\nremote = /srv\r\n# end".to_vec();
    let house = House::with_bytes(&text).await;
    create(&house.rclone, &name("new"), "alias", &options(&[("remote", "/")])).await.expect("created");
    house.rclone.delete(&name("new")).await.expect("deleted").commit();
    let left = fs::read(house.path("rclone.conf")).expect("read");
    assert!(left.starts_with(&text), "{}", String::from_utf8_lossy(&left));
    assert_eq!(left[text.len()..].trim_ascii(), b"");
    assert_eq!(fs::read(house.path("run/rclone.conf")).expect("read"), left, "rclone gets what is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_remote_does_not_share_options_with_another_one_by_its_name() {
    let house = House::with("[nas]\ntype = alias\nremote = /srv\n\n[old.backup]\ntype = alias\nremote = /\n").await;
    let config = options(&[("remote", "/")]);
    for bad in ["nas.backup", "old"] {
        let error = create(&house.rclone, &name(bad), "alias", &config).await.expect_err(bad);
        assert!(
            matches!(&error, RcloneError::Invalid { fields, .. } if fields.contains_key("name")),
            "{bad}: {error:?}"
        );
    }
    for good in ["nas.backup.old", "backup.nas", "n.b"] {
        create(&house.rclone, &name(good), "alias", &config).await.expect(good);
    }
    assert_eq!(house.rclone.heir(&name("old")).await.expect("read").as_deref(), Some("old.backup"));
    assert_eq!(house.rclone.heir(&name("nas")).await.expect("read"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_kept_exactly_or_refused_by_its_field() {
    let house = House::new().await;
    for (number, value) in
        [" v", "v ", "v\u{a0}", "\u{3000}v", "v\u{2009}", "v\u{85}", "v\t", " ", "v\u{2028}"].into_iter().enumerate()
    {
        let secret = options(&[
            ("provider", "Other"),
            ("endpoint", "http://127.0.0.1:1"),
            ("access_key_id", "k"),
            ("secret_access_key", value),
        ]);
        let error = create(&house.rclone, &name(&format!("s{number}")), "s3", &secret).await.expect_err(value);
        assert!(
            matches!(&error, RcloneError::Invalid { fields, .. } if fields.contains_key("secret_access_key")),
            "{value:?}: {error:?}"
        );
        if !value.contains(char::is_control) {
            let password = options(&[("url", "http://127.0.0.1:1"), ("user", "u"), ("pass", value)]);
            create(&house.rclone, &name(&format!("p{number}")), "webdav", &password).await.expect(value);
            let text = house.text("rclone.conf");
            let kept = text.lines().rev().find_map(|line| line.strip_prefix("pass = ")).expect("a password");
            let revealed =
                Command::new(rclone_path()).args(["reveal", "--config", "", "--", kept]).output().expect("run").stdout;
            assert_eq!(String::from_utf8_lossy(&revealed), format!("{value}\n"));
        }
    }
}
