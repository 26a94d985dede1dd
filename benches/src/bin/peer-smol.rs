//! Turns `ROW WARM_UP N` into a line of figures about smol: its local executor and its reactor.

#[path = "../peers/command.rs"]
mod command;
#[path = "../peers/rows.rs"]
mod rows;
#[path = "../peers/tools.rs"]
mod tools;

/// The workloads' words, in the API of smol's crates.
mod words {
    use std::future::Future;
    use std::time::Duration;

    use async_executor::{LocalExecutor, Task};
    use async_io::Timer;
    pub(crate) use async_lock::Semaphore;
    use futures_lite::FutureExt;
    pub(crate) use futures_lite::future::yield_now;
    pub(crate) use futures_util::future::join_all;

    pub(crate) use async_channel::{bounded as channel, bounded as remote};
    pub(crate) use async_lock::Mutex;
    pub(crate) use blocking::unblock as spawn_blocking;
    pub(crate) use futures_util::stream::{StreamExt, iter};

    /// A channel for one value: smol has no other.
    pub(crate) mod oneshot {
        use std::future::Future;

        use async_channel::{RecvError, Sender};

        pub(crate) fn channel<T>() -> (Sender<T>, impl Future<Output = Result<T, RecvError>>) {
            let (sender, receiver) = async_channel::bounded(1);
            (sender, async move { receiver.recv().await })
        }

        pub(crate) fn send<T>(to: Sender<T>, value: T) -> bool {
            to.try_send(value).is_ok()
        }
    }

    pub(crate) fn send_blocking<T: Send>(to: &async_channel::Sender<T>, value: T) {
        assert!(to.send_blocking(value).is_ok(), "the receiver is there");
    }

    /// Tasks in a group, and their outputs as they come: smol has none of its own, this is what its users write.
    pub(crate) async fn group_of(n: u64) {
        let mut group: futures_util::stream::FuturesUnordered<_> = (0..n).map(|i| spawn(async move { i })).collect();
        while let Some(output) = group.next().await {
            assert!(output < n, "it is one of the outputs");
        }
    }

    pub(crate) async fn for_each_concurrent<I: IntoIterator, F: Future<Output = ()>>(
        limit: usize,
        items: I,
        work: impl FnMut(I::Item) -> F,
    ) {
        iter(items).for_each_concurrent(limit, work).await;
    }

    thread_local! {
        static EXECUTOR: &'static LocalExecutor<'static> = Box::leak(Box::default());
    }

    pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
        async_io::block_on(EXECUTOR.with(|executor| executor.run(future)))
    }

    pub(crate) fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> Task<T> {
        EXECUTOR.with(|executor| executor.spawn(future))
    }

    pub(crate) fn sleep(duration: Duration) -> Timer {
        Timer::after(duration)
    }

    /// The form that smol's documentation gives; the timer is made only if the future is not ready.
    pub(crate) async fn timeout<T>(duration: Duration, future: impl Future<Output = T>) -> Option<T> {
        let expiry = async {
            Timer::after(duration).await;
            None
        };
        async { Some(future.await) }.or(expiry).await
    }
}

fn main() {
    command::main();
}
