//! Options of remotes: which may be set, and which never.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn options_that_run_programs_or_read_files_are_refused() {
    let house = House::new().await;
    let canary = house.path("canary");
    let run = format!("touch {}", canary.display());
    let host = ("host", "h");
    for (provider, config, field) in [
        ("sftp", options(&[host, ("ssh", &run)]), "ssh"),
        ("sftp", options(&[host, ("key_file", "/etc/passwd")]), "key_file"),
        ("sftp", options(&[host, ("server_command", &run)]), "server_command"),
        ("sftp", options(&[host, ("md5sum_command", &run)]), "md5sum_command"),
        ("sftp", options(&[host, ("user", "u\nssh = touch x")]), "user"),
        ("sftp", options(&[host, ("override.metadata_mapper", &run)]), "override.metadata_mapper"),
        ("s3", options(&[("global.metadata_mapper", &run)]), "global.metadata_mapper"),
        ("s3", options(&[("shared_credentials_file", "/etc/passwd")]), "shared_credentials_file"),
        ("webdav", options(&[("url", "http://127.0.0.1:1"), ("bearer_token_command", &run)]), "bearer_token_command"),
        ("webdav", options(&[("url", "http://127.0.0.1:1"), ("unix_socket", "/run/x")]), "unix_socket"),
        ("drive", options(&[("service_account_file", "/etc/passwd")]), "service_account_file"),
        ("azureblob", options(&[("use_az", "true")]), "use_az"),
        ("local", options(&[("links", "true")]), "links"),
        ("local", options(&[("copy_links", "true")]), "copy_links"),
        ("local", options(&[("encoding", "None")]), "encoding"),
        ("archive", options(&[]), "remote"),
        ("dropbox", options(&[("config_is_local", "true")]), "config_is_local"),
        ("dropbox", options(&[]), "token"),
        ("dropbox", options(&[("token", "garbage")]), "token"),
        ("alias", options(&[("remote", &format!(":sftp,ssh=\"{run}\":"))]), "remote"),
        ("union", options(&[("upstreams", &format!("/srv \":sftp,ssh='{run}':\""))]), "upstreams"),
        ("combine", options(&[("upstreams", &format!("a=/srv \"b=:sftp,ssh='{run}':\""))]), "upstreams"),
        ("alias", options(&[]), "remote"),
        ("nosuch", options(&[]), "provider"),
        ("tardigrade", options(&[]), "provider"),
    ] {
        for result in [
            house.rclone.test_new(OWNER, provider, &config, None).await.map(|_| ()),
            create(&house.rclone, &name("x"), provider, &config).await,
        ] {
            let Err(RcloneError::Invalid { fields, .. }) = result else { panic!("{provider} {config:?}: {result:?}") };
            assert_eq!(fields.into_keys().collect::<Vec<_>>(), [field]);
        }
    }
    assert!(!canary.exists() && house.text("rclone.conf").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_option_of_rclone_was_looked_at_and_no_dangerous_one_is_offered() {
    /// Offered although its name or its help looks dangerous, and why.
    const HARMLESS: [(&str, &str); 12] = [
        // The remote that is wrapped, or its path: read and followed by us.
        ("alias", "remote"),
        // Paths, names of files and the kind of shell on the other side.
        ("mailru", "speedup_file_patterns"),
        ("sftp", "path_override"),
        ("sftp", "shell_type"),
        // It is pasted.
        ("sftp", "key_pem"),
        // Its files lie beside those that it splits.
        ("chunker", "meta_format"),
        // Their help speaks of commands of rclone, or of its command line.
        ("filen", "api_key"),
        ("onedrive", "link_password"),
        ("onedrive", "link_scope"),
        ("onedrive", "link_type"),
        ("pcloud", "username"),
        ("pikpak", "user_agent"),
    ];
    /// Words of names.
    const NAMES: [&str; 16] = [
        "command", "exec", "program", "script", "shell", "ssh", "file", "files", "path", "dir", "socket", "profile",
        "cache", "ccache", "mapper", "db",
    ];
    /// Words of help.
    const HELP: [&str; 8] =
        ["path to", "command", "execute", "file containing", "json file", "local file", "ssh-agent", "~/"];
    /// What no pattern tells by its name, and is never offered.
    const NEVER: [&str; 8] =
        ["ask_password", "copy_links", "debug", "key_use_agent", "links", "sdk_log_mode", "set_env", "use_az"];
    let house = House::new().await;
    assert_eq!(house.rclone.unreviewed_options().await.expect("compared"), [""; 0]);
    let providers = house.rclone.providers().await.expect("providers");
    assert_eq!(providers.len(), 68);
    let of_server: Vec<_> = providers
        .iter()
        .filter(|provider| provider.options.iter().any(|option| option.name == "env_auth"))
        .map(|provider| provider.name.as_str())
        .collect();
    assert_eq!(of_server, ["s3", "drive", "google cloud storage"], "who may use the identity of this server");
    let mut found = Vec::new();
    for provider in providers.iter() {
        for option in &provider.options {
            let name = option.name.as_str();
            assert!(
                !NEVER.contains(&name) && !name.ends_with("_command") && !name.ends_with("_file"),
                "{}.{name}",
                provider.name
            );
            // A yes or no, a number, a password and one of a few can name no program and no file.
            let free = matches!(option.kind, OptionKind::Text | OptionKind::Json) && !option.exclusive;
            let help = option.help.to_lowercase();
            let looks =
                name.split('_').any(|word| NAMES.contains(&word)) || HELP.iter().any(|word| help.contains(word));
            if free && looks && !HARMLESS.contains(&(&provider.name, name)) {
                found.push(format!("{}.{name}", provider.name));
            }
        }
    }
    assert_eq!(found, [""; 0]);
    for (kind, option) in HARMLESS {
        let provider = providers.iter().find(|provider| provider.name == kind).expect(kind);
        assert!(provider.options.iter().any(|one| one.name == option), "{kind}.{option} is no exception any more");
    }
    let secrets = |kind: &str| -> Vec<_> {
        let options = providers.iter().filter(|provider| provider.name == kind).flat_map(|provider| &provider.options);
        options.filter(|option| option.secret).map(|option| option.name.as_str()).collect()
    };
    assert_eq!(secrets("sftp"), ["pass", "key_pem", "key_file_pass"]);
    assert_eq!(secrets("webdav"), ["pass", "bearer_token", "headers"]);
    assert_eq!(secrets("dropbox"), ["client_secret", "token"]);
    let weak: Vec<_> =
        providers.iter().flat_map(|provider| &provider.options).filter(|option| option.weakens).collect();
    assert!(weak.iter().any(|option| option.name == "no_check_certificate") && weak.len() < 10);
}
