//! Tests of `listener`.

use std::sync::Arc;

use axum::routing::{get, post};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    sync::{Notify, oneshot},
    task::JoinHandle,
};

use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const GET_AND_CLOSE: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
    /// Notified when a request for `/wait` has come in, and when one that was not answered is dropped.
    waits: Arc<Notify>,
    dropped: Arc<Notify>,
    /// Lets `/wait` go on.
    go: Arc<Notify>,
}

/// Tells when it is dropped.
struct Tell(Arc<Notify>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

async fn start(limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (stop, stopped) = oneshot::channel::<()>();
    let [waits, dropped, go] = [(); 3].map(|()| Arc::new(Notify::new()));
    let (waiting, tell, going) = (waits.clone(), dropped.clone(), go.clone());
    let wait = get(async move || {
        let tell = Tell(tell);
        waiting.notify_one();
        going.notified().await;
        drop(tell);
        "waited"
    });
    let tell = dropped.clone();
    let endless = get(async move || {
        let bytes = std::iter::repeat(Ok::<_, Infallible>(axum::body::Bytes::from_static(&[b'x'; 1 << 16])));
        let tell = Tell(tell);
        Body::from_stream(futures::stream::iter(bytes.inspect(move |_| {
            let _ = &tell;
        })))
    });
    let router = Router::new()
        .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()))
        .route("/post", post(async |body: axum::body::Bytes| body.len().to_string()))
        .route("/wait", wait)
        .route("/endless", endless);
    let served =
        tokio::spawn(serve(listener, router, limits, TrustedProxies::default(), async { drop(stopped.await) }));
    Server { address, stop, served, waits, dropped, go }
}

async fn connect(address: SocketAddr, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(text).await.expect("sends");
    stream
}

/// Everything until the server closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn tell(address: SocketAddr, text: &[u8]) -> String {
    rest(connect(address, text).await).await
}

#[tokio::test]
async fn a_request_is_answered_and_knows_its_peer() {
    let server = start(Limits::default()).await;
    let answer = tell(server.address, GET_AND_CLOSE).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
    let answer =
        tell(server.address, b"POST /post HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc")
            .await;
    assert!(answer.ends_with("\r\n\r\n3"), "{answer}");
}

#[tokio::test]
async fn who_is_slow_or_silent_is_cut_off_also_between_two_requests() {
    let server =
        start(Limits { head: Duration::from_millis(50), first_byte: Duration::from_millis(50), ..Limits::default() })
            .await;
    for text in ["", "\r\n", "GET / HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let answer = tell(server.address, text.as_bytes()).await;
        assert!(!answer.contains("200"), "{answer}");
    }
    let answer = tell(server.address, GET).await;
    assert!(answer.contains("200") && answer.ends_with("127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off() {
    let server = start(Limits { head: Duration::from_millis(50), ..Limits::default() }).await;
    let (mut read, mut write) = connect(server.address, b"GET / HTTP/1.1\r\nhost: x\r\n").await.into_split();
    let trickle = async {
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        // Ends when the server is gone: writing to it fails then.
        while write.write_all(b"x-a: b\r\n").await.is_ok() {
            tick.tick().await;
        }
    };
    let mut answer = Vec::new();
    let (_, ()) = tokio::join!(read.read_to_end(&mut answer), trickle);
    assert!(!String::from_utf8_lossy(&answer).contains("200"));
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = start(Limits::default()).await;
    let mut stream = BufReader::new(connect(server.address, GET).await);
    for _ in 0..3 {
        let mut line = String::new();
        while line.trim() != "" || line.is_empty() {
            line.clear();
            stream.read_line(&mut line).await.expect("a line");
        }
        let mut body = [0; "127.0.0.1".len()];
        stream.read_exact(&mut body).await.expect("a body");
        assert_eq!(&body, b"127.0.0.1");
        stream.write_all(GET).await.expect("sends");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = start(Limits { head_bytes: 8192, ..Limits::default() }).await;
    let large = "a".repeat(10_000);
    let many = "x: y\r\n".repeat(200);
    for head in [format!("GET / HTTP/1.1\r\nhost: x\r\nx: {large}\r\n\r\n"), format!("GET / HTTP/1.1\r\n{many}\r\n")] {
        let answer = tell(server.address, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    let answer = tell(server.address, format!("GET /{large} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let server = start(Limits::default()).await;
    for text in ["hello\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n"] {
        let answer = tell(server.address, text.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_gets_that_of_a_stranger() {
    let capacity = Capacity { all: 3, per_network: 3, reserve: 0 };
    let server = start(Limits { capacity, ..Limits::default() }).await;
    let mut flood = Vec::new();
    for text in ["", "GET / HTTP/1.1\r\n", "POST /post HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nslow"] {
        for _ in 0..4 {
            flood.push(connect(server.address, text.as_bytes()).await);
            let answer = tell(server.address, GET_AND_CLOSE).await;
            assert!(answer.contains("200"), "{answer}");
        }
    }
    assert_eq!(flood.len(), 12);
}

#[tokio::test]
async fn a_connection_that_stays_silent_is_cut_off_before_one_that_spoke() {
    let server =
        start(Limits { first_byte: Duration::from_millis(50), head: Duration::from_secs(60), ..Limits::default() })
            .await;
    let spoke = connect(server.address, GET).await;
    let silent = connect(server.address, b"").await;
    assert_eq!(rest(silent).await, "");
    let (mut read, mut write) = spoke.into_split();
    write.write_all(GET_AND_CLOSE).await.expect("still open");
    let mut answers = String::new();
    read.read_to_string(&mut answers).await.expect("answers");
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    let server = start(Limits { unread: Duration::from_millis(100), ..Limits::default() }).await;
    let stream = connect(server.address, b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.dropped.notified().await;
    drop(stream);
}

#[tokio::test]
async fn a_client_that_hangs_up_is_not_worked_for() {
    let server = start(Limits::default()).await;
    let stream = connect(server.address, b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.waits.notified().await;
    drop(stream);
    server.dropped.notified().await;
}

#[tokio::test]
async fn it_answers_what_has_begun_and_takes_nothing_new_when_it_stops() {
    let server = start(Limits::default()).await;
    let begun = connect(server.address, b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.waits.notified().await;
    let idle = connect(server.address, GET).await;
    drop(server.stop);
    assert!(rest(idle).await.len() < 1000, "an idle connection ends at once");
    server.go.notify_one();
    assert!(rest(begun).await.ends_with("waited"));
    server.served.await.expect("ends");
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn it_ends_though_a_client_stays() {
    let server = start(Limits { shutdown: Duration::from_millis(100), ..Limits::default() }).await;
    let half = connect(server.address, b"GET / HTTP/1.1\r\n").await;
    let waiting = connect(server.address, b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.waits.notified().await;
    drop(server.stop);
    server.served.await.expect("ends");
    server.dropped.notified().await;
    assert_eq!((rest(half).await, rest(waiting).await), (String::new(), String::new()));
}
