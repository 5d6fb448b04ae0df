//! Pages are rendered by one task each. What leptos starts beside a page, such as the effect of a `Transition`, would
//! run on another thread of the runtime, at the same time; and a memo that two threads read for the first time at once
//! panics, because it is empty while it is computed (`reactive_graph` 0.2.16, `MemoInner::update_if_necessary`). The
//! page then never comes.

use std::pin::pin;

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

tokio::task_local! {
    /// Where what the page starts goes.
    static STARTED: UnboundedSender<PinnedFuture<()>>;
}

/// What leptos starts things with.
struct WithThePage;

impl CustomExecutor for WithThePage {
    fn spawn(&self, task: PinnedFuture<()>) {
        match STARTED.try_with(Clone::clone) {
            // A page that has ended needs it no more.
            Ok(started) => drop(started.send(task)),
            Err(_) => drop(tokio::spawn(task)),
        }
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        tokio::task::spawn_local(task);
    }

    fn poll_local(&self) {}
}

/// Has leptos start things with the page that they belong to. Comes before leptos is asked for anything: the first to
/// say this is heard.
pub fn init() {
    let _ = Executor::init_custom_executor(WithThePage);
}

/// Answers with a whole page: what it started has ended with it.
pub async fn in_one_task(request: Request, next: Next) -> Response {
    whole(next.run(request)).await
}

/// A page, with its body there.
pub async fn whole(page: impl Future<Output = Response>) -> Response {
    let page = async {
        let (head, body) = page.await.into_parts();
        // Leptos sends text that it has made already.
        let body = to_bytes(body, usize::MAX).await.expect("a page that is there can be read");
        Response::from_parts(head, Body::from(body))
    };
    alone(page).await
}

/// Runs a page and what it starts in turn, and never two of them at once.
async fn alone<T>(page: impl Future<Output = T>) -> T {
    let (started, mut new) = unbounded_channel();
    let run = async {
        let mut page = pin!(page);
        let mut tasks = FuturesUnordered::new();
        loop {
            tokio::select! {
                answer = &mut page => return answer,
                Some(task) = new.recv() => tasks.push(task),
                Some(()) = tasks.next() => {}
            }
        }
    };
    STARTED.scope(started, run).await
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        thread::yield_now,
    };

    use axum::http::StatusCode;
    use leptos::prelude::*;

    use super::*;

    static BUSY: AtomicBool = AtomicBool::new(false);
    static TOGETHER: AtomicUsize = AtomicUsize::new(0);

    /// Takes long, and tells when two did it at once.
    fn work(_: Option<&&'static str>) -> &'static str {
        if BUSY.swap(true, SeqCst) {
            TOGETHER.fetch_add(1, SeqCst);
        }
        (0..10_000).for_each(|_| yield_now());
        BUSY.store(false, SeqCst);
        "done"
    }

    /// Two parts that wait for the same, and then read the same memo.
    fn page() -> impl IntoView {
        let slow = Memo::new(work);
        let data = Resource::new(|| (), |()| tokio::task::yield_now());
        let part = move || {
            let show = move || {
                Suspend::new(async move {
                    data.await;
                    view! { <p>{move || slow.get()}</p> }
                })
            };
            view! { <Transition fallback=|| ()>{show}</Transition> }
        };
        view! { {part()} {part()} }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_parts_of_a_page_never_run_at_once() {
        init();
        for _ in 0..100 {
            let render = leptos_axum::render_app_async(page);
            let response = whole(render(Request::new(Body::empty()))).await;
            assert_eq!(response.status(), StatusCode::OK);
            let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
            assert_eq!(String::from_utf8_lossy(&body).matches("<p>done").count(), 2);
        }
        assert_eq!(TOGETHER.load(SeqCst), 0, "times that two ran at once");
    }

    #[tokio::test]
    #[should_panic(expected = "what it started has failed")]
    async fn a_page_fails_with_what_it_started() {
        init();
        let page = async {
            Executor::spawn(async { panic!("what it started has failed") });
            std::future::pending::<Response>().await
        };
        whole(page).await;
    }
}
