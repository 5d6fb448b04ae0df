//! A machine whose clock is set while runs wait: the engine with a clock of its own, the real store, the real rclone.

use std::{fs, path::Path, time::Duration};

use longshore::{
    domain::{
        audit::Via,
        guard::Guards,
        id::{RunId, UserId},
        location::Location,
        operation::Operation,
        retry::Retry,
        run::{state::RunState, wait::Pause},
        time::Timestamp,
        transfer::TransferOptions,
        user::Role,
    },
    server::{
        engine::{Engine, EngineConfig, places},
        events::Hub,
        locations::Locations,
        platform::{clock::Clock, tasks::Tasks},
        rclone::manager::{Rclone, RcloneConfig},
        store::{
            Store, new_id, runs,
            users::{self, NewUser},
        },
    },
};

use super::support::{rclone_path, until, write};

const HOUR: i64 = 3_600_000;

struct House {
    dir: tempfile::TempDir,
    store: Store,
    clock: Clock,
    locations: Locations,
    engine: Engine,
    tasks: Tasks,
    user: UserId,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        write(dir.path(), "photos/a", b"a");
        fs::create_dir(dir.path().join("runs")).expect("made");
        let (store, clock) =
            (Store::in_memory().await.expect("store"), Clock::fixed(Timestamp(Clock::system().now().0)));
        let config = RcloneConfig {
            binary: Some(rclone_path()),
            master: dir.path().join("rclone.conf"),
            roots: vec![dir.path().canonicalize().expect("a folder")],
            data_dir: dir.path().to_owned(),
            shim: env!("CARGO_BIN_EXE_longshore").into(),
            limit: Duration::from_secs(300),
            outbound: longshore::server::outbound::Outbound::default(),
        };
        let rclone = Rclone::open(config).await.expect("rclone");
        let locations = Locations::new(rclone.clone(), [dir.path().canonicalize().expect("a folder")].into());
        let tasks = Tasks::default();
        let engine = Engine::new(EngineConfig {
            store: store.clone(),
            rclone,
            locations: locations.clone(),
            clock: clock.clone(),
            runs_dir: dir.path().join("runs"),
            limits: runs::Limits { global: 4, per_remote: 4 },
            stall_limit: Duration::from_secs(300),
            events: Hub::default(),
            tasks: tasks.clone(),
        });
        let user = NewUser {
            id: new_id(clock.now()),
            name: "ole".to_owned(),
            role: Role::Operator,
            password_hash: String::new(),
            must_change: false,
            created_at: clock.now(),
        };
        let mut tx = store.begin().await.expect("begin");
        users::insert(&mut tx, &user).await.expect("a user");
        tx.commit().await.expect("commit");
        Self { dir, store, clock, locations, engine, tasks, user: user.id }
    }

    fn at(&self, name: &str) -> Location {
        let path: &Path = self.dir.path();
        Location::parse(path.join(name).to_str().expect("text")).expect("a location")
    }

    async fn queue(&self, to: &str, limit: Option<i64>) -> RunId {
        let now = self.clock.now();
        let task = runs::Task {
            operation: Operation::Copy,
            source: self.at("photos"),
            destination: Some(self.at(to)),
            options: TransferOptions::default(),
            guards: Guards::default(),
            retry_of: None,
        };
        let checked = self.locations.transfer(places::asked(&task)).await.expect("allowed");
        let row = runs::NewRow {
            id: new_id(now),
            places: places::of(&checked, task.operation, false),
            task,
            spec: String::new(),
            approved_by: None,
            job: None,
            parent: None,
            retry: Retry::default(),
            priority: 0,
            user_id: self.user,
            user: "ole".to_owned(),
            via: Via::Session,
            token: None,
            confirmed: false,
            address: None,
            created_at: now,
            deadline_at: limit.map(|ms| Timestamp(now.0 + ms)),
            idempotency_key: None,
        };
        let mut tx = self.store.begin().await.expect("begin");
        runs::insert(&mut tx, &row).await.expect("insert");
        tx.commit().await.expect("commit");
        self.engine.wake();
        row.id
    }

    async fn pause(&self, rest: bool) {
        let pause = rest.then(|| Pause { at: self.clock.now(), by: "ole".to_owned(), reason: String::new() });
        let mut tx = self.store.begin().await.expect("begin");
        runs::set_pause(&mut tx, pause.as_ref()).await.expect("pause");
        tx.commit().await.expect("commit");
        self.engine.wake();
    }

    async fn ended(&self, id: &RunId) -> RunState {
        until("the run has ended", async || {
            let stored =
                runs::get(&mut self.store.acquire().await.expect("reader"), id).await.expect("get").expect("there");
            Some(stored.run.summary.state).filter(|state| state.is_final())
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_when_the_clock_is_set_neither_waits_for_an_hour_nor_runs_out_of_time() {
    let house = House::new().await;
    house.engine.start().await.expect("started");
    // One that ends: from here on the queue has looked at the clock.
    assert_eq!(house.ended(&house.queue("first", None).await).await, RunState::Succeeded);
    for (n, ms) in [-HOUR, HOUR].into_iter().enumerate() {
        house.pause(true).await;
        let id = house.queue(&format!("copy{n}"), Some(HOUR / 2)).await;
        house.clock.set(ms);
        house.pause(false).await;
        assert_eq!(house.ended(&id).await, RunState::Succeeded, "the clock was set by {ms} ms");
    }
    assert_eq!(house.tasks.stop(Duration::from_secs(60)).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_while_a_run_is_taken_from_the_queue_costs_it_no_time() {
    let house = House::new().await;
    house.engine.start().await.expect("started");
    // The queue looks at the clock and then takes the run: one of these is set in between.
    for n in 0..24 {
        let ms = if n % 2 == 0 { HOUR } else { -HOUR };
        let id = house.queue(&format!("copy{n}"), Some(HOUR / 2)).await;
        for _ in 0..n {
            tokio::task::yield_now().await;
        }
        house.clock.set(ms);
        assert_eq!(house.ended(&id).await, RunState::Succeeded, "the clock was set by {ms} ms");
    }
    assert_eq!(house.tasks.stop(Duration::from_secs(60)).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_while_no_console_ran_keeps_nobody_waiting() {
    let house = House::new().await;
    let id = house.queue("copy", None).await;
    house.clock.set(-HOUR);
    house.engine.start().await.expect("started");
    assert_eq!(house.ended(&id).await, RunState::Succeeded);
    assert_eq!(house.tasks.stop(Duration::from_secs(60)).await, [""; 0]);
}
