//! Turns the workloads' words into this project's own API.

pub(crate) use wheelwright::sync::Semaphore;
pub(crate) use wheelwright::time::{sleep, timeout};
pub(crate) use wheelwright::{block_on, join_all, spawn, yield_now};
