//! Turns an `async fn` into a state machine, by hand.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Pending so many times, then ready with its number.
#[derive(Debug)]
pub struct Later {
    /// How many polls find nothing yet.
    pub left: u32,
    /// What comes then.
    pub number: u32,
}

impl Future for Later {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(self.number) };
        self.left = left;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Two waits, of which the second is not begun if the first gives zero.
pub async fn product(first: Later, second: Later) -> u32 {
    let left = first.await;
    if left == 0 {
        return 0;
    }
    left * second.await
}

/// The same by hand: a variant for each state, with what is needed after it.
#[derive(Debug)]
pub enum Product {
    /// At the first await, or before it: what is kept is the same.
    AtFirst(Later, Option<Later>),
    /// At the second, with the first one's number.
    AtSecond(u32, Later),
    /// It has returned.
    Done,
}

impl Product {
    /// Makes the future, and polls nothing.
    pub fn new(first: Later, second: Later) -> Self {
        Self::AtFirst(first, Some(second))
    }
}

impl Future for Product {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        loop {
            let product = match &mut *self {
                Self::AtFirst(first, second) => match ready!(Pin::new(first).poll(cx)) {
                    0 => 0,
                    left => {
                        let second = second.take().expect("it is taken once");
                        *self = Self::AtSecond(left, second);
                        continue;
                    }
                },
                Self::AtSecond(left, second) => *left * ready!(Pin::new(second).poll(cx)),
                Self::Done => panic!("it was polled after it had returned"),
            };
            *self = Self::Done;
            return Poll::Ready(product);
        }
    }
}
