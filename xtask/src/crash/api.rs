//! Asks the console: one request a connection, for a console that may die while it answers. An error here is that, and
//! nothing else.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the console is, and who asks.
#[derive(Clone, Debug, Default)]
pub struct Api {
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// The admin's token.
    pub token: String,
}

impl Api {
    /// The status and the body.
    pub fn ask(&self, method: &str, path: &str, key: Option<&str>, body: Option<&Value>) -> Result<(u16, Value)> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let key = key.map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             {key}Connection: close\r\n\r\n",
            self.address,
            self.token,
            body.len()
        );
        stream.write_all((head + &body).as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").context("the answer broke off")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        // A body that broke off with its console is no answer.
        if let Some(length) = length.and_then(|(_, length)| length.trim().parse::<usize>().ok()) {
            anyhow::ensure!(body.len() >= length, "the answer broke off");
        }
        Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }

    /// The body of what has to be there.
    pub fn get(&self, path: &str) -> Result<Value> {
        let (status, body) = self.ask("GET", path, None, None)?;
        anyhow::ensure!(status == 200, "{path}: {status} {body}");
        Ok(body)
    }

    /// All runs of these states; of every state when none is named.
    pub fn runs(&self, states: &[&str]) -> Result<Vec<Value>> {
        let filters = if states.is_empty() {
            vec![String::new()]
        } else {
            states.iter().map(|state| format!("&state={state}")).collect()
        };
        let mut runs = Vec::new();
        for filter in filters {
            let mut cursor = String::new();
            loop {
                let page = self.get(&format!("/api/v1/runs?limit=1000{filter}{cursor}"))?;
                runs.extend(page["runs"].as_array().cloned().unwrap_or_default());
                let Some(next) = page["cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
        }
        Ok(runs)
    }
}
