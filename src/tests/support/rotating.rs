//! A provider whose tokens that renew are good once, as Box, `HiDrive` and Jottacloud have them.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

/// A token endpoint and an empty drive of `HiDrive`'s kind.
pub struct Rotating {
    /// Its address.
    pub url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    /// How many seconds an access token is good for.
    life: u32,
    given: usize,
    refused: usize,
    calls: usize,
}

impl Rotating {
    /// Starts one. The first token that renews is `renew-0`.
    pub fn start(life: u32) -> Self {
        let server = TcpListener::bind("127.0.0.1:0").expect("bound");
        let url = format!("http://{}", server.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State { life, given: 0, refused: 0, calls: 0 }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in server.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        Self { url, state }
    }

    /// How many tokens it has given.
    pub fn given(&self) -> usize {
        self.state.lock().expect("whole").given
    }

    /// How often somebody came with a token that was used already.
    pub fn refused(&self) -> usize {
        self.state.lock().expect("whole").refused
    }

    /// How often its drive was asked.
    pub fn calls(&self) -> usize {
        self.state.lock().expect("whole").calls
    }

    /// The options of a remote whose token has expired.
    pub fn config(&self) -> BTreeMap<String, String> {
        let token = json!({ "access_token": "stale", "token_type": "Bearer", "refresh_token": "renew-0", "expiry": "2020-01-01T00:00:00Z" });
        [
            ("client_id", "id".to_owned()),
            ("client_secret", "shh".to_owned()),
            ("auth_url", format!("{}/auth", self.url)),
            ("token_url", format!("{}/token", self.url)),
            ("endpoint", format!("{}/2.1", self.url)),
            ("token", token.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The same as a section of `rclone.conf`.
    pub fn section(&self, name: &str) -> String {
        let lines: String = self.config().iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
        format!("[{name}]\ntype = hidrive\n{lines}\n")
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().expect("cloned"));
    let (mut first, mut length, mut bearer) = (String::new(), 0, String::new());
    let _ = reader.read_line(&mut first);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if lower.starts_with("authorization:") {
            bearer = line.split_whitespace().last().unwrap_or_default().to_owned();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    let (status, said) = if first.starts_with("POST /token") {
        token(&String::from_utf8_lossy(&body), state)
    } else {
        drive(&bearer, state)
    };
    let said = said.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        said.len()
    );
    let _ = stream.write_all((head + &said).as_bytes());
}

fn token(form: &str, state: &Mutex<State>) -> (&'static str, Value) {
    let mut state = state.lock().expect("whole");
    if !form.split('&').any(|field| field == format!("refresh_token=renew-{}", state.given)) {
        state.refused += 1;
        return (
            "400 Bad Request",
            json!({ "error": "invalid_grant", "error_description": "this token was used already" }),
        );
    }
    state.given += 1;
    let number = state.given;
    let said = json!({ "access_token": format!("good-{number}"), "token_type": "Bearer", "refresh_token": format!("renew-{number}"), "expires_in": state.life });
    ("200 OK", said)
}

fn drive(bearer: &str, state: &Mutex<State>) -> (&'static str, Value) {
    let mut state = state.lock().expect("whole");
    state.calls += 1;
    if !bearer.starts_with("good-") {
        return ("401 Unauthorized", json!({ "code": 401, "msg": "Invalid or expired token" }));
    }
    let root = json!({
        "path": "/", "name": "root", "type": "dir", "mtime": 1_700_000_000, "ctime": 1, "id": "b1", "has_dirs": false, "nmembers": 0, "members": [],
        "readable": true, "writable": true, "size": 0, "chash": "", "mhash": "", "nhash": "",
    });
    ("200 OK", root)
}
