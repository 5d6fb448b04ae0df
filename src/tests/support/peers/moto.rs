//! S3, as moto speaks it: buckets in memory.

use super::{super::*, daemon};

/// moto, with the bucket `bucket`.
pub struct Moto(daemon::Daemon);

impl Moto {
    /// `None` where it is missing, said aloud; in CI that is a failure.
    pub async fn start() -> Option<Self> {
        let program = program("moto_server", "PyPI: moto[s3], flask, flask-cors")?;
        let daemon = daemon::Daemon::start(daemon::folder(&[]), |_, port| {
            let mut command = Command::new(&program);
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        });
        let moto = Self(daemon.await);
        moto.bucket("bucket").await;
        Some(moto)
    }

    /// Makes a bucket.
    pub async fn bucket(&self, name: &str) {
        let answer = client().put(format!("{}/{name}", self.endpoint())).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    /// Its options as a remote of the type `s3`. It takes every key.
    pub fn config(&self) -> Value {
        json!({
            "provider": "Other", "endpoint": self.endpoint(), "access_key_id": super::USER, "secret_access_key": super::SECRET,
            "force_path_style": "true",
        })
    }

    /// Takes it off the network.
    pub fn stop(&mut self) {
        self.0.stop();
    }
}
