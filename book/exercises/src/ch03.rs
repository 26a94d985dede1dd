//! Turns an `async fn` into a state machine, by hand.

use std::pin::Pin;
use std::task::{Context, Poll};

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

/// The same by hand, without `async` and without `await`: give it a variant for each state, with what is needed after it.
#[derive(Debug)]
pub enum Product {
    /// Nothing has been polled yet.
    Unpolled,
}

impl Product {
    /// Makes the future, and polls nothing.
    pub fn new(first: Later, second: Later) -> Self {
        Self::Unpolled
    }
}

impl Future for Product {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        panic!("write this function: as `product` does, it polls on until something is not ready")
    }
}
