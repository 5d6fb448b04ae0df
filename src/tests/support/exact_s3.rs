//! An S3 server that lists exactly the keys that it is given, also those that a folder could not hold: one key several
//! times, a key that is the beginning of others, empty names between slashes.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// Keys with their contents, in the order in which they are listed.
type Keys = Arc<Mutex<Vec<(String, String)>>>;

/// The server, with the one bucket `b`. It ends with the process of the tests.
pub struct ExactS3 {
    port: u16,
    keys: Keys,
}

impl ExactS3 {
    /// Starts one that holds these keys. One that ends in a slash is empty, as the consoles of providers make a folder;
    /// the size of each other is its place among them.
    pub fn start(keys: &[&str]) -> Self {
        let size = |n: usize, key: &str| if key.ends_with('/') { 0 } else { n + 1 };
        Self::start_with(
            keys.iter().enumerate().map(|(n, key)| ((*key).to_owned(), "x".repeat(size(n, key)))).collect(),
        )
    }

    /// Starts one that holds these keys with these contents.
    pub fn start_with(keys: Vec<(String, String)>) -> Self {
        let keys: Keys = Arc::new(Mutex::new(keys));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let served = Arc::clone(&keys);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keys = Arc::clone(&served);
                thread::spawn(move || drop(serve(stream, &keys)));
            }
        });
        Self { port, keys }
    }

    /// Its options as a remote.
    pub fn config(&self) -> Value {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        json!({ "provider": "Other", "endpoint": endpoint, "access_key_id": "x", "secret_access_key": "y", "force_path_style": "true", "list_version": "2" })
    }

    /// Puts one more key at the end.
    pub fn add(&self, key: &str) {
        self.keys.lock().expect("whole").push((key.to_owned(), "more".to_owned()));
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, keys: &Keys) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
            if header.trim().is_empty() {
                break;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        let mut words = line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (status, headers, body) = answer(method, target, &mut keys.lock().expect("whole"));
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        stream.write_all(head.as_bytes())?;
        if method != "HEAD" {
            stream.write_all(body.as_bytes())?;
        }
    }
}

const XML: &str = "Content-Type: application/xml\r\n";

fn answer(method: &str, target: &str, keys: &mut Vec<(String, String)>) -> (&'static str, String, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = decode(path);
    let Some((bucket, key)) = path.trim_start_matches('/').split_once('/').or(Some((path.trim_start_matches('/'), "")))
    else {
        unreachable!()
    };
    let missing = |code: &str| ("404 Not Found", XML.to_owned(), format!("<Error><Code>{code}</Code></Error>"));
    match (bucket, key) {
        ("", _) => {
            let bucket = "<Bucket><Name>b</Name><CreationDate>2025-05-05T05:05:05.000Z</CreationDate></Bucket>";
            let body = format!("<ListAllMyBucketsResult><Buckets>{bucket}</Buckets></ListAllMyBucketsResult>");
            ("200 OK", XML.to_owned(), body)
        }
        ("b", "") => ("200 OK", XML.to_owned(), listing(query, keys)),
        ("b", key) => match keys.iter().position(|(known, _)| known == key) {
            Some(at) if method == "DELETE" => {
                keys.remove(at);
                ("204 No Content", String::new(), String::new())
            }
            Some(at) => {
                let headers =
                    "Content-Type: text/plain\r\nETag: \"e\"\r\nLast-Modified: Mon, 05 May 2025 05:05:05 GMT\r\n";
                ("200 OK", headers.to_owned(), keys[at].1.clone())
            }
            None => missing("NoSuchKey"),
        },
        _ => missing("NoSuchBucket"),
    }
}

fn listing(query: &str, keys: &[(String, String)]) -> String {
    let value = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| decode(value))
    };
    let (prefix, delimiter) = (value("prefix").unwrap_or_default(), value("delimiter").unwrap_or_default());
    let name = |text: &str| if value("encoding-type").is_some() { encode(text) } else { text.to_owned() };
    let (mut body, mut prefixes) = (String::new(), Vec::new());
    for (key, content) in keys {
        let Some(rest) = key.strip_prefix(&prefix) else { continue };
        match rest.split_once('/').filter(|_| !delimiter.is_empty()) {
            Some((folder, _)) => {
                let common = format!("{prefix}{folder}/");
                if !prefixes.contains(&common) {
                    body += &format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", name(&common));
                    prefixes.push(common);
                }
            }
            None => {
                body += &format!(
                    "<Contents><Key>{}</Key><LastModified>2025-05-05T05:05:05.000Z</LastModified><ETag>\"e\"</ETag><Size>{}</Size></Contents>",
                    name(key),
                    content.len()
                );
            }
        }
    }
    let encoding = value("encoding-type").map_or("", |_| "<EncodingType>url</EncodingType>");
    format!("<ListBucketResult><Name>b</Name>{encoding}<IsTruncated>false</IsTruncated>{body}</ListBucketResult>")
}

fn decode(text: &str) -> String {
    let (mut out, mut bytes) = (Vec::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let hex: Vec<_> = bytes.by_ref().take(2).collect();
                out.extend(std::str::from_utf8(&hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()));
            }
            b'+' => out.push(b' '),
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || byte == b'/' {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
