//! Background tasks: each starts here under a name, and all of them stop here. One that panics is logged by its name;
//! a loop is then started again, because what it works on is in the database or on disk.

use std::{
    any::Any,
    borrow::Cow,
    collections::BTreeMap,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::FutureExt as _;
use tokio::{
    task::AbortHandle,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How soon a loop that panicked is started again.
const RESTART_DELAY: Duration = Duration::from_secs(10);

/// A registry of background tasks. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Tasks(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stopping: CancellationToken,
    tracker: TaskTracker,
    running: Mutex<Running>,
}

/// What runs now, in the order in which it was started.
#[derive(Debug, Default)]
struct Running {
    started: u64,
    tasks: BTreeMap<u64, (Cow<'static, str>, Option<AbortHandle>)>,
}

impl Tasks {
    /// Cancelled when the tasks are to stop.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.0.stopping.clone()
    }

    /// Starts a task that ends by itself or when [`Self::stopping`] is cancelled. Its work is lost when it panics, and
    /// the log says so.
    pub fn spawn(&self, name: impl Into<Cow<'static, str>>, task: impl Future<Output = ()> + Send + 'static) {
        let name = name.into();
        let entry = Entry::new(&self.0, name.clone());
        let number = entry.number;
        let handle = self.0.tracker.spawn(async move {
            let _entry = entry;
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                tracing::error!(task = %name, panic = message(&*panic), "a background task panicked, and has ended");
            }
        });
        // It may have ended by now.
        if let Some((_, abort)) = self.0.running().tasks.get_mut(&number) {
            *abort = Some(handle.abort_handle());
        }
    }

    /// Starts a loop: a task that ends only when [`Self::stopping`] is cancelled. If it panics, it is started again
    /// after ten seconds.
    pub fn spawn_loop<T>(&self, name: &'static str, task: impl FnMut() -> T + Send + 'static)
    where
        T: Future<Output = ()> + Send + 'static,
    {
        self.spawn_loop_with(RESTART_DELAY, name, task);
    }

    fn spawn_loop_with<T>(&self, delay: Duration, name: &'static str, mut task: impl FnMut() -> T + Send + 'static)
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let stopping = self.stopping();
        self.spawn(name, async move {
            while let Err(panic) = AssertUnwindSafe(task()).catch_unwind().await {
                tracing::error!(
                    task = name,
                    panic = message(&*panic),
                    "a background task panicked; it is started again"
                );
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = sleep(delay) => {}
                }
            }
        });
    }

    /// Stops all tasks and waits for them, at most for `limit`. The names of those that did not stop in time: they are
    /// logged, and aborted.
    pub async fn stop(&self, limit: Duration) -> Vec<String> {
        self.0.stopping.cancel();
        self.0.tracker.close();
        if timeout(limit, self.0.tracker.wait()).await.is_ok() {
            return Vec::new();
        }
        let left: Vec<_> = self.0.running().tasks.values().cloned().collect();
        let mut names = Vec::new();
        for (name, abort) in left {
            tracing::error!(task = %name, "a background task did not stop in time, and is aborted");
            abort.inspect(AbortHandle::abort);
            names.push(name.into_owned());
        }
        names
    }
}

impl Inner {
    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task's entry in the registry, for as long as it runs.
struct Entry {
    registry: Arc<Inner>,
    number: u64,
}

impl Entry {
    fn new(registry: &Arc<Inner>, name: Cow<'static, str>) -> Self {
        let mut running = registry.running();
        running.started += 1;
        let number = running.started;
        running.tasks.insert(number, (name, None));
        drop(running);
        Self { registry: Arc::clone(registry), number }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.running().tasks.remove(&self.number);
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::atomic::{AtomicU32, Ordering},
    };

    use tokio::sync::Notify;
    use tracing::{dispatcher, subscriber};

    use super::*;

    /// Longer than any of these tasks needs.
    const LONG: Duration = Duration::from_secs(60);

    /// What is logged, as text.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("whole").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        /// Logs of this thread go here until the guard is dropped.
        fn listen(&self) -> subscriber::DefaultGuard {
            let log = self.clone();
            let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).finish();
            dispatcher::set_default(&subscriber.into())
        }

        /// How many lines hold all of these.
        fn lines(&self, words: &[&str]) -> usize {
            let text = String::from_utf8(self.0.lock().expect("whole").clone()).expect("text");
            text.lines().filter(|line| words.iter().all(|word| line.contains(word))).count()
        }
    }

    #[tokio::test]
    async fn stopping_ends_every_task_and_a_second_time_is_nothing() {
        let tasks = Tasks::default();
        let ended = Arc::new(AtomicU32::new(0));
        for name in ["a", "b", "c"] {
            let (stopping, ended) = (tasks.stopping(), Arc::clone(&ended));
            tasks.spawn(name, async move {
                stopping.cancelled().await;
                ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        let (stopping, looped) = (tasks.stopping(), Arc::clone(&ended));
        tasks.spawn_loop("loop", move || {
            let (stopping, looped) = (stopping.clone(), Arc::clone(&looped));
            async move {
                stopping.cancelled().await;
                looped.fetch_add(1, Ordering::Relaxed);
            }
        });
        tasks.spawn("short", async {});
        assert_eq!(tasks.stop(LONG).await, [""; 0]);
        assert_eq!(ended.load(Ordering::Relaxed), 4);
        assert_eq!(tasks.stop(LONG).await, [""; 0]);
        assert!(tasks.0.running().tasks.is_empty());
    }

    #[tokio::test]
    async fn a_task_that_panics_is_logged_by_its_name_once_and_the_others_go_on() {
        let (tasks, log) = (Tasks::default(), Log::default());
        let _listening = log.listen();
        let goes_on = Arc::new(Notify::new());
        let heard = Arc::clone(&goes_on);
        tasks.spawn("run 01JD", async { panic!("a {} is missing", "nail") });
        tasks.spawn("run 01JE", async { std::panic::panic_any(7) });
        tasks.spawn("other", async move { heard.notified().await });
        while tasks.0.running().tasks.len() > 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(log.lines(&["ERROR", "run 01JD", "a nail is missing", "panicked"]), 1);
        assert_eq!(log.lines(&["ERROR", "run 01JE", "no message", "panicked"]), 1);
        goes_on.notify_one();
        assert_eq!(tasks.stop(LONG).await, [""; 0]);
        assert_eq!(log.lines(&["ERROR"]), 2);
    }

    #[tokio::test]
    async fn a_loop_that_panics_is_started_again_until_it_is_to_stop() {
        let (tasks, log) = (Tasks::default(), Log::default());
        let _listening = log.listen();
        let times = Arc::new(AtomicU32::new(0));
        let (stopping, counted, third) = (tasks.stopping(), Arc::clone(&times), Arc::new(Notify::new()));
        let reached = Arc::clone(&third);
        tasks.spawn_loop_with(Duration::ZERO, "queue", move || {
            let (stopping, counted, reached) = (stopping.clone(), Arc::clone(&counted), Arc::clone(&reached));
            async move {
                assert!(counted.fetch_add(1, Ordering::Relaxed) >= 2, "not yet");
                reached.notify_one();
                stopping.cancelled().await;
            }
        });
        third.notified().await;
        assert_eq!(tasks.stop(LONG).await, [""; 0]);
        assert_eq!(times.load(Ordering::Relaxed), 3);
        assert_eq!(log.lines(&["ERROR", "queue", "not yet", "started again"]), 2);
    }

    #[tokio::test]
    async fn a_loop_that_panics_while_it_is_to_stop_is_not_started_again() {
        let tasks = Tasks::default();
        let stopping = tasks.stopping();
        tasks.spawn_loop("queue", move || {
            let stopping = stopping.clone();
            async move {
                stopping.cancelled().await;
                panic!("at the end");
            }
        });
        assert_eq!(tasks.stop(LONG).await, [""; 0]);
    }

    #[tokio::test]
    async fn a_task_that_does_not_stop_is_named_and_aborted() {
        let (tasks, log) = (Tasks::default(), Log::default());
        let _listening = log.listen();
        let held = Arc::new(());
        let kept = Arc::clone(&held);
        tasks.spawn("stuck", async move {
            let _kept = kept;
            std::future::pending::<()>().await;
        });
        let stopping = tasks.stopping();
        tasks.spawn("good", async move { stopping.cancelled().await });
        assert_eq!(tasks.stop(Duration::from_millis(20)).await, ["stuck"]);
        assert_eq!(log.lines(&["ERROR", "stuck", "did not stop in time"]), 1);
        assert_eq!(log.lines(&["good"]), 0);
        tasks.0.tracker.wait().await;
        assert_eq!(Arc::strong_count(&held), 1, "what it held is free");
    }
}
