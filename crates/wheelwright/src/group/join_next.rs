//! Turns the next child of a group that ends into its output.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::Group;

/// The future of [`Group::join_next`].
#[must_use = "it waits for nothing until it is awaited"]
#[derive(Debug)]
pub struct JoinNext<'a, F: Future> {
    pub(super) group: &'a mut Group<F>,
}

impl<F: Future> Future for JoinNext<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.group.poll_join_next(cx).map(|next| next.map(|(_, output)| output))
    }
}
