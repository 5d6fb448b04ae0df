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

    /// Puts an object under exactly this key.
    pub async fn put(&self, bucket: &str, key: &str, content: &[u8]) {
        // Each slash is encoded: a client would make `a/b` of `a/./b`.
        let key: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = client()
            .put(format!("{}/{bucket}/{key}", self.endpoint()))
            .body(content.to_vec())
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Uploads an object in parts, after which S3 has no MD5 of it.
    pub async fn put_in_parts(&self, bucket: &str, key: &str, content: &[u8]) {
        let at = format!("{}/{bucket}/{key}", self.endpoint());
        let begun = client().post(format!("{at}?uploads")).send().await.expect("an answer").text().await.expect("text");
        let id = begun.split("<UploadId>").nth(1).and_then(|rest| rest.split('<').next()).expect("an upload");
        let part = client()
            .put(format!("{at}?partNumber=1&uploadId={id}"))
            .body(content.to_vec())
            .send()
            .await
            .expect("an answer");
        let tag = part.headers()["etag"].to_str().expect("text").to_owned();
        let all = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"
        );
        let ended = client().post(format!("{at}?uploadId={id}")).body(all).send().await.expect("an answer");
        assert!(ended.status().is_success(), "{ended:?}");
    }

    /// The keys of all objects of a bucket, of 1,000 at most.
    pub async fn keys(&self, bucket: &str) -> Vec<String> {
        let answer = client().get(format!("{}/{bucket}?list-type=2", self.endpoint())).send().await.expect("an answer");
        let text = answer.text().await.expect("text");
        text.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
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
