//! Turns `ROW WARM_UP N` into a line of figures about tokio's current-thread runtime.

#[path = "../peers/command.rs"]
mod command;
#[path = "../peers/rows.rs"]
mod rows;
#[path = "../peers/tools.rs"]
mod tools;

/// The workloads' words, in tokio's API.
mod words {
    use std::future::Future;

    pub(crate) use futures_util::future::join_all;
    use tokio::runtime::{Builder, LocalOptions};
    pub(crate) use tokio::sync::Semaphore;
    pub(crate) use tokio::task::{spawn_local as spawn, yield_now};
    pub(crate) use tokio::time::{sleep, timeout};

    pub(crate) use futures_util::stream::{StreamExt, iter};
    pub(crate) use tokio::sync::Mutex;
    pub(crate) use tokio::sync::mpsc::{channel, channel as remote};
    pub(crate) use tokio::task::spawn_blocking;

    pub(crate) mod oneshot {
        pub(crate) use tokio::sync::oneshot::channel;

        pub(crate) fn send<T>(to: tokio::sync::oneshot::Sender<T>, value: T) -> bool {
            to.send(value).is_ok()
        }
    }

    pub(crate) fn send_blocking<T: Send>(to: &tokio::sync::mpsc::Sender<T>, value: T) {
        assert!(to.blocking_send(value).is_ok(), "the receiver is there");
    }

    /// Tasks in a group, and their outputs as they come.
    pub(crate) async fn group_of(n: u64) {
        let mut group = tokio::task::JoinSet::new();
        for i in 0..n {
            group.spawn_local(async move { i });
        }
        while let Some(output) = group.join_next().await {
            assert!(output.is_ok(), "no task fails");
        }
    }

    pub(crate) async fn for_each_concurrent<I: IntoIterator, F: Future<Output = ()>>(
        limit: usize,
        items: I,
        work: impl FnMut(I::Item) -> F,
    ) {
        iter(items).for_each_concurrent(limit, work).await;
    }

    /// On a `LocalRuntime`: tokio's current-thread scheduler itself, without the second queue of a `LocalSet`.
    pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
        let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
        runtime.expect("a runtime can be made").block_on(future)
    }
}

fn main() {
    command::main();
}
