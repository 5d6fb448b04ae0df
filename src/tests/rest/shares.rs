//! A fair share: what one person, or one address, does never keeps the others out. Each flood is larger than all the
//! places there are, or than those of an address; the floods of the field are in `docs/security.md` with their figures.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use futures::future::join_all;
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::support::{Console, expect, sign_in, until};

/// How long somebody else may wait at the very most: less than the clock of a body, by which a flood of slow ones ends
/// by itself.
const PATIENCE: Duration = Duration::from_secs(9);
/// Connections of one address; places in all.
const PER_ADDRESS: usize = 256;
const PLACES: usize = 512;
/// Requests of one person at once, and their event streams.
const REQUESTS: usize = 64;
const STREAMS: usize = 8;

/// A connection from this address of the machine, on which `text` was sent.
async fn connect(console: &Console, from: [u8; 4], text: &str) -> TcpStream {
    let to = console.origin().strip_prefix("http://").expect("an address").parse().expect("an address");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::from(from), 0).into()).expect("an address of this machine");
    let mut stream = timeout(PATIENCE, socket.connect(to)).await.expect("in time").expect("connects");
    let _ = stream.write_all(text.as_bytes()).await;
    stream
}

/// Somebody who comes new, from this address: what they hear.
async fn answer(console: &Console, from: [u8; 4], path: &str, token: Option<&str>) -> String {
    let host = console.origin().strip_prefix("http://").expect("an address");
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{authorization}connection: close\r\n\r\n");
    let mut stream = connect(console, from, &request).await;
    let mut heard = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut heard)).await.expect("an answer in time");
    String::from_utf8_lossy(&heard).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

/// A request whose body stops after four bytes.
fn slow_body(console: &Console, path: &str, token: Option<&str>) -> String {
    let origin = console.origin();
    let host = origin.strip_prefix("http://").expect("an address");
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n{authorization}content-type: application/json\r\ncontent-length: 99\r\n\r\n{{\"a\""
    )
}

/// Whether the other side has closed it.
fn is_closed(stream: &TcpStream) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match stream.try_read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

/// Whether a stream of events goes on.
async fn goes_on(stream: &mut Response) -> bool {
    loop {
        match timeout(Duration::from_millis(1), stream.chunk()).await {
            Err(_) => return true,
            Ok(Ok(Some(_))) => {}
            Ok(_) => return false,
        }
    }
}

#[tokio::test]
async fn floods_of_strangers_keep_nobody_out() {
    let console = Console::start();
    let host = console.origin().strip_prefix("http://").expect("an address").to_owned();
    let session = sign_in(&console).await;
    let floods = [
        ("silent sockets", String::new()),
        ("half a head", format!("GET / HTTP/1.1\r\nhost: {host}\r\nx-slow: ")),
        ("slow bodies for the sign-in", slow_body(&console, "/api/fn/sessions/create", None)),
        ("slow bodies for what needs a session", slow_body(&console, "/api/v1/runs", None)),
        ("slow bodies with a token that is none", slow_body(&console, "/api/v1/runs", Some("lsh_none"))),
        ("slow bodies for nothing that is there", slow_body(&console, "/no/such/thing", None)),
        ("answered and idle", format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\n")),
    ];
    for (name, text) in floods {
        // More than one address may have, and more than there are places for all.
        let flood =
            (0..PLACES + 88).map(|n| connect(&console, [127, 0, 9, u8::try_from(n % 3 + 1).expect("small")], &text));
        let flood = join_all(flood).await;
        for from in [[127, 0, 9, 1], [127, 0, 0, 1], [127, 0, 0, 2]] {
            assert_eq!(status(&answer(&console, from, "/healthz", None).await), "200", "{name} from {from:?}");
            assert_eq!(status(&answer(&console, from, "/login", None).await), "200", "{name} from {from:?}");
            assert_eq!(
                status(&answer(&console, from, "/api/v1/runs", Some(console.token())).await),
                "200",
                "{name} from {from:?}"
            );
        }
        assert!(console.me(&session).await.is_some(), "{name}");
        until("what is beyond the places is closed", async || {
            let open = flood.iter().filter(|stream| !is_closed(stream)).count();
            (open <= PLACES).then_some(())
        })
        .await;
    }
}

/// The figures of `docs/security.md`, by hand: floods from one address that open again at once what is closed, for as
/// many seconds as `LONGSHORE_SUITE_FLOODS` says, and how somebody at another address is answered meanwhile.
#[tokio::test]
#[ignore = "figures, by hand"]
async fn floods_that_come_again_at_once_keep_nobody_at_another_address_out() {
    let seconds = std::env::var("LONGSHORE_SUITE_FLOODS").map_or(15, |seconds| seconds.parse().expect("a number"));
    let console = Console::start();
    console.person("vera", "viewer").await;
    let viewer = console.token_of("vera", "viewer");
    let host = console.origin().strip_prefix("http://").expect("an address").to_owned();
    let stream = format!("GET /api/v1/events HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {viewer}\r\n\r\n");
    let floods = [
        ("620 event streams of a viewer", 620, stream),
        ("520 slow bodies of nobody", 520, slow_body(&console, "/api/fn/sessions/create", None)),
        ("520 slow bodies of a viewer", 520, slow_body(&console, "/api/v1/runs", Some(&viewer))),
        ("1,500 silent sockets", 1500, String::new()),
        ("2,000 half heads", 2000, format!("GET / HTTP/1.1\r\nhost: {host}\r\nx-slow: ")),
    ];
    for (name, count, text) in floods {
        let again = async || loop {
            let mut stream = connect(&console, [127, 0, 9, 1], &text).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        };
        let flood = join_all((0..count).map(|_| again()));
        let (mut times, mut refused) = (Vec::new(), 0);
        let others = async {
            let began = Instant::now();
            while began.elapsed() < Duration::from_secs(seconds) {
                for (path, token) in [("/healthz", None), ("/login", None), ("/api/v1/runs", Some(console.token()))] {
                    let asked = Instant::now();
                    let answer = answer(&console, [127, 0, 0, 2], path, token).await;
                    refused += usize::from(status(&answer) != "200");
                    times.push(asked.elapsed());
                }
            }
        };
        tokio::select! {
            _ = flood => unreachable!("it never ends"),
            () = others => {}
        }
        times.sort_unstable();
        let (median, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        eprintln!("{name}: {} requests, {refused} refused, median {median:.0?}, p99 {p99:.0?}", times.len());
        assert_eq!(refused, 0, "{name}");
    }
}

#[tokio::test]
async fn one_address_never_has_all_places() {
    let console = Console::start();
    let text = slow_body(&console, "/api/fn/sessions/create", None);
    let mut mine = console.request(Method::GET, "/api/v1/events").send().await.expect("a stream");
    mine.chunk().await.expect("a piece").expect("a snapshot");
    let flood = join_all((0..PER_ADDRESS + 100).map(|_| connect(&console, [127, 0, 9, 1], &text))).await;
    until("the oldest of the flood gave way", async || {
        let open = flood.iter().filter(|stream| !is_closed(stream)).count();
        (open <= PER_ADDRESS).then_some(())
    })
    .await;
    assert!(goes_on(&mut mine).await, "somebody else was cut off for it");
}

#[tokio::test]
async fn one_viewer_with_hundreds_of_streams_has_eight_and_the_oldest_say_why_they_end() {
    let console = Console::start();
    let vera = console.person("vera", "viewer").await;
    let token = console.token_of("vera", "viewer");
    let mut other = console.request(Method::GET, "/api/v1/events").send().await.expect("a stream");
    other.chunk().await.expect("a piece").expect("a snapshot");
    let host = console.origin().strip_prefix("http://").expect("an address");
    let request = format!(
        "GET /api/v1/events HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    let count = 620;
    let mut streams = Vec::new();
    for n in 0..count {
        let mut stream = connect(&console, [127, 0, 9, u8::try_from(n % 4 + 1).expect("small")], &request).await;
        // It has begun: so the streams are in the order in which they were opened.
        let mut first = [0; 1];
        timeout(PATIENCE, stream.read_exact(&mut first)).await.expect("in time").expect("a stream");
        streams.push(stream);
    }
    let newest = streams.split_off(count - STREAMS);
    for mut stream in streams {
        let mut heard = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut heard)).await.expect("it ends").expect("text");
        assert!(heard.contains("\"type\":\"replaced\"") && heard.contains("newer ones"), "{heard}");
    }
    assert!(newest.iter().all(|stream| !is_closed(stream)), "the newest go on");
    assert_eq!(status(&answer(&console, [127, 0, 9, 1], "/healthz", None).await), "200");
    console.patch(&format!("/api/v1/users/{vera}"), &json!({ "disabled": true }), StatusCode::OK).await;
    assert!(goes_on(&mut other).await, "the stream of somebody else");
}

#[tokio::test]
async fn one_person_has_so_many_requests_at_once_and_the_others_do_not_notice() {
    let console = Console::start();
    for role in ["operator", "viewer"] {
        console.person(role, role).await;
        let token = console.token_of(role, role);
        let text = slow_body(&console, "/api/v1/runs", Some(&token));
        let mut flood = join_all((0..REQUESTS).map(|_| connect(&console, [127, 0, 9, 1], &text))).await;
        for _ in 0..3 {
            let refused = until("one too many is refused", async || {
                let answer =
                    console.anonymous(Method::GET, "/api/v1/runs").bearer_auth(&token).send().await.expect("an answer");
                if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                    return Some(answer);
                }
                // What is asked here takes a place for a moment, and one of the flood may have been refused for it.
                flood.push(connect(&console, [127, 0, 9, 1], &text).await);
                None
            })
            .await;
            assert_eq!(refused.headers()["retry-after"], "1");
            let error = expect(refused, StatusCode::TOO_MANY_REQUESTS).await;
            assert!(
                error["message"].as_str().is_some_and(|message| message.contains("64 requests of yours")),
                "{error}"
            );
        }
    }
    console.get("/api/v1/runs", StatusCode::OK).await;
    assert_eq!(status(&answer(&console, [127, 0, 9, 1], "/login", None).await), "200");
}

#[tokio::test]
async fn people_who_are_signed_in_can_take_all_places_and_still_there_is_one_for_another_and_for_health() {
    let console = Console::start();
    let mut tokens = Vec::new();
    // One more than there are places for: what is cut off before it is known whose it is is made up for.
    for n in 0..=PLACES / REQUESTS {
        let name = format!("person{n}");
        console.person(&name, "viewer").await;
        tokens.push(console.token_of(&name, "viewer"));
    }
    let texts: Vec<_> = tokens.iter().map(|token| slow_body(&console, "/api/v1/runs", Some(token))).collect();
    let mut flood: Vec<Vec<TcpStream>> = texts.iter().map(|_| Vec::new()).collect();
    let mut refused = String::new();
    // What was cut off before it was known whose it is, or was too much for one person, comes again.
    while status(&refused) != "503" {
        for (n, (text, streams)) in texts.iter().zip(&mut flood).enumerate() {
            streams.retain(|stream| !is_closed(stream));
            let from = [127, 0, 8, u8::try_from(n + 1).expect("small")];
            streams.extend(join_all((streams.len()..REQUESTS).map(|_| connect(&console, from, text))).await);
        }
        refused = answer(&console, [127, 0, 0, 2], "/login", None).await;
    }
    assert!(refused.contains("retry-after: 2") && refused.contains("connection: close"), "{refused}");
    assert_eq!(status(&answer(&console, [127, 0, 0, 2], "/healthz", None).await), "200");
    assert_eq!(status(&answer(&console, [127, 0, 0, 2], "/api/v1/runs", Some(console.token())).await), "200");
    let open = flood.iter().flatten().filter(|stream| !is_closed(stream)).count();
    assert!(open >= PLACES, "{open}: who is answered is never cut off for another");
}
