//! Turns two futures that wait for a bell into ones that are called back. They and the bell had one fault each.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A bell that is rung once, and the wakers of those who wait for it.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Cell<bool>,
    wakers: RefCell<Vec<Waker>>,
}

/// The first. Whoever returns `Pending` leaves a waker.
#[derive(Debug, Default)]
pub struct Forgetful(pub Rc<Bell>);

impl Future for Forgetful {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.0.rung.get() {
            true => Poll::Ready(()),
            false => {
                self.0.wakers.borrow_mut().push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The second. The waker of the last poll counts: an earlier one may be that of another task.
#[derive(Debug, Default)]
pub struct Faithful {
    /// The bell it waits for.
    pub bell: Rc<Bell>,
    /// The waker that it left there.
    pub waker: Option<Waker>,
}

impl Future for Faithful {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.bell.rung.get() {
            return Poll::Ready(());
        }
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
            self.bell.wakers.borrow_mut().push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Bell {
    /// Rings. The third: first what there is to see, then the wakes.
    pub fn ring(&self) {
        self.rung.set(true);
        // Taken out first: whoever is woken may wait for the bell anew, and borrows the list.
        let wakers = self.wakers.take();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether it was rung.
    pub fn is_rung(&self) -> bool {
        self.rung.get()
    }
}
