//! Turns the event's promises into facts that are checked one by one.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;

use super::Event;
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with};

#[test]
fn set_and_cleared_before_the_waiter_runs_still_lets_it_through() {
    let event = Event::new();
    let (mut early, mut late) = (event.wait(), event.wait());
    assert!(poll_once(&mut early).is_pending());
    event.set();
    event.clear();
    assert!(poll_once(&mut late).is_pending(), "it came when the event was clear");
    assert!(poll_once(&mut early).is_ready());
}

#[test]
fn while_an_event_is_set_nobody_waits() {
    let event = Event::default();
    event.set();
    event.set();
    assert!(poll_once(&mut event.wait()).is_ready() && poll_once(&mut event.wait()).is_ready());
    event.clear();
    assert!(poll_once(&mut event.wait()).is_pending());
}

#[test]
fn set_wakes_all_who_wait_once_and_nobody_who_left() {
    let event = Event::new();
    let (waker, count) = CountingWaker::new();
    let mut line: Vec<_> = (0..4).map(|_| event.wait()).collect();
    assert!(line.iter_mut().all(|wait| poll_with(wait, &waker).is_pending()));
    drop(line.remove(1));
    event.set();
    event.set();
    assert_eq!(count.wakes(), 3);
    assert!(format!("{event:?}").contains("waiting: 0"));
}

#[test]
fn whoever_comes_back_while_others_are_woken_waits_for_the_next_time() {
    type Wait = Pin<Box<dyn Future<Output = ()>>>;
    thread_local! {
        static EVENT: Rc<Event> = Rc::new(Event::new());
        static AGAIN: RefCell<Option<Wait>> = const { RefCell::new(None) };
    }
    /// Clears the event and waits again, as a woken task would if it ran at once.
    fn come_back() {
        let event = EVENT.with(Rc::clone);
        event.clear();
        let mut again: Wait = Box::pin(async move { event.wait().await });
        assert!(poll_once(&mut again).is_pending());
        AGAIN.set(Some(again));
    }
    let event = EVENT.with(Rc::clone);
    let (mut first, mut second) = (event.wait(), event.wait());
    assert!(poll_with(&mut first, &HostileWaker::waker(come_back, || {})).is_pending());
    assert!(poll_once(&mut second).is_pending());
    event.set();
    assert!(poll_once(&mut second).is_ready(), "it waited when the event was set");
    let mut again = AGAIN.take().expect("the first came back");
    assert!(poll_once(&mut again).is_pending());
    event.set();
    assert!(poll_once(&mut again).is_ready());
}
