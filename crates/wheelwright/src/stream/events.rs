//! Turns several streams and futures, of different kinds, into one stream of events for a loop to match.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::each::poll_fused;
use super::{Next, once};

/// Waits for the first of several events, again and again.
///
/// It is what others write with `select!` in a loop.
///
/// Each arm is a stream or a future and a closure that names its outputs; the names are the variants of an `enum` of yours,
/// and the loop matches them. An arm stays where it is when another one brings an event: what it has done so far is never
/// dropped, so there is nothing to know about the cancel safety of arms. The body of the loop is no part of an arm either,
/// and may use and change whatever the arms do not borrow.
///
/// - An arm leaves when it has ended, or by [`remove`](Self::remove). Arms can be added at any time, in the loop too.
/// - Arms [`paused`](Self::pause) are kept, and not polled: where `select!` has an `if`.
/// - [`fair`](Self::fair) asks first whoever comes after the arm that brought the last event, so that none can keep the
///   others waiting. [`biased`](Self::biased) always asks in the order in which they were added, the important first.
/// - The loop ends when no arm is left to wait for.
///
/// Each time it is polled, so are all its arms; that is right for a handful. For many futures of one kind use a
/// [`Group`](crate::Group); to wait once for one of two, [`select`](crate::select), or [`race`](crate::race) where the
/// outputs are of one kind; for streams of one kind of item, [`merge`](super::StreamExt::merge). An arm takes one allocation, an
/// event none. What the arms borrow is declared before the `Events`. An arm that is always ready never lets go of the loop:
/// let its event's body [yield](crate::yield_now) now and then. The book's page on loops has more of them.
///
/// # Panics
/// A panic of an arm or of its closure comes out of the wait; that arm is gone then, and the others stay.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::stream::{self, Events};
/// use wheelwright::time::{interval, sleep};
///
/// enum Event {
///     Job(u32),
///     Tick,
///     Deadline,
/// }
///
/// wheelwright::test(async || {
///     let mut events = Events::fair();
///     events.on(stream::iter([3, 4]), Event::Job);
///     events.on(interval(Duration::from_secs(1)), |_| Event::Tick);
///     events.once(sleep(Duration::from_millis(2_500)), |()| Event::Deadline);
///
///     let (mut sum, mut ticks) = (0, 0);
///     while let Some(event) = events.next().await {
///         match event {
///             Event::Job(number) => sum += number,
///             Event::Tick => ticks += 1,
///             Event::Deadline => break,
///         }
///     }
///     assert_eq!((sum, ticks), (7, 3));
/// });
/// ```
#[doc(alias("select!", "select_all", "StreamMap"))]
#[must_use = "the arms run only while an event is waited for"]
pub struct Events<'a, E> {
    /// In the order in which they were added.
    arms: Vec<Arm<'a, E>>,
    /// Which arm is asked first.
    first: usize,
    is_fair: bool,
    next_ticket: u64,
}

struct Arm<'a, E> {
    ticket: u64,
    state: State,
    source: Pin<Box<dyn Stream<Item = E> + 'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Paused,
    /// It is being polled; should it panic, it stays so, and is not polled again.
    Running,
}

/// Names an arm of an [`Events`]; stale once the arm has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArmKey {
    ticket: u64,
}

impl<'a, E> Events<'a, E> {
    /// Makes one without arms; those that it gets take turns.
    pub fn fair() -> Self {
        Self { arms: Vec::new(), first: 0, is_fair: true, next_ticket: 0 }
    }

    /// Makes one without arms; of those that it gets, an earlier one comes first.
    ///
    /// An arm that is always ready keeps all that were added after it waiting.
    pub fn biased() -> Self {
        Self { is_fair: false, ..Self::fair() }
    }

    /// Adds an arm: each item of a stream is an event.
    ///
    /// It leaves when the stream ends, without a word.
    ///
    /// A stream that is needed after the loop is lent: `events.on(&mut queue, Event::Job)`.
    pub fn on<S: Stream + 'a>(&mut self, stream: S, mut event: impl FnMut(S::Item) -> E + 'a) -> ArmKey {
        self.add(stream, move |item| item.map(&mut event))
    }

    /// Adds an arm, as [`on`](Self::on) does, whose end is an event too.
    ///
    /// The closure gets `None` then.
    ///
    /// ```
    /// use wheelwright::stream::{self, Events};
    ///
    /// wheelwright::block_on(async {
    ///     let mut events = Events::fair();
    ///     events.on_or_end(stream::iter([7]), |job| job);
    ///     events.on(stream::iter(1..), Some); // goes on for ever
    ///     while let Some(Some(job)) = events.next().await {
    ///         println!("{job}");
    ///     }
    /// });
    /// ```
    pub fn on_or_end<S: Stream + 'a>(&mut self, stream: S, mut event: impl FnMut(Option<S::Item>) -> E + 'a) -> ArmKey {
        self.add(stream, move |item| Some(event(item)))
    }

    /// Adds an arm for one event: the output of a future.
    ///
    /// It leaves when the next event is waited for; until then it may be [replaced](Self::replace) without losing its
    /// place.
    pub fn once<F: Future + 'a>(&mut self, future: F, event: impl FnOnce(F::Output) -> E + 'a) -> ArmKey {
        let mut event = Some(event);
        self.add(once(future), move |output| Some((event.take()?)(output?)))
    }

    /// Puts another future in the place of an arm, or behind all others if that left.
    ///
    /// So a deadline is moved, or work begun anew. The key stays good.
    ///
    /// ```
    /// use std::future::{pending, ready};
    /// use wheelwright::stream::Events;
    ///
    /// wheelwright::block_on(async {
    ///     let mut events = Events::biased();
    ///     let first = events.once(pending::<()>(), |()| "for ever");
    ///     events.once(ready(()), |()| "second");
    ///     events.replace(first, ready(()), |()| "at once");
    ///     assert_eq!(events.next().await, Some("at once"));
    /// });
    /// ```
    pub fn replace<F: Future + 'a>(&mut self, arm: ArmKey, future: F, event: impl FnOnce(F::Output) -> E + 'a) {
        let new = self.once(future, event);
        let old = self.place(arm).map(|place| self.arms.swap_remove(place));
        let place = self.place(new).expect("it was added a line above");
        self.arms[place].ticket = arm.ticket;
        // Last, for its destructor may panic.
        drop(old);
    }

    /// Removes an arm and drops what it waits for; false if it has left already.
    ///
    /// ```
    /// use wheelwright::stream::{self, Events};
    ///
    /// wheelwright::block_on(async {
    ///     let mut events = Events::fair();
    ///     let letters = events.on(stream::iter(["a", "b"]), |letter| letter);
    ///     assert_eq!(events.next().await, Some("a"));
    ///     assert!(events.remove(letters));
    ///     assert_eq!(events.next().await, None);
    /// });
    /// ```
    pub fn remove(&mut self, arm: ArmKey) -> bool {
        let Some(place) = self.place(arm) else { return false };
        self.take_out(place);
        true
    }

    /// Keeps an arm from being polled, until it is resumed; what it waits for is kept.
    ///
    /// It does nothing if the arm has left.
    ///
    /// ```
    /// use wheelwright::stream::{self, Events};
    ///
    /// wheelwright::block_on(async {
    ///     let mut events = Events::biased();
    ///     let loud = events.on(stream::iter(1..), |n| n);
    ///     events.on(stream::iter([100]), |n| n);
    ///     events.pause(loud);
    ///     assert_eq!(events.next().await, Some(100));
    ///     assert_eq!(events.next().await, None); // nobody is left to wait for
    ///     events.resume(loud);
    ///     assert_eq!(events.next().await, Some(1));
    /// });
    /// ```
    pub fn pause(&mut self, arm: ArmKey) {
        self.set_state(arm, State::Paused);
    }

    /// Lets an arm be polled again. Nothing if it was not paused, or has left.
    pub fn resume(&mut self, arm: ArmKey) {
        self.set_state(arm, State::Waiting);
    }

    /// Waits for the next event; `None` when no arm is left that is not paused.
    ///
    /// # Cancel safety
    /// Dropping it loses no event, and nothing that an arm has done so far.
    #[expect(clippy::should_implement_trait, reason = "it is the name that this has for all streams")]
    pub fn next(&mut self) -> Next<'_, Self> {
        Next { stream: self }
    }

    fn add<S: Stream + 'a>(&mut self, source: S, event: impl FnMut(Option<S::Item>) -> Option<E> + 'a) -> ArmKey {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let source = Box::pin(Named { source: Some(source), event });
        self.arms.push(Arm { ticket, state: State::Waiting, source });
        ArmKey { ticket }
    }

    fn place(&self, arm: ArmKey) -> Option<usize> {
        self.arms.iter().position(|other| other.ticket == arm.ticket)
    }

    fn set_state(&mut self, arm: ArmKey, state: State) {
        if let Some(place) = self.place(arm)
            && self.arms[place].state != State::Running
        {
            self.arms[place].state = state;
        }
    }

    /// Removes an arm; those after it move up.
    fn take_out(&mut self, place: usize) {
        if place < self.first {
            self.first -= 1;
        }
        let arm = self.arms.remove(place);
        // Last, for its destructor may panic.
        drop(arm);
    }
}

impl<E> Stream for Events<'_, E> {
    type Item = E;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<E>> {
        let this = &mut *self;
        let mut place = this.first;
        let mut end = Poll::Ready(None);
        for _ in 0..this.arms.len() {
            if this.arms.len() <= place {
                place = 0;
            }
            let arm = &mut this.arms[place];
            let polled = match mem::replace(&mut arm.state, State::Running) {
                State::Waiting => arm.source.as_mut().poll_next(cx),
                State::Running => Poll::Ready(None),
                State::Paused => {
                    arm.state = State::Paused;
                    place += 1;
                    continue;
                }
            };
            if let Poll::Ready(None) = polled {
                this.take_out(place);
                continue;
            }
            arm.state = State::Waiting;
            place += 1;
            if polled.is_ready() {
                this.first = if this.is_fair { place } else { 0 };
                return polled;
            }
            end = Poll::Pending;
        }
        end
    }
}

pin_project! {
    /// A source whose items, and end, were given names.
    struct Named<S, M> {
        // Gone at its end.
        #[pin]
        source: Option<S>,
        event: M,
    }
}

impl<E, S: Stream, M: FnMut(Option<S::Item>) -> Option<E>> Stream for Named<S, M> {
    type Item = E;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<E>> {
        let mut this = self.project();
        if this.source.is_none() {
            return Poll::Ready(None);
        }
        let item = ready!(poll_fused(this.source.as_mut(), cx));
        Poll::Ready((this.event)(item))
    }
}

impl<E> fmt::Debug for Events<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("arms", &self.arms.len()).finish_non_exhaustive()
    }
}
