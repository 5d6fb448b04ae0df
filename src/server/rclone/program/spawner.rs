//! The thread that starts the processes which end with the console. `PR_SET_PDEATHSIG` follows the *thread* that forks,
//! so that it must be one that lives as long as the console does: not one of tokio's.

use std::{io, sync::mpsc, thread};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

use super::spawn::Process;

/// A request: how to start it, and where to put the child.
type Request = (Command, oneshot::Sender<io::Result<Child>>);

/// Starts processes that end with the console, however that ends. Clones share one thread.
#[derive(Clone, Debug)]
pub struct Spawner {
    requests: mpsc::Sender<Request>,
}

impl Spawner {
    /// Starts the thread. Within a tokio runtime, which then waits for the children.
    pub fn start() -> io::Result<Self> {
        let (requests, inbox) = mpsc::channel::<Request>();
        let runtime = Handle::current();
        thread::Builder::new().name("rclone-keeper".into()).spawn(move || {
            let _guard = runtime.enter();
            for (mut command, answer) in inbox {
                // Nobody waits any more: the child is dropped, and killed by that.
                let _ = answer.send(command.spawn());
            }
        })?;
        Ok(Self { requests })
    }

    /// Starts `process` with the streams that `streams` sets. The child is killed when it is dropped.
    pub async fn spawn(&self, mut process: Process, streams: impl FnOnce(&mut Command)) -> io::Result<Child> {
        process.dies_with_thread = true;
        let mut command = Command::from(process.command()?);
        command.kill_on_drop(true);
        streams(&mut command);
        let (answer, child) = oneshot::channel();
        self.requests.send((command, answer)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        child.await.map_err(|_| io::ErrorKind::BrokenPipe)?
    }
}
