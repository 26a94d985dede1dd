//! Turns a stream of futures into one of their outputs: so many side by side, in order or as they come.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::Group;
use crate::observe::Line;
use crate::task::Seats;

pin_project! {
    /// The stream of [`StreamExt::buffered`](crate::stream::StreamExt::buffered) and
    /// [`StreamExt::buffer_unordered`](crate::stream::StreamExt::buffer_unordered).
    #[must_use = "streams do nothing unless polled"]
    pub struct Buffered<S: Stream<Item: Future>> {
        // Gone at its end.
        #[pin]
        source: Option<S>,
        group: Group<S::Item>,
        order: Option<SourceOrder<<S::Item as Future>::Output>>,
        limit: usize,
    }
}

/// The outputs of futures that were started and not given out yet.
struct SourceOrder<T> {
    /// `None` while the future is under way.
    outputs: VecDeque<Option<T>>,
    /// The number of the first, counted from the beginning.
    first: usize,
    /// Which number is in which seat.
    numbers: Vec<usize>,
}

impl<S: Stream<Item: Future>> Buffered<S> {
    pub(crate) fn as_they_come(source: S, limit: usize, at: Line) -> Self {
        assert!(0 < limit, "with a limit of 0 nothing would ever start: allow at least 1 at a time");
        // No more seats than items, if their number is known.
        let seats = limit.min(source.size_hint().1.unwrap_or(limit)).min(1024);
        Self { source: Some(source), group: Group::with_seats(Seats::empty(seats), at), order: None, limit }
    }

    pub(crate) fn in_order(source: S, limit: usize, at: Line) -> Self {
        let order = Some(SourceOrder { outputs: VecDeque::new(), first: 0, numbers: Vec::new() });
        Self { order, ..Self::as_they_come(source, limit, at) }
    }
}

impl<S: Stream<Item: Future>> Stream for Buffered<S> {
    type Item = <S::Item as Future>::Output;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            if let Some(output) = this.order.as_mut().and_then(SourceOrder::take_first) {
                return Poll::Ready(Some(output));
            }
            while this.order.as_ref().map_or(this.group.len(), |order| order.outputs.len()) < *this.limit
                && let Some(source) = this.source.as_mut().as_pin_mut()
                && let Poll::Ready(next) = source.poll_next(cx)
            {
                let Some(future) = next else {
                    this.source.set(None);
                    break;
                };
                // It is polled below.
                let seat = this.group.seat(future);
                if let Some(order) = this.order {
                    order.add(seat);
                }
            }
            match (ready!(this.group.poll_join_next(cx)), this.order.as_mut()) {
                (Some((_, output)), None) => return Poll::Ready(Some(output)),
                (Some((seat, output)), Some(order)) => order.outputs[order.numbers[seat] - order.first] = Some(output),
                // The first one panicked, and nothing is under way that could come before the second.
                (None, Some(order)) if !order.outputs.is_empty() => order.skip_first(),
                (None, _) if this.source.is_none() => return Poll::Ready(None),
                (None, _) => return Poll::Pending,
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let started = self.order.as_ref().map_or(self.group.len(), |order| order.outputs.len());
        let (least, most) = self.source.as_ref().map_or((0, Some(0)), Stream::size_hint);
        (least.saturating_add(started), most.and_then(|most| most.checked_add(started)))
    }
}

impl<T> SourceOrder<T> {
    fn add(&mut self, seat: usize) {
        if self.numbers.len() <= seat {
            self.numbers.resize(seat + 1, 0);
        }
        self.numbers[seat] = self.first + self.outputs.len();
        self.outputs.push_back(None);
    }

    fn take_first(&mut self) -> Option<T> {
        let output = self.outputs.front_mut()?.take()?;
        self.skip_first();
        Some(output)
    }

    fn skip_first(&mut self) {
        self.outputs.pop_front();
        self.first += 1;
    }
}

show!([S: Stream<Item: Future>] Buffered<S>, |it| under_way: it.group.len());
