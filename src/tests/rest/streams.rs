//! A hundred people who listen to what changes, and lose the right to: their streams end in time, and what they came
//! with opens nothing more.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use futures::future::join_all;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::{Console, PASSWORD, builder, expect};

/// How many people.
const PEOPLE: usize = 100;
/// How long a stream may go on after its listener lost the right to it.
const LIMIT: Duration = Duration::from_secs(5);

/// How somebody loses what they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Disabled,
    Demoted,
    NewPassword,
    OwnPassword,
    SignedOut,
    Revoked,
}

impl Ending {
    const ALL: [Self; 6] =
        [Self::Disabled, Self::Demoted, Self::NewPassword, Self::OwnPassword, Self::SignedOut, Self::Revoked];

    /// Whether the streams that were opened by a session, and those by a token, end.
    const fn streams(self) -> [bool; 2] {
        match self {
            Self::Disabled | Self::Demoted | Self::NewPassword => [true, true],
            // A token is a program's: it is revoked by itself.
            Self::OwnPassword | Self::SignedOut => [true, false],
            Self::Revoked => [false, true],
        }
    }

    /// Whether the session, and the token, open nothing any more. The token of somebody who was demoted is worth less,
    /// and no other.
    const fn credentials(self) -> [bool; 2] {
        if let Self::Demoted = self { [true, false] } else { self.streams() }
    }
}

/// Somebody at a machine of their own, with a browser and a program.
struct Person {
    ending: Ending,
    id: String,
    http: Client,
    session: String,
    token: String,
    token_id: String,
}

impl Person {
    async fn arrive(console: &Console, n: usize) -> Self {
        let name = format!("person{n}");
        let id = console.person(&name, "operator").await;
        // Who signs in is slowed down by where they come from: a hundred people do not share an address.
        let address = IpAddr::from(Ipv4Addr::new(127, 1, 0, u8::try_from(n + 1).expect("a hundred")));
        let http = builder().local_address(address).build().expect("a client");
        let mut person = Self {
            ending: Ending::ALL[n % Ending::ALL.len()],
            id,
            http,
            session: String::new(),
            token: String::new(),
            token_id: String::new(),
        };
        let form = [("username", name.as_str()), ("password", PASSWORD)];
        let request = person
            .own(console, Method::POST, "/api/fn/sessions/create")
            .header(header::ACCEPT, "text/html")
            .form(&form);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::FOUND);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("text");
        cookie.split(';').next().expect("a cookie").clone_into(&mut person.session);
        let token = json!({ "label": "listens", "role": "operator" });
        let request = person.by_session(console, Method::POST, "/api/v1/tokens").json(&token);
        let made = expect(request.send().await.expect("an answer"), StatusCode::CREATED).await;
        let text = |field: &str| made[field].as_str().expect("text").to_owned();
        (person.token, person.token_id) = (text("token"), text("id"));
        person
    }

    fn own(&self, console: &Console, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", console.origin())).header(header::ORIGIN, console.origin())
    }

    fn by_session(&self, console: &Console, method: Method, path: &str) -> RequestBuilder {
        self.own(console, method, path).header(header::COOKIE, &self.session)
    }

    fn by_token(&self, console: &Console, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", console.origin())).bearer_auth(&self.token)
    }

    /// Both ways, to the same place.
    fn ask(&self, console: &Console, path: &str) -> [RequestBuilder; 2] {
        [self.by_session(console, Method::GET, path), self.by_token(console, Method::GET, path)]
    }

    /// Opens both streams, which have begun when this returns.
    async fn listen(&self, console: &Console) -> [JoinHandle<Instant>; 2] {
        let mut open = Vec::new();
        for request in self.ask(console, "/api/v1/events") {
            let mut stream = request.send().await.expect("a stream");
            assert_eq!(stream.status(), StatusCode::OK);
            stream.chunk().await.expect("a piece").expect("a snapshot");
            open.push(tokio::spawn(end(stream)));
        }
        open.try_into().expect("two")
    }

    /// Loses the right. When that was answered.
    async fn lose(&self, console: &Console) -> Instant {
        let user = format!("/api/v1/users/{}", self.id);
        let change = async |change: Value| drop(console.patch(&user, &change, StatusCode::OK).await);
        match self.ending {
            Ending::Disabled => change(json!({ "disabled": true })).await,
            Ending::Demoted => change(json!({ "role": "viewer" })).await,
            Ending::NewPassword => change(json!({ "password": "another good sentence" })).await,
            Ending::OwnPassword => {
                let body = json!({ "current_password": PASSWORD, "password": "another good sentence" });
                let request = self.by_session(console, Method::POST, "/api/v1/users/me/password").json(&body);
                assert_eq!(request.send().await.expect("an answer").status(), StatusCode::NO_CONTENT);
            }
            Ending::SignedOut => {
                let request = self
                    .by_session(console, Method::POST, "/api/fn/sessions/delete")
                    .header(header::ACCEPT, "text/html");
                let answer = request.form(&[("everywhere", "on")]).send().await.expect("an answer");
                assert_eq!(answer.status(), StatusCode::FOUND);
            }
            Ending::Revoked => {
                drop(console.delete(&format!("/api/v1/tokens/{}", self.token_id), StatusCode::NO_CONTENT).await);
            }
        }
        Instant::now()
    }

    /// How many of the credentials that were lost still open something, and of how many.
    async fn open(&self, console: &Console) -> (usize, usize) {
        let (mut open, mut tried) = (0, 0);
        for path in ["/api/v1/runs", "/api/v1/events", "/api/v1/remotes"] {
            for (request, lost) in self.ask(console, path).into_iter().zip(self.ending.credentials()) {
                if lost {
                    tried += 1;
                    open += usize::from(request.send().await.expect("an answer").status() != StatusCode::UNAUTHORIZED);
                }
            }
        }
        (open, tried)
    }
}

/// When a stream ends.
async fn end(mut stream: Response) -> Instant {
    while let Ok(Some(_)) = stream.chunk().await {}
    Instant::now()
}

#[tokio::test]
async fn a_hundred_people_who_lose_the_right_to_listen_hear_nothing_more_within_five_seconds() {
    let console = Console::start();
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(Person::arrive(&console, n).await);
    }
    // All listen before the first of them loses anything.
    let streams = join_all(people.iter().map(|person| person.listen(&console))).await;
    let mut tries = 0;
    let mut ends = Vec::new();
    for (person, streams) in people.iter().zip(streams) {
        assert!(streams.iter().all(|stream| !stream.is_finished()), "{:?}: it ended by itself", person.ending);
        let lost_at = person.lose(&console).await;
        let (open, tried) = person.open(&console).await;
        assert_eq!(open, 0, "{:?}: let in once more", person.ending);
        tries += tried;
        ends.push((person.ending, lost_at, streams));
    }
    let (mut slowest, mut ended) = (Duration::ZERO, 0);
    let mut others = Vec::new();
    for (ending, lost_at, streams) in ends {
        for (stream, ends) in streams.into_iter().zip(ending.streams()) {
            if !ends {
                others.push((ending, stream));
                continue;
            }
            let ended_at =
                tokio::time::timeout(Duration::from_secs(60), stream).await.expect("it ends").expect("no panic");
            let took = ended_at.saturating_duration_since(lost_at);
            assert!(took < LIMIT, "{ending:?}: {took:?}");
            (slowest, ended) = (slowest.max(took), ended + 1);
        }
    }
    for person in &people {
        let (open, tried) = person.open(&console).await;
        assert_eq!(open, 0, "{:?}: let in again", person.ending);
        tries += tried;
    }
    for (ending, stream) in &others {
        assert!(!stream.is_finished(), "{ending:?}: a stream ended whose listener lost nothing");
    }
    eprintln!(
        "{ended} streams ended, the slowest after {slowest:?}; {} go on; {tries} tries, none let in",
        others.len()
    );
    assert_eq!((people.len(), ended, others.len(), tries), (100, 151, 49, 2 * 3 * 134));
}
