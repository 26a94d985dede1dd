//! Turns a cell and a way to make its value into the wait for either.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::OnceCell;
use crate::sync::semaphore::{Acquire, Permit};

pin_project! {
    /// Waits for the value of a cell; made by [`OnceCell::get_or_try_init`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct GetOrTryInit<'a, T, F, M> {
        cell: &'a OnceCell<T>,
        acquire: Acquire<'a>,
        make: Option<F>,
        // Dropped before the permit: there is never more than one maker.
        #[pin]
        maker: Option<M>,
        permit: Option<Permit<'a>>,
    }
}

impl<'a, T, F: FnOnce() -> M, M: Future> GetOrTryInit<'a, T, F, M> {
    #[track_caller]
    pub(super) fn new(cell: &'a OnceCell<T>, make: F) -> Self {
        Self { cell, acquire: cell.maker.acquire(), make: Some(make), maker: None, permit: None }
    }

    fn poll_value<E>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        settle: impl FnOnce(M::Output) -> Result<T, E>,
    ) -> Poll<Result<&'a T, E>> {
        let mut this = self.project();
        let cell: &'a OnceCell<T> = this.cell;
        if this.permit.is_none() {
            if let Some(value) = cell.get() {
                return Poll::Ready(Ok(value));
            }
            let Ok(permit) = ready!(Pin::new(this.acquire).poll(cx)) else {
                return Poll::Ready(Ok(cell.get().expect("the permit is closed when the value is there")));
            };
            *this.permit = Some(permit.held());
            let make = this.make.take().expect("the permit is got once");
            this.maker.set(Some(make()));
        }
        let maker = this.maker.as_mut().as_pin_mut().expect("it came with the permit, unless it panicked at once");
        let output = ready!(maker.poll(cx));
        this.maker.set(None);
        let outcome = settle(output).map(|value| cell.fill(value));
        *this.permit = None;
        Poll::Ready(outcome)
    }
}

impl<'a, T, E, F: FnOnce() -> M, M: Future<Output = Result<T, E>>> Future for GetOrTryInit<'a, T, F, M> {
    type Output = Result<&'a T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_value(cx, |outcome| outcome)
    }
}

show!([T, F, M] GetOrTryInit<'_, T, F, M>, |it| cell: it.cell, makes: it.permit.is_some());

pin_project! {
    /// Waits for the value of a cell; made by [`OnceCell::get_or_init`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct GetOrInit<'a, T, F, M> {
        #[pin]
        attempt: GetOrTryInit<'a, T, F, M>,
    }
}

impl<'a, T, F: FnOnce() -> M, M: Future> GetOrInit<'a, T, F, M> {
    #[track_caller]
    pub(super) fn new(cell: &'a OnceCell<T>, make: F) -> Self {
        Self { attempt: GetOrTryInit::new(cell, make) }
    }
}

impl<'a, T, F: FnOnce() -> M, M: Future<Output = T>> Future for GetOrInit<'a, T, F, M> {
    type Output = &'a T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'a T> {
        self.project().attempt.poll_value(cx, Ok::<T, Infallible>).map(|Ok(value)| value)
    }
}

show!([T, F, M] GetOrInit<'_, T, F, M>, |it| attempt: it.attempt);
