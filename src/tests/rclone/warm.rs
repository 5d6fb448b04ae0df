//! The warm rclone, and a console without a good one.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_warm_rclone_is_started_again_when_it_dies() {
    let house = House::new().await;
    house.rclone.list(&at("/")).await.expect("listed");
    let first = warm(house.dir.path()).expect("it runs");
    assert!(!listens_on_tcp(first), "only on our socket");
    kill(first);
    until("another one", async || {
        warm(house.dir.path()).is_some_and(|pid| pid != first) && house.rclone.list(&at("/")).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_warm_rclone_ends_when_the_console_is_killed() {
    let data = tempfile::tempdir().expect("a folder");
    let mut console = Command::new(std::env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", "rclone::warm::a_console_to_be_killed", "--nocapture"])
        .env("LONGSHORE_TEST_DATA", data.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a console");
    until("its rclone", async || warm(data.path()).is_some()).await;
    console.kill().expect("killed");
    console.wait().expect("waited");
    until("its rclone to end", async || warm(data.path()).is_none()).await;
    let rclone = open(data.path(), rclone_path()).await;
    rclone.list(&at("/")).await.expect("what was left behind is not in the way");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "is started by the test above, and killed"]
async fn a_console_to_be_killed() {
    let Some(data) = std::env::var_os("LONGSHORE_TEST_DATA") else { return };
    let _rclone = open(Path::new(&data), rclone_path()).await;
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_rclone_the_configuration_is_still_there() {
    let data = tempfile::tempdir().expect("a folder");
    fs::write(data.path().join("rclone.conf"), "[b2]\ntype = s3\nprovider = AWS\n").expect("written");
    let rclone = open(data.path(), "/nowhere/rclone".into()).await;
    let RcloneStatus::Missing { message } = rclone.status() else { panic!("{:?}", rclone.status()) };
    assert!(message.contains("rclone.org/install"), "{message}");
    let remotes = rclone.remotes().await.expect("read");
    assert_eq!((remotes[0].name.as_str(), remotes[0].provider.as_str()), ("b2", "Amazon S3"));
    assert!(matches!(rclone.list(&at("/")).await, Err(RcloneError::Missing { .. })));
    assert!(matches!(rclone.providers().await, Err(RcloneError::Missing { .. })));
    rclone.shutdown().await;
}
