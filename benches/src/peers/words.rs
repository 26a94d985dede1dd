//! Turns the workloads' words into this project's own API.

pub(crate) use wheelwright::stream::{StreamExt, iter};
pub(crate) use wheelwright::sync::mpsc::channel;
pub(crate) use wheelwright::sync::remote::channel as remote;
pub(crate) use wheelwright::sync::{Mutex, Semaphore};
pub(crate) use wheelwright::time::{sleep, timeout};
// Recorded or not: as the program has it.
pub(crate) use crate::block_on;
pub(crate) use wheelwright::{for_each_concurrent, join_all, spawn, spawn_blocking, yield_now};

pub(crate) mod oneshot {
    pub(crate) use wheelwright::sync::oneshot::channel;

    pub(crate) fn send<T>(to: wheelwright::sync::oneshot::Sender<T>, value: T) -> bool {
        to.send(value).is_ok()
    }
}

pub(crate) fn send_blocking<T: Send>(to: &wheelwright::sync::remote::Sender<T>, value: T) {
    assert!(to.blocking_send(value).is_ok(), "the receiver is there");
}

/// Tasks in a group, and their outputs as they come.
pub(crate) async fn group_of(n: u64) {
    let mut group = wheelwright::TaskGroup::new();
    for i in 0..n {
        group.spawn(async move { i });
    }
    while let Some(output) = group.join_next().await {
        assert!(output.is_ok(), "no task fails");
    }
}
