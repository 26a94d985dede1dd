//! Turns `ROW WARM_UP N` into a line of figures about smol: its local executor and its reactor.

#[path = "../peers/command.rs"]
mod command;
#[path = "../peers/rows.rs"]
mod rows;

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
