//! The port of rclone's encodings against the real rclone: thousands of hostile spellings, each listed by rclone where
//! the console says that it lies.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use longshore::{
    domain::location::Location,
    server::rclone::manager::{Rclone, RcloneConfig, resolve::Opened},
};

use crate::support::rclone_path;

/// Letters of which names are made: what encodings replace, what they replace it by, and what quotes it.
const LETTERS: &str = "ab. ~\"'`$:?*|<>[];!#%\\\t\n\r\u{b}\u{1}\u{1f}\u{7f}␀␁␉␊␍␟␡␠‛．～／＼％＃：？＊０é\u{301}";

#[tokio::test(flavor = "multi_thread")]
async fn rclone_opens_what_the_console_says_that_it_opens() {
    let dir = tempfile::tempdir().expect("a folder");
    let base = dir.path().canonicalize().expect("a real path");
    let encodings = [
        "Slash,Dot",
        "Slash,Ctl,Del,Dot",
        "Slash,Dot,LeftSpace,RightSpace,RightPeriod,Colon,Question,LtGt,DoubleQuote,Pipe,Asterisk,BackSlash",
        "Slash,Dot,Hash,Percent,CrLf",
    ];
    let remotes: String =
        encodings.iter().enumerate().map(|(n, text)| format!("[l{n}]\ntype = local\nencoding = {text}\n\n")).collect();
    fs::write(base.join("rclone.conf"), remotes).expect("written");
    for folder in ["data", "tree"] {
        fs::create_dir(base.join(folder)).expect("made");
    }
    let config = RcloneConfig {
        binary: Some(rclone_path()),
        master: base.join("rclone.conf"),
        roots: vec![base.join("tree")],
        data_dir: base.join("data"),
        shim: env!("CARGO_BIN_EXE_longshore").into(),
        limit: Duration::from_secs(60),
        outbound: longshore::server::outbound::Outbound::default(),
    };
    let rclone = Rclone::open(config).await.expect("opened");
    let letters: Vec<char> = LETTERS.chars().collect();
    let mut seed = 11_u64;
    let mut next = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or(0) % bound
    };
    let mut made: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut asked = 0;
    for n in 0..3000 {
        let name: String = (0..1 + next(5)).map(|_| letters[next(letters.len())]).collect();
        let path = format!("{}/tree/{name}", base.display());
        let text = if n % 3 == 0 { path } else { format!("l{}:{path}", next(encodings.len())) };
        let Ok(location) = Location::parse(&text) else { continue };
        let resolved = rclone.resolve(&location).await.expect(&text);
        let [Opened::Disk(place)] = &resolved.opened[..] else { panic!("{text:?}: {resolved:?}") };
        assert!(place.starts_with(base.join("tree")), "{text:?}: {place:?}");
        let number = *made.entry(place.clone()).or_insert(n);
        if number == n {
            fs::create_dir_all(place).expect("made");
            fs::write(place.join(n.to_string()), "").expect("written");
        }
        let listed =
            rclone.list(&resolved.location).await.unwrap_or_else(|error| panic!("{text:?} is not {place:?}: {error}"));
        let names: Vec<_> = listed.iter().filter(|entry| !entry.is_dir).map(|entry| entry.name.clone()).collect();
        assert_eq!(names, [number.to_string()], "{text:?} is not {place:?}");
        asked += 1;
    }
    assert!(asked > 2500, "{asked}");
}
