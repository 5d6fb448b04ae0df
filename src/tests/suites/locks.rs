//! One writer a place, whatever it is called: pairs of runs that are asked for at the same moment never work at the
//! same time. By what the rows say, and by who was seen in `/proc`.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use futures::{StreamExt as _, future::join, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Chance, count, end, file};
use crate::support::Console;

/// Pairs at once.
const AT_ONCE: usize = 3;
/// How often it is looked who works.
const OFTEN: Duration = Duration::from_millis(15);

/// Two destinations that are one place, or lie in one another. `#` is the root, `@` the pair's own folder in it.
const PAIRS: [(&str, &str, &str); 19] = [
    ("equal", "#/@/out", "#/@/out"),
    ("below", "#/@/out", "#/@/out/deep/er"),
    ("above", "#/@/out/deep", "#/@/out"),
    ("slashes", "#/@/out", "#//@///out/"),
    ("a dot", "#/@/out", "#/./@/./out"),
    ("another case", "#/@/out", "#/@/OUT"),
    ("a link", "#/@/out", "#/@/link"),
    ("below a link", "#/@/link/deep", "#/@/out"),
    ("a link that is above", "#/@/out", "#/@/up/out/deep"),
    ("an alias", "al:@/out", "#/@/out"),
    ("below an alias", "al:@/out", "#/@/out/deep"),
    ("an alias of an alias", "al2:out", "al:al2/out/deep"),
    ("crypt", "sec:@/out", "sec:@/out"),
    ("below crypt", "sec:@/out", "sec:@/out/deep"),
    (UNDER_CRYPT, "plain:@/out", "#/@/out"),
    ("a union", "un:@/out", "#/u1/@/out"),
    ("a union and its other half", "#/u2/@", "un:@/out"),
    ("a combination", "co:one/@/out", "#/u1/@"),
    ("the type local", "here:#/@/out", "#/@/out"),
];
/// The same, of runs that do more than write to a destination: the whole of both requests.
const MOVES: [&str; 3] =
    ["the source of a move is written", "the source of a move is read", "the source of a move is moved elsewhere"];

/// A remote that encrypts, and the folder under it.
const UNDER_CRYPT: &str = "crypt and what lies under it";

/// Two that do not meet: they are to be seen together, else it was not looked often enough.
const APART: (&str, &str, &str) = ("apart", "#/@/out", "#/@/elsewhere");

async fn remotes(console: &Console) {
    fs::create_dir_all(console.root().join("al2")).expect("made");
    let root = console.path("");
    let root = root.trim_end_matches('/');
    let union = format!("{root}/u1 {root}/u2");
    for (name, kind, config) in [
        ("al", "alias", json!({ "remote": root })),
        ("al2", "alias", json!({ "remote": "al:al2" })),
        ("sec", "crypt", json!({ "remote": format!("{root}/vault"), "password": "lantern-and-rope" })),
        (
            "plain",
            "crypt",
            json!({ "remote": root, "password": "lantern-and-rope", "filename_encryption": "off", "directory_name_encryption": "false" }),
        ),
        ("un", "union", json!({ "upstreams": union })),
        ("co", "combine", json!({ "upstreams": format!("one={root}/u1 two={root}/u2") })),
        ("here", "local", json!({})),
    ] {
        console
            .post("/api/v1/remotes", &json!({ "name": name, "provider": kind, "config": config }), StatusCode::CREATED)
            .await;
    }
    for folder in ["u1", "u2", "vault"] {
        fs::create_dir_all(console.root().join(folder)).expect("made");
    }
}

/// What a pair asks for, and makes what that needs.
fn requests(console: &Console, number: usize, kind: usize) -> (&'static str, [Value; 2]) {
    let (dir, root) = (format!("pair{number}"), console.path(""));
    let root = root.trim_end_matches('/');
    let out = console.root().join(&dir).join("out");
    fs::create_dir_all(&out).expect("made");
    std::os::unix::fs::symlink(&out, console.root().join(&dir).join("link")).expect("linked");
    std::os::unix::fs::symlink(console.root().join(&dir), console.root().join(&dir).join("up")).expect("linked");
    for source in ["a", "b", "moved"] {
        file(console, &format!("{dir}/{source}/{source}{number}"), 96);
    }
    let at = |text: &str| text.replace('#', root).replace('@', &dir);
    let run = |operation: &str, source: &str, destination: &str| json!({ "operation": operation, "source": at(source), "destination": at(destination) });
    let pairs: Vec<_> = PAIRS.iter().chain([&APART]).collect();
    match pairs.get(kind) {
        Some((name, first, second)) => (name, [run("copy", "#/@/a", first), run("copy", "#/@/b", second)]),
        None => {
            let other = match kind - pairs.len() {
                0 => run("copy", "#/@/a", "#/@/moved/deep"),
                1 => run("copy", "#/@/moved", "#/@/y"),
                _ => run("move", "#/@/moved", "#/@/z"),
            };
            (MOVES[kind - pairs.len()], [run("move", "#/@/moved", "#/@/x"), other])
        }
    }
}

/// Who was seen at work, and with whom.
#[derive(Default)]
struct Seen {
    each: BTreeSet<String>,
    together: BTreeSet<(String, String)>,
}

/// Looks in `/proc` for the rclone of runs, until it is dropped.
struct Sampler {
    seen: Arc<Mutex<Seen>>,
    /// Dropped with it: then the looking ends.
    _goes_on: mpsc::Sender<()>,
}

impl Sampler {
    fn start(data: PathBuf) -> Self {
        let (goes_on, over) = mpsc::channel();
        let seen = Arc::<Mutex<Seen>>::default();
        let sampler = Self { seen: Arc::clone(&seen), _goes_on: goes_on };
        thread::spawn(move || {
            while over.recv_timeout(OFTEN) == Err(RecvTimeoutError::Timeout) {
                let now = working(&data);
                let mut seen = seen.lock().expect("whole");
                for (at, one) in now.iter().enumerate() {
                    seen.each.insert(one.clone());
                    seen.together.extend(now[at + 1..].iter().map(|other| (one.clone(), other.clone())));
                }
            }
        });
        sampler
    }
}

/// The runs whose rclone lives, in order.
fn working(data: &Path) -> Vec<String> {
    let mark = data.join("runs/").display().to_string();
    let run = |path: PathBuf| {
        let line = fs::read(path.join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line);
        let (program, rest) = line.split_once('\0')?;
        let folder = rest.split_once(&mark)?.1.split(['/', '\0']).next()?;
        let transfers = !rest.starts_with("shim") && program.ends_with("rclone") && !folder.ends_with(".guard");
        transfers.then(|| folder.split('.').next().unwrap_or(folder).to_owned())
    };
    let found: BTreeSet<_> =
        fs::read_dir("/proc").expect("Linux").flatten().filter_map(|entry| run(entry.path())).collect();
    found.into_iter().collect()
}

/// A time of a run, to be compared: a trailing Z sorts after the digits that a time with more of them has.
fn time(run: &Value, name: &str) -> Option<String> {
    run[name].as_str().map(|text| text.trim_end_matches('Z').to_owned())
}

/// Whether two runs worked at the same time, as their rows say.
fn overlap(one: &Value, other: &Value) -> bool {
    let (Some(from), Some(to)) = (time(one, "started_at"), time(one, "ended_at")) else { return false };
    let (Some(other_from), Some(other_to)) = (time(other, "started_at"), time(other, "ended_at")) else { return false };
    from < other_to && other_from < to
}

/// What became of a pair.
struct Outcome {
    kind: &'static str,
    ids: Vec<String>,
    refused: bool,
    overlaps: bool,
}

/// Asks for both at the same moment, and waits for them.
async fn pair(console: &Console, number: usize) -> Outcome {
    let (kinds, mut chance) = (PAIRS.len() + MOVES.len() + 1, Chance::of(number));
    let (kind, mut runs) = requests(console, number, number % kinds);
    let may_refuse = runs.each_mut().map(|run| {
        let refuse = chance.coin();
        run["on_busy"] = json!(if refuse { "refuse" } else { "queue" });
        // So long that two of them would be seen.
        run["options"] = json!({ "bwlimit": "192k" });
        refuse
    });
    if chance.coin() {
        runs.swap(0, 1);
    }
    let ask = |run: &Value| console.request(Method::POST, "/api/v1/runs").json(run).send();
    let (one, other) = join(ask(&runs[0]), ask(&runs[1])).await;
    let mut ended = Vec::new();
    let mut refusals = Vec::new();
    for answer in [one, other] {
        let answer = answer.expect("an answer");
        let status = answer.status();
        let body: Value = answer.json().await.expect("JSON");
        match status {
            StatusCode::ACCEPTED => ended.push(body["id"].as_str().expect("an id").to_owned()),
            _ => {
                assert_eq!(
                    (status, &body["code"]),
                    (StatusCode::CONFLICT, &json!("destination_busy")),
                    "{kind}: {body}"
                );
                refusals.push(body);
            }
        }
    }
    assert!(refusals.len() <= usize::from(may_refuse != [false; 2]), "{kind}: refused who would have waited");
    let ids = ended.clone();
    let mut rows = Vec::new();
    for id in &ids {
        let row = end(console, id).await;
        // The second of these two finds the plain name that the first wrote, and says that it cannot be decrypted.
        let foreign =
            kind == UNDER_CRYPT && row["warnings"][0]["kind"] == "names_not_decrypted" && row["warnings"][1].is_null();
        let good =
            matches!(row["state"].as_str(), Some("succeeded" | "no_change")) || (foreign && row["state"] == "warning");
        // What was moved away before is not there any more, or its folder is empty: that is an end as well.
        let gone = row["exit_code"] == 3 || (row["state"] == "warning" && row["stats"]["listed"] == 0);
        assert!(good || (MOVES.contains(&kind) && gone), "{kind}: {row}");
        rows.push(row);
    }
    let overlaps = matches!(rows.as_slice(), [one, other] if overlap(one, other));
    if let ([one, other], [true, true]) = (rows.as_slice(), may_refuse)
        && kind != APART.0
    {
        // On a busy machine the first may have ended before the second was asked for.
        let apart = |one: &Value, other: &Value| time(one, "ended_at") <= time(other, "created_at");
        assert!(
            apart(one, other) || apart(other, one),
            "{kind}: both were taken, and neither would wait: {one} {other}"
        );
    }
    fs::remove_dir_all(console.root().join(format!("pair{number}"))).expect("removed");
    Outcome { kind, ids, refused: !refusals.is_empty(), overlaps }
}

#[tokio::test]
async fn two_runs_that_would_write_in_one_place_never_work_at_once() {
    let kinds = PAIRS.len() + MOVES.len() + 1;
    let (console, pairs) = (Console::start(), count("LONGSHORE_SUITE_PAIRS", kinds));
    remotes(&console).await;
    let sampler = Sampler::start(console.data());
    let outcomes = RefCell::new(Vec::new());
    stream::iter(0..pairs)
        .for_each_concurrent(AT_ONCE, async |number| {
            let outcome = pair(&console, number).await;
            outcomes.borrow_mut().push(outcome);
        })
        .await;
    let (outcomes, seen) = (outcomes.into_inner(), sampler.seen.lock().expect("whole"));
    let (mut overlaps, mut table) = (Vec::new(), BTreeMap::<_, [usize; 3]>::new());
    let (mut runs, mut unseen) = (0, 0);
    for outcome in &outcomes {
        let mut ids = outcome.ids.clone();
        ids.sort();
        runs += ids.len();
        unseen += ids.iter().filter(|id| !seen.each.contains(*id)).count();
        let together = matches!(ids.as_slice(), [one, other] if seen.together.contains(&(one.clone(), other.clone())));
        let met = outcome.overlaps || together;
        let [tried, refused, at_once] = table.entry(outcome.kind).or_default();
        (*tried, *refused, *at_once) =
            (*tried + 1, *refused + usize::from(outcome.refused), *at_once + usize::from(met));
        if met && outcome.kind != APART.0 {
            overlaps.push((outcome.kind, ids));
        }
    }
    eprintln!("{pairs} pairs, {runs} runs, {unseen} of them too short to be seen; tried, refused, at once: {table:#?}");
    assert!(overlaps.is_empty(), "{overlaps:?}");
    // Who never sees two at once, where two may be, sees nothing.
    assert!(table[APART.0][2] > 0 && unseen * 10 <= runs, "it was not looked often enough");
}
