//! Turns `ROW WARM_UP N` into a line of figures about tokio's current-thread runtime.

#[path = "../peers/command.rs"]
mod command;
#[path = "../peers/rows.rs"]
mod rows;

/// The workloads' words, in tokio's API.
mod words {
    use std::future::Future;

    pub(crate) use futures_util::future::join_all;
    use tokio::runtime::{Builder, LocalOptions};
    pub(crate) use tokio::sync::Semaphore;
    pub(crate) use tokio::task::{spawn_local as spawn, yield_now};
    pub(crate) use tokio::time::{sleep, timeout};

    /// On a `LocalRuntime`: tokio's current-thread scheduler itself, without the second queue of a `LocalSet`.
    pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
        let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
        runtime.expect("a runtime can be made").block_on(future)
    }
}

fn main() {
    command::main();
}
