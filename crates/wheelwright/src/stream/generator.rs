//! Turns an async block that hands out items one by one into a stream of them.
//!
//! Body and consumer take turns. The body runs while the stream is polled and at no other time; an item that it hands out
//! lies in `offered` until the poll of the body returns, and goes to the consumer then. When the body is polled the next
//! time, the consumer has asked for another item: that ends the wait of whoever had handed one out.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::waker;

/// Makes a stream of the items that an async block hands out.
///
/// The block, or async closure, gets a [`Yielder`]; what it passes to [`yield_`](Yielder::yield_) are the items, and the
/// stream ends with it. It runs only when the stream is asked for an item, and in the asking task. Dropping the stream drops
/// it where it is. If it panics, the panic comes out of the poll, and the stream has ended.
///
/// ```
/// use wheelwright::stream::{self, StreamExt};
///
/// wheelwright::block_on(async {
///     let mut countdown = stream::generator(async |y| {
///         for n in (1..=3).rev() {
///             y.yield_(n).await;
///         }
///     });
///     assert_eq!(countdown.next().await, Some(3));
///     assert_eq!(countdown.collect::<Vec<_>>().await, [2, 1]);
/// });
/// ```
#[doc(alias("stream!", "unfold", "gen"))]
pub fn generator<T, B, F>(body: B) -> Generator<T, F>
where
    B: FnOnce(Yielder<T>) -> F,
    F: Future<Output = ()>,
{
    let handover = Rc::new(Handover {
        offered: RefCell::new(VecDeque::new()),
        wakers: RefCell::new(VecDeque::new()),
        turn: Cell::new(0),
        is_running: Cell::new(false),
    });
    let body = Box::pin(body(Yielder { handover: Rc::clone(&handover) }));
    Generator { body: Some(body), handover }
}

/// Where the items change hands.
struct Handover<T> {
    /// More than one only if the body hands out several in one poll.
    offered: RefCell<VecDeque<T>>,
    /// Of those who wait for their item to be taken.
    wakers: RefCell<VecDeque<Waker>>,
    /// How often the body was polled.
    turn: Cell<u64>,
    /// The body is being polled, or has panicked.
    is_running: Cell<bool>,
}

/// The stream of [`generator`].
#[must_use = "streams do nothing unless polled"]
pub struct Generator<T, F> {
    /// Gone at its end. In a box, so that the stream can be moved and needs no pinning.
    body: Option<Pin<Box<F>>>,
    handover: Rc<Handover<T>>,
}

impl<T, F: Future<Output = ()>> Stream for Generator<T, F> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        if let Some(item) = this.handover.take() {
            return Poll::Ready(Some(item));
        }
        // Out of its place meanwhile: a body that panics is dropped, and not polled again.
        let Some(mut body) = this.body.take() else { return Poll::Ready(None) };
        this.handover.begin_turn(cx);
        let polled = body.as_mut().poll(cx);
        this.handover.is_running.set(false);
        if polled.is_pending() {
            this.body = Some(body);
        }
        match this.handover.take() {
            Some(item) => Poll::Ready(Some(item)),
            None => polled.map(|()| None),
        }
    }
}

impl<T> Handover<T> {
    #[inline]
    fn take(&self) -> Option<T> {
        self.offered.borrow_mut().pop_front()
    }

    /// All items were taken. Who handed them out hears of it from the poll that begins now; but a part of the body with a
    /// waker of its own, as in a group, is polled only if that is woken.
    fn begin_turn(&self, cx: &Context<'_>) {
        self.turn.set(self.turn.get() + 1);
        self.is_running.set(true);
        loop {
            let waker = self.wakers.borrow_mut().pop_front();
            match waker {
                Some(waker) if waker.will_wake(cx.waker()) => {}
                Some(waker) => waker::wake(waker),
                None => return,
            }
        }
    }
}

/// What the body of a [`generator`] hands its items out with.
pub struct Yielder<T> {
    handover: Rc<Handover<T>>,
}

impl<T> Yielder<T> {
    /// Hands out an item, and waits until the consumer asks for the next one.
    ///
    /// # Cancel safety
    /// Once it was polled, the item comes out of the stream, also if the wait is dropped. Before, it is dropped with it.
    ///
    /// # Panics
    /// When it is polled outside the body of its generator, in another task: nobody would see the item.
    pub async fn yield_(&self, item: T) {
        let handover = &*self.handover;
        assert!(
            handover.is_running.get(),
            "an item was yielded outside the body of its generator: send it through a channel instead"
        );
        handover.offered.borrow_mut().push_back(item);
        let turn = handover.turn.get();
        poll_fn(|cx| {
            if turn < handover.turn.get() {
                return Poll::Ready(());
            }
            let waker = waker::keep(cx.waker());
            handover.wakers.borrow_mut().push_back(waker);
            Poll::Pending
        })
        .await;
    }
}

impl<T, F> fmt::Debug for Generator<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").field("is_over", &self.body.is_none()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Yielder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yielder").finish_non_exhaustive()
    }
}
