//! Ports for the servers of tests.

use std::sync::Mutex;

use tokio::net::TcpSocket;

/// What keeps the ports: a socket that is bound and does not listen.
static KEPT: Mutex<Vec<TcpSocket>> = Mutex::new(Vec::new());

/// A port on 127.0.0.1 that nobody else is given while the tests run: not before its server listens there, and not
/// while that server is down. Until it listens, connections are refused.
pub fn free_port() -> u16 {
    let socket = TcpSocket::new_v4().expect("a socket");
    // The kernel lets a server listen where this is bound when both say so. Servers do, to be started again at once.
    socket.set_reuseaddr(true).expect("an option of sockets");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let port = socket.local_addr().expect("its address").port();
    KEPT.lock().expect("no test panics here").push(socket);
    port
}
