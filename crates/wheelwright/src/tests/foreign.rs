//! Turns the leaves over to another library's combinator, which polls each with a waker of its own.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::five::Future;
use super::leaves::LEAVES;
use crate::{block_on, inspect, time, yield_now};

/// Polls those of its children that were woken, as `FuturesUnordered` does.
struct Unordered {
    children: Vec<Option<(Future, Arc<Flag>)>>,
    parent: Arc<Mutex<Option<Waker>>>,
}

struct Flag {
    is_woken: AtomicBool,
    parent: Arc<Mutex<Option<Waker>>>,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        let parent = self.parent.lock().expect("nobody panics").clone();
        parent.inspect(Waker::wake_by_ref);
    }
}

impl Unordered {
    fn new(children: impl Iterator<Item = Future>) -> Self {
        let parent = Arc::new(Mutex::new(None));
        let flag = || Arc::new(Flag { is_woken: AtomicBool::new(true), parent: Arc::clone(&parent) });
        let children = children.map(|child| Some((child, flag()))).collect();
        Self { children, parent }
    }
}

impl std::future::Future for Unordered {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        *self.parent.lock().expect("nobody panics") = Some(cx.waker().clone());
        for child in &mut self.children {
            let Some((future, flag)) = child else { continue };
            if !flag.is_woken.swap(false, Ordering::Acquire) {
                continue;
            }
            let waker = Waker::from(Arc::clone(flag));
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                *child = None;
            }
        }
        if self.children.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[test]
fn every_leaf_is_woken_through_another_librarys_combinator() {
    block_on(async {
        let before = inspect::live();
        let (futures, fires): (Vec<_>, Vec<_>) =
            LEAVES.iter().map(|leaf| (leaf.make)()).map(|waiting| (waiting.future, waiting.fire)).unzip();
        let all = crate::spawn(Unordered::new(futures.into_iter()));
        yield_now().await;
        fires.into_iter().for_each(|fire| fire());
        time::timeout(Duration::from_secs(20), all).await.expect("no wake is lost").expect("no leaf panics");
        while inspect::live() != before {
            yield_now().await;
        }
    });
}
