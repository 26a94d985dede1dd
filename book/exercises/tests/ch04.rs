//! Turns the exercise of chapter 4 into facts about who is woken, and when.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use exercises::ch04::{Bell, Faithful, Forgetful};

thread_local! {
    static BELL: Rc<Bell> = Rc::default();
}

/// Counts its wakes, and looks at once whether the bell was rung.
#[derive(Default)]
struct Sleeper {
    wakes: AtomicUsize,
    saw_it_rung: AtomicBool,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        self.saw_it_rung.store(BELL.with(|bell| bell.is_rung()), Ordering::Relaxed);
    }
}

impl Sleeper {
    fn wakes(&self) -> usize {
        self.wakes.load(Ordering::Relaxed)
    }
}

fn poll(future: &mut (impl Future<Output = ()> + Unpin), sleeper: &Arc<Sleeper>) -> Poll<()> {
    let waker = Waker::from(Arc::clone(sleeper));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

#[test]
fn ch04_whoever_returns_pending_is_woken() {
    let bell = BELL.with(Rc::clone);
    let sleeper = Arc::default();
    let mut waits = Forgetful(Rc::clone(&bell));
    assert_eq!(poll(&mut waits, &sleeper), Poll::Pending);
    assert_eq!(sleeper.wakes(), 0, "there was nothing to be woken for yet");
    bell.ring();
    assert_eq!(sleeper.wakes(), 1, "the bell rang, and called whoever it found");
    assert_eq!(poll(&mut waits, &sleeper), Poll::Ready(()));
}

#[test]
fn ch04_the_task_that_polled_last_is_woken() {
    let bell = BELL.with(Rc::clone);
    let (first, second) = (Arc::default(), Arc::default());
    let mut waits = Faithful { bell: Rc::clone(&bell), waker: None };
    assert_eq!(poll(&mut waits, &first), Poll::Pending);
    assert_eq!(poll(&mut waits, &second), Poll::Pending);
    assert_eq!(poll(&mut waits, &second), Poll::Pending);
    bell.ring();
    assert_eq!(second.wakes(), 1, "the task that polled last: once, however often it polled");
    assert_eq!(poll(&mut waits, &second), Poll::Ready(()));
}

#[test]
fn ch04_all_who_wait_for_one_bell_are_woken() {
    let bell = BELL.with(Rc::clone);
    let (first, second, third) = (Arc::default(), Arc::default(), Arc::default());
    let mut one = Faithful { bell: Rc::clone(&bell), waker: None };
    let mut other = Faithful { bell: Rc::clone(&bell), waker: None };
    let mut forgetful = Forgetful(Rc::clone(&bell));
    assert_eq!(poll(&mut one, &first), Poll::Pending);
    assert_eq!(poll(&mut forgetful, &second), Poll::Pending);
    assert_eq!(poll(&mut other, &third), Poll::Pending);
    bell.ring();
    assert_eq!(
        [&first, &second, &third].map(|sleeper| sleeper.wakes()),
        [1, 1, 1],
        "nobody takes another's waker away"
    );
}

#[test]
fn ch04_whoever_is_woken_finds_what_it_waited_for() {
    let bell = BELL.with(Rc::clone);
    let sleeper = Arc::<Sleeper>::default();
    let mut waits = Faithful { bell: Rc::clone(&bell), waker: None };
    assert_eq!(poll(&mut waits, &sleeper), Poll::Pending);
    bell.ring();
    assert_eq!(sleeper.wakes(), 1);
    assert!(sleeper.saw_it_rung.load(Ordering::Relaxed), "it was woken before there was anything to see");
}
