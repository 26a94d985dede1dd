//! Turns two futures that wait for a bell into ones that are called back. They and the bell have one fault each: mend it.

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

/// The first. It hangs: its task is never polled again. What did `poll` forget?
#[derive(Debug, Default)]
pub struct Forgetful(pub Rc<Bell>);

impl Future for Forgetful {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.0.rung.get() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// The second. It works until it is moved to another task: then the bell wakes the task it came from.
///
/// It may be polled often by the same task, and leaves one waker for it.
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
        if self.waker.is_none() {
            self.waker = Some(cx.waker().clone());
            self.bell.wakers.borrow_mut().push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Bell {
    /// Rings. The third: whoever looks at once when woken finds that nothing has happened, and some wakers may look.
    pub fn ring(&self) {
        let wakers = self.wakers.take();
        wakers.into_iter().for_each(Waker::wake);
        self.rung.set(true);
    }

    /// Whether it was rung.
    pub fn is_rung(&self) -> bool {
        self.rung.get()
    }
}
