//! A server that never says a word.

/// A port at which somebody listens and never says a word: who connects waits.
pub struct Mute(std::net::TcpListener);

impl Mute {
    /// Listens. The system takes the connections; nobody reads from them.
    pub fn start() -> Self {
        Self(std::net::TcpListener::bind("127.0.0.1:0").expect("a port"))
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.0.local_addr().expect("its address").port()
    }

    /// Its address as that of a web server.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }
}
