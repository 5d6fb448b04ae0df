//! `WebDAV`, as `WsgiDAV` speaks it.

use super::{super::*, daemon};

/// `WsgiDAV` over a folder.
pub struct WsgiDav(daemon::Daemon);

impl WsgiDav {
    /// `None` where it is missing, said aloud; in CI that is a failure.
    pub async fn start() -> Option<Self> {
        let program = program("wsgidav", "PyPI: wsgidav, cheroot")?;
        let daemon = daemon::Daemon::start(daemon::folder(&["files"]), |dir, port| {
            let config = json!({
                "host": "127.0.0.1", "port": port, "provider_mapping": { "/": dir.join("files") }, "verbose": 1,
                "simple_dc": { "user_mapping": { "*": { super::USER: { "password": super::SECRET } } } },
            });
            fs::write(dir.join("wsgidav.json"), config.to_string()).expect("written");
            let mut command = Command::new(&program);
            command.arg("--config").arg(dir.join("wsgidav.json"));
            command
        });
        Some(Self(daemon.await))
    }

    /// The folder that it serves.
    pub fn dir(&self) -> PathBuf {
        self.0.dir().join("files")
    }

    /// Its options as a remote of the type `webdav`.
    pub fn config(&self) -> Value {
        json!({ "url": format!("http://127.0.0.1:{}", self.0.port), "vendor": "other", "user": super::USER, "pass": super::SECRET })
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        self.0.stop();
    }
}
