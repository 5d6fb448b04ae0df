//! What the console asks of a database with a million runs, and how long that takes: the server's own functions, each
//! many times.
//!
//! `cargo bench --bench history` makes the database, prints a line for each question and writes them to
//! `target/bench/history.json`, from which `cargo xtask bench` takes them. 200 jobs of 4,750 runs each, and 50,000 runs
//! with a route of their own.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use longshore::{
    domain::{
        audit::Via,
        guard::Guards,
        id::{JobId, RunId},
        location::Location,
        operation::Operation,
        retry::Retry,
        run::{query::RunQuery, state::RunState, stats::Stats},
        time::Timestamp,
        transfer::TransferOptions,
    },
    server::store::{Connection, Store, new_id, runs},
};
use serde_json::json;
use sqlx::SqlitePool;

type Outcome<T> = Result<T, Box<dyn Error>>;

const RUNS: i64 = 1_000_000;
const JOBS: i64 = 200;
/// From here on, one run a route.
const SAVED: i64 = 950_000;
/// How often each question is asked.
const TIMES: usize = 200;
/// The 99th percentile of each.
const GOAL: Duration = Duration::from_millis(50);
/// The first run was asked for then; the others 30 s apart.
const START: i64 = 1_735_689_600_000;

/// Fills the tables as a year of work would have. Counts as the triggers do, which a bulk insert passes by.
const FILL: &str = "
    INSERT INTO routes (id, search_text, runs, first_id, last_id)
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 50199)
      SELECT printf('01JROVTE%018d', i), CASE WHEN i < 200 THEN printf('/srv/data/set-%03d', i) || char(10) || printf('b2:archive/set-%03d', i)
             ELSE printf('/srv/inbox/case-%06d', i) || char(10) || printf('nas:cases/%06d', i) END,
             CASE WHEN i < 200 THEN 4750 ELSE 1 END, printf('01JR%022d', CASE WHEN i < 200 THEN i ELSE 950000 + i - 200 END),
             printf('01JR%022d', CASE WHEN i < 200 THEN 949800 + i ELSE 950000 + i - 200 END) FROM n;
    INSERT INTO jobs (id, name, name_key, operation, source, destination, options, guards, retry, on_busy, priority, user_id, user_name, created_at, updated_at)
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
      SELECT printf('01JJ0B%020d', i), printf('Set %03d', i), printf('set %03d', i), 'sync', printf('/srv/data/set-%03d', i), printf('b2:archive/set-%03d', i), '{}', '{}',
             '{\"attempts\":1,\"backoff_secs\":60}', 'queue', 0, '01JD3Z6N9V4M2K8Q7W5X1T0R3S', 'ana', 0, 0 FROM n;
    INSERT INTO runs (id, operation, source, destination, route_id, options, dry_run, state, job_id, job_name, rank, not_before, spec, source_key, filters_key, source_files, user_id, user_name,
                      via, created_at, started_at, ended_at, bytes, total_bytes, files, total_files, elapsed_ms, error, exit_code, guards)
      WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999),
      r AS (SELECT i, i < 950000 AS saved, CASE WHEN i < 950000 THEN i % 200 ELSE i - 950000 + 200 END AS route, 1735689600000 + i * 30000 AS at FROM n)
      SELECT printf('01JR%022d', i), CASE WHEN i % 100000 = 77 THEN 'delete' WHEN i % 97 = 0 THEN 'move' WHEN saved THEN 'sync' ELSE 'copy' END,
             CASE WHEN saved THEN printf('/srv/data/set-%03d', route) ELSE printf('/srv/inbox/case-%06d', route) END,
             CASE WHEN saved THEN printf('b2:archive/set-%03d', route) ELSE printf('nas:cases/%06d', route) END,
             printf('01JROVTE%018d', route), '{}', 0,
             CASE WHEN i % 200000 = 5 THEN 'stalled' WHEN i % 1000 = 3 THEN 'interrupted' WHEN i % 31 = 0 THEN 'failed' WHEN i % 53 = 0 THEN 'cancelled'
                  WHEN i % 3 = 0 THEN 'no_change' ELSE 'succeeded' END,
             CASE WHEN saved THEN printf('01JJ0B%020d', route) END, CASE WHEN saved THEN printf('Set %03d', route) END,
             at, at, printf('%064d', route), printf('%064d', route), 'none', CASE WHEN saved THEN 1000 END, '01JD3Z6N9V4M2K8Q7W5X1T0R3S', 'ana', 'session', at, at + 100, at + 20000,
             1000000, 1000000, 100, 100, 19000, CASE WHEN i % 31 = 0 THEN 'Failed to copy: connection reset by peer' END, CASE WHEN i % 31 = 0 THEN 1 ELSE 0 END, '{}'
        FROM r;
    INSERT INTO run_events (run_id, seq, at, kind, user_name, detail)
      SELECT id, 1, created_at, 'queued', 'ana', '' FROM runs UNION ALL
      SELECT id, 2, started_at, 'started', NULL, '' FROM runs UNION ALL
      SELECT id, 3, ended_at, 'ended', NULL, state FROM runs;
    INSERT INTO run_totals (operation, state, ended, bytes) SELECT operation, state, count(*), sum(bytes) FROM runs GROUP BY 1, 2;
    INSERT INTO run_days (day, operation, state, ended, bytes, files)
      SELECT ended_at / 86400000, operation, state, count(*), sum(bytes), sum(files) FROM runs GROUP BY 1, 2, 3;
";

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap_or(0) % n
    }
}

/// One line of the table.
struct Line {
    what: String,
    times: Vec<Duration>,
}

impl Line {
    fn at(&self, percent: usize) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        times[(times.len() * percent / 100).min(times.len() - 1)]
    }
}

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Outcome<()> {
    // Where cargo builds, on a disk: a folder in memory would hide what a disk costs.
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map_or_else(|| PathBuf::from("target"), Path::to_owned);
    let folder = tempfile::tempdir_in(&target)?;
    let path = folder.path().join("longshore.db");
    fill(&path).await?;
    let size = fs::metadata(&path)?.len() as f64 / 1e9;
    let start = Instant::now();
    let store = Store::open(&path).await?;
    let opened = start.elapsed();
    let mut lines = ask(&store).await?;
    lines.extend(write(&store).await?);
    store.close().await;
    report(&target, &lines, opened, size)
}

async fn fill(path: &Path) -> Outcome<()> {
    Store::open(path).await?.close().await;
    let pool = SqlitePool::connect(&format!("sqlite://{}", path.display())).await?;
    sqlx::raw_sql(FILL).execute(&pool).await?;
    pool.close().await;
    Ok(())
}

/// Asks one question many times.
async fn times(what: impl Into<String>, mut ask: impl AsyncFnMut(usize) -> Outcome<()>) -> Outcome<Line> {
    let mut times = Vec::with_capacity(TIMES);
    for n in 0..TIMES {
        let start = Instant::now();
        ask(n).await?;
        times.push(start.elapsed());
    }
    let line = Line { what: what.into(), times };
    eprintln!("{:60} p50 {:?}, p99 {:?}", line.what, line.at(50), line.at(99));
    Ok(line)
}

async fn page(c: &mut Connection, query: RunQuery, wanted: impl Fn(usize) -> bool) -> Outcome<()> {
    let page = runs::list(c, &query).await?;
    if wanted(page.runs.len()) { Ok(()) } else { Err(format!("{} runs for {query:?}", page.runs.len()).into()) }
}

fn found(as_expected: bool) -> Outcome<()> {
    if as_expected { Ok(()) } else { Err("not what was expected".into()) }
}

fn run_id(n: i64) -> Outcome<RunId> {
    Ok(format!("01JR{n:022}").parse()?)
}

fn job_id(n: i64) -> Outcome<JobId> {
    Ok(format!("01JJ0B{n:020}").parse()?)
}

/// What pages and programs ask.
async fn ask(store: &Store) -> Outcome<Vec<Line>> {
    let mut reader = store.acquire().await?;
    let c = &mut *reader;
    let mut dice = Dice(1);
    let any = RunQuery::default;
    let search = |text: &str| RunQuery { search: text.to_owned(), ..RunQuery::default() };
    let full = |found| found == 50;
    let mut lines = vec![times("runs: first page", async |_| page(c, any(), full).await).await?];
    let deep = async |_| page(c, RunQuery { cursor: Some(run_id(100 + dice.below(RUNS - 100))?), ..any() }, full).await;
    lines.push(times("runs: a page anywhere, by its cursor", deep).await?);
    for (state, least) in
        [(RunState::Failed, 50), (RunState::Succeeded, 50), (RunState::Stalled, 5), (RunState::Blocked, 0)]
    {
        let query = RunQuery { state: Some(state), ..any() };
        let ask = async |_| page(c, query.clone(), |found| found == least).await;
        lines.push(times(format!("runs: {}", state.as_str()), ask).await?);
    }
    for (operation, least) in [(Operation::Sync, 50), (Operation::Delete, 10)] {
        let query = RunQuery { operation: Some(operation), ..any() };
        let ask = async |_| page(c, query.clone(), |found| found == least).await;
        lines.push(times(format!("runs: {}", operation.as_str()), ask).await?);
    }
    for (state, operation) in [
        (RunState::Failed, Operation::Move),
        (RunState::Cancelled, Operation::Delete),
        (RunState::Stalled, Operation::Copy),
    ] {
        let query = RunQuery { state: Some(state), operation: Some(operation), ..any() };
        let ask = async |_| page(c, query.clone(), |_| true).await;
        lines.push(times(format!("runs: {} and {}", operation.as_str(), state.as_str()), ask).await?);
    }
    let of_job = async |_| page(c, RunQuery { job: Some(job_id(dice.below(JOBS))?), ..any() }, full).await;
    lines.push(times("runs: of a job", of_job).await?);
    for state in [RunState::Failed, RunState::Interrupted, RunState::Blocked] {
        let failed = async |_| {
            page(c, RunQuery { job: Some(job_id(dice.below(JOBS))?), state: Some(state), ..any() }, |_| true).await
        };
        lines.push(times(format!("runs: of a job and {}", state.as_str()), failed).await?);
    }
    lines.push(times("search: what every run has", async |_| page(c, search("/srv"), full).await).await?);
    lines.push(
        times("search: what none of the newest 50,000 has", async |_| page(c, search("b2:archive"), full).await)
            .await?,
    );
    lines.push(times("search: what one run in twenty has", async |_| page(c, search("nas:cases"), full).await).await?);
    lines.push(times("search: what one job has", async |_| page(c, search("set-042"), full).await).await?);
    let rare =
        async |_| page(c, search(&format!("case-{:06}", 200 + dice.below(RUNS - SAVED))), |found| found == 1).await;
    lines.push(times("search: what one run has", rare).await?);
    lines.push(times("search: what none has", async |_| page(c, search("nowhere"), |found| found == 0).await).await?);
    for (text, state) in
        [("/srv", RunState::Stalled), ("nas:cases", RunState::Failed), ("/srv/data", RunState::Blocked)]
    {
        let query = RunQuery { state: Some(state), ..search(text) };
        lines.push(
            times(format!("search: {text} and {}", state.as_str()), async |_| page(c, query.clone(), |_| true).await)
                .await?,
        );
    }
    let one = async |_| {
        let id = run_id(dice.below(RUNS))?;
        runs::get(c, &id).await?.ok_or("it is there")?;
        if runs::events(c, &id).await?.len() == 3 { Ok(()) } else { Err("three events".into()) }
    };
    lines.push(times("one run with its events", one).await?);
    lines.push(times("totals", async |_| found(!runs::totals(c).await?.is_empty())).await?);
    let now = Timestamp(START + RUNS * 30_000);
    let overview = async |_| {
        runs::unfinished(c).await?;
        runs::week(c, Timestamp(now.0 - 7 * 86_400_000)).await?;
        runs::days(c, Timestamp(now.0 - 29 * 86_400_000)).await?;
        if runs::recent(c, 8).await?.len() == 8 { Ok(()) } else { Err("eight runs".into()) }
    };
    lines.push(times("the overview's questions", overview).await?);
    let jobs = (0..100).map(job_id).collect::<Outcome<Vec<_>>>()?;
    lines.push(
        times("the last runs of 100 jobs", async |_| found(runs::last_of_jobs(c, &jobs).await?.len() == 100)).await?,
    );
    let guarded = async |c: &mut _, key: &str| {
        let source = runs::SourceKey { place: key.to_owned(), filters: "none".to_owned() };
        let counted = runs::Counted { source: &source, job: None, destination: "b2:nowhere", spec: "never" };
        runs::baseline(c, counted, Timestamp(now.0 - 28 * 86_400_000)).await
    };
    let known = async |_| {
        guarded(&mut *c, &format!("{:064}", dice.below(JOBS))).await?.last.map(drop).ok_or_else(|| "files".into())
    };
    lines.push(times("a guard: files of the last time", known).await?);
    lines.push(times("a guard: a first time", async |_| found(guarded(&mut *c, "never").await?.last.is_none())).await?);
    Ok(lines)
}

/// What the engine writes.
async fn write(store: &Store) -> Outcome<Vec<Line>> {
    let now = Timestamp(START + RUNS * 30_000);
    let limits = runs::Limits { global: 8, per_remote: 4 };
    let at = |text: &str| Location::parse(text).map_err(|error| format!("{error:?}"));
    let life = async |n: usize| {
        let at_time = Timestamp(now.0 + i64::try_from(n)?);
        let place = runs::PathLock { key: format!("/srv/new-{n}/"), writes: true, remote: String::new() };
        let task = runs::Task {
            operation: Operation::Copy,
            source: at("/srv/in")?,
            destination: Some(at(&format!("/srv/new-{n}"))?),
            options: TransferOptions::default(),
            guards: Guards::default(),
            retry_of: None,
        };
        let row = runs::NewRow {
            id: new_id(at_time),
            task,
            places: vec![place],
            spec: String::new(),
            approved_by: None,
            job: None,
            parent: None,
            retry: Retry::default(),
            priority: 0,
            user_id: new_id(at_time),
            user: "ana".to_owned(),
            via: Via::Session,
            token: None,
            confirmed: false,
            address: None,
            created_at: at_time,
            deadline_at: None,
            idempotency_key: None,
        };
        let mut tx = store.begin().await?;
        runs::busy(&mut tx, &row.places).await?;
        runs::insert(&mut tx, &row).await?;
        tx.commit().await?;
        let mut tx = store.begin().await?;
        let claimed = runs::claim(&mut tx, at_time, limits).await?.ok_or("a run that waits")?;
        tx.commit().await?;
        let mut tx = store.begin().await?;
        runs::set_running(&mut tx, &claimed.id, claimed.fence, at_time).await?;
        tx.commit().await?;
        let end = runs::End {
            state: RunState::Succeeded,
            ended_at: at_time,
            stats: Stats::default(),
            warnings: Vec::new(),
            error: None,
            exit_code: Some(0),
            signal: None,
            report: None,
        };
        let mut tx = store.begin().await?;
        runs::finish(&mut tx, &claimed.id, claimed.fence, &end).await?;
        Ok(tx.commit().await?)
    };
    Ok(vec![times("a run's life: four commits to the disk", life).await?])
}

fn report(target: &Path, lines: &[Line], opened: Duration, size: f64) -> Outcome<()> {
    let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    let mut rows: Vec<_> = lines
        .iter()
        .map(|line| {
            let (p50, p99) = (line.at(50), line.at(99));
            let what = format!("1,000,000 runs: {}", line.what);
            json!({ "what": what, "measured": format!("{} / {}", millis(p50), millis(p99)), "goal": "p99 ≤ 50 ms", "met": p99 <= GOAL })
        })
        .collect();
    let what = format!("1,000,000 runs: the check at the start, of {size:.1} GB");
    rows.push(json!({ "what": what, "measured": format!("{:.2} s", opened.as_secs_f64()), "goal": "" }));
    for row in &rows {
        eprintln!(
            "{} | {} | {}",
            row["what"].as_str().unwrap_or_default(),
            row["measured"].as_str().unwrap_or_default(),
            row["met"]
        );
    }
    fs::create_dir_all(target.join("bench"))?;
    Ok(fs::write(target.join("bench/history.json"), serde_json::to_vec(&rows)?)?)
}
