//! Tests of `config`.

use std::path::Path;

use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Command, String> {
    Cli::try_parse_from(line.split(' ')).map(Cli::command).map_err(|error| error.to_string())
}

fn serve(line: &str) -> Serve {
    match parse(line) {
        Ok(Command::Serve(serve)) => serve,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_command_line_is_sound() {
    <Cli as CommandFactory>::command().debug_assert();
}

#[test]
fn serve_is_what_is_done_when_nothing_is_said() {
    let plain = serve("longshore --listen 127.0.0.1:9 --local-root /a --local-root /b:c");
    assert_eq!((plain.listen.port(), plain.local_roots()), (9, ["/a".into(), "/b:c".into()].as_slice()));
    let named = serve("longshore serve --data-dir /d --public-url HTTPS://Console.example.org:443/");
    assert_eq!(named.paths.database(), Path::new("/d/longshore.db"));
    assert_eq!(named.public_urls(), ["https://console.example.org"]);
    let proxied = serve("longshore --trusted-proxy 10.0.0.0/8,::1 --trusted-proxy 192.0.2.7");
    assert_eq!(
        proxied.trusted_proxies().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.0.0.0/8", "::1/128", "192.0.2.7/32"]
    );
    let several = serve("longshore --public-url http://nas --public-url http://nas.local,http://nas:80");
    assert_eq!(several.public_urls(), ["http://nas", "http://nas.local"]);
    assert!(named.is_https() && !plain.is_https() && named.local_roots().is_empty());
    assert_eq!(serve("longshore").listen.to_string(), "127.0.0.1:8084");
    assert_eq!(serve("longshore").rclone_timeout, Duration::from_secs(300), "what the API promises");
}

#[test]
fn the_environment_names_several_folders_with_colons_and_a_flag_outdoes_it() {
    let env = serve("longshore --local-roots /a:/b");
    assert_eq!(env.local_roots(), ["/a".into(), "/b".into()] as [PathBuf; 2]);
    assert!(serve("longshore --local-roots :").local_roots().is_empty());
    let both = serve("longshore --local-roots /a:/b --local-root /c");
    assert_eq!(both.local_roots(), ["/c".into()] as [PathBuf; 1]);
}

#[test]
fn what_can_not_be_meant_is_refused() {
    for (line, word) in [
        ("longshore --local-root files", "from the root"),
        ("longshore --listen here", "--listen"),
        ("longshore --public-url console.example.org", "https://console.example.org"),
        ("longshore token create --user m --name n --role boss", "viewer"),
        ("longshore --listen 127.0.0.1:9 doctor", "doctor"),
        ("longshore nosuch", "nosuch"),
        ("longshore --trusted-proxy nginx", "10.0.0.0/8"),
        ("longshore --trusted-proxy 0.0.0.0/0", "every client"),
    ] {
        let error = parse(line).expect_err(line);
        assert!(error.contains(word), "{line}: {error}");
    }
}

#[test]
fn all_fixed_commands_are_there_and_know_the_data_directory() {
    for line in [
        "longshore serve --data-dir /d",
        "longshore admin create marianne --data-dir /d",
        "longshore admin --data-dir /d reset marianne",
        "longshore token create --user marianne --name ci --role viewer --expires 7d --data-dir /d",
        "longshore doctor --rclone /usr/bin/rclone --data-dir /d",
        "longshore openapi --data-dir /d",
    ] {
        let dir = match parse(line).expect(line) {
            Command::Serve(serve) => serve.paths.data_dir().to_owned(),
            Command::Doctor(paths) => paths.data_dir().to_owned(),
            Command::Admin { data, .. } | Command::Openapi { data } => data.data_dir,
            Command::Token { command: Token::Create(token) } => token.data.data_dir,
            Command::Shim { .. } => panic!("{line}"),
        };
        assert_eq!(dir, Path::new("/d"), "{line}");
    }
    assert!(matches!(parse("longshore shim /runs/x"), Ok(Command::Shim { dir }) if dir == Path::new("/runs/x")));
    parse("longshore openapi").expect("needs nothing");
    assert!(!<Cli as CommandFactory>::command().render_long_help().to_string().contains("shim"), "it is internal");
}
