//! From one cloud to another, and over SFTP, both ways: what lies in the one lies in the other.

use std::fs;

use reqwest::StatusCode;
use serde_json::json;

use super::{call, configure};
use crate::support::{Console, Peer, S3, tree, write};

#[tokio::test]
async fn what_is_synced_from_cloud_to_cloud_is_the_same_in_each() {
    let (console, s3) = (Console::start(), S3::start());
    let (webdav, sftp) = tokio::join!(Peer::start("webdav"), Peer::start("sftp"));
    configure(&console, "bucket", "s3", s3.config()).await;
    configure(&console, "cloud", "webdav", webdav.config("webdav")).await;
    configure(&console, "nas", "sftp", sftp.config("sftp")).await;
    let out = console.root().join("out");
    for n in 0..60usize {
        write(&out, &format!("dir{}/sub {}/file é {n}.bin", n % 4, n % 3), &vec![n as u8; n * 701 + 1]);
    }
    let sync = async |source: &str, destination: &str| {
        let body = json!({ "source": source, "destination": destination });
        let stats = call(&console, "sync", body, StatusCode::OK).await;
        // What lies at both ends already is compared by size there: it has no times and no checksums.
        let blind =
            [source, destination].iter().any(|place| place.starts_with("cloud:")) && stats["files_checked"] != 0;
        let expected = if blind { "warning" } else { "succeeded" };
        assert_eq!(
            (&stats["status"], &stats["errors"]),
            (&json!(expected), &json!(0)),
            "{source} {destination}: {stats}"
        );
        ["files_transferred", "files_deleted"].map(|field| stats[field].as_u64().expect("a number"))
    };
    let (bucket, local) = ("bucket:bucket/data", console.path("out"));
    let places = [s3.dir.path().join("bucket/data"), webdav.files().join("data"), sftp.files().join("data")];
    let all_equal = |what: &str| {
        for place in &places {
            assert!(tree(place) == tree(&out), "{what}: {} differs", place.display());
        }
    };

    assert_eq!(sync(&local, bucket).await, [60, 0]);
    for route in [(bucket, "cloud:data"), ("cloud:data", "nas:data")] {
        assert_eq!(sync(route.0, route.1).await, [60, 0], "{route:?}");
    }
    all_equal("there");

    // And the other way, with something new, something other and something gone.
    write(&out, "dir0/new.bin", b"new");
    write(&out, "dir1/sub 1/file é 1.bin", b"other, and longer than before");
    fs::remove_file(out.join("dir2/sub 2/file é 2.bin")).expect("removed");
    assert_eq!(sync(&local, "nas:data").await, [2, 1]);
    for route in [("nas:data", "cloud:data"), ("cloud:data", bucket)] {
        assert_eq!(sync(route.0, route.1).await, [2, 1], "{route:?}");
    }
    all_equal("back");
    sync(bucket, &console.path("in")).await;
    assert!(tree(&console.root().join("in")) == tree(&out), "what came home differs");
}
