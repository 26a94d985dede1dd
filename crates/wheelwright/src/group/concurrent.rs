//! Turns a sequence of work into futures that run side by side, so many at a time.

use std::iter::{Enumerate, Fuse};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::Group;
use crate::observe::Line;
use crate::task::Seats;

/// Calls an async function for each item, at most `limit` at a time.
///
/// It gives what the calls return, in the order of the items.
///
/// An item is taken from the iterator, and its future made and started, only when there is a place for it: a million items
/// need memory for `limit` futures and for the results. They run in the task that awaits it.
///
/// # Cancel safety
/// Dropping it drops the futures under way and the results so far; the items not taken stay in the iterator (pass it
/// `by_ref` to keep it).
///
/// # Panics
/// If `limit` is 0; when it is polled outside a runtime, or after it gave its results. A panic of a future comes out of here.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::{map_concurrent, time};
///
/// wheelwright::test(async || {
///     let start = time::now();
///     let lengths = map_concurrent(2, ["a", "bb", "ccc", "dddd"], async |word: &str| {
///         time::sleep(Duration::from_secs(1)).await;
///         word.len()
///     });
///     assert_eq!(lengths.await, [1, 2, 3, 4]);
///     assert_eq!(time::now() - start, Duration::from_secs(2)); // two at a time
/// });
/// ```
#[doc(alias("buffered", "imap"))]
#[track_caller]
pub fn map_concurrent<I, M, F>(limit: usize, items: I, work: M) -> MapConcurrent<I::IntoIter, M, F>
where
    I: IntoIterator,
    M: FnMut(I::Item) -> F,
    F: Future,
{
    MapConcurrent { window: Window::new(limit, items.into_iter(), work, Location::caller()), outputs: Some(Vec::new()) }
}

/// Calls an async function for each item, at most `limit` at a time.
///
/// It waits for all the calls; what they return is dropped.
///
/// As [`map_concurrent`], without results to keep: for sequences without end, too.
///
/// # Cancel safety
/// Dropping it drops the futures under way; the items not taken stay in the iterator.
///
/// # Panics
/// As [`map_concurrent`].
///
/// ```
/// use std::cell::Cell;
///
/// wheelwright::block_on(async {
///     let sum = Cell::new(0);
///     wheelwright::for_each_concurrent(20, 1..=100, async |n| sum.set(sum.get() + n)).await;
///     assert_eq!(sum.get(), 5050);
/// });
/// ```
#[doc(alias = "buffer_unordered")]
#[track_caller]
pub fn for_each_concurrent<I, M, F>(limit: usize, items: I, work: M) -> ForEachConcurrent<I::IntoIter, M, F>
where
    I: IntoIterator,
    M: FnMut(I::Item) -> F,
    F: Future<Output = ()>,
{
    ForEachConcurrent { window: Window::new(limit, items.into_iter(), work, Location::caller()) }
}

/// The futures under way, and where the next come from.
struct Window<I: Iterator, M, F: Future> {
    source: Source<I, M>,
    group: Group<F>,
}

struct Source<I: Iterator, M> {
    items: Enumerate<Fuse<I>>,
    work: M,
    /// Which item is in which seat.
    indices: Vec<usize>,
    limit: usize,
}

impl<I: Iterator, M: FnMut(I::Item) -> F, F: Future> Window<I, M, F> {
    fn new(limit: usize, items: I, work: M, at: Line) -> Self {
        assert!(0 < limit, "with a limit of 0 nothing would ever start: allow at least 1 at a time");
        let items = items.fuse().enumerate();
        // As many seats as will be taken at once, if that is known, and no more than there can be items.
        let (least, most) = items.size_hint();
        let seats = limit.min(least.max(most.unwrap_or(limit).min(1024)));
        let source = Source { items, work, indices: vec![0; seats], limit };
        Self { source, group: Group::with_seats(Seats::empty(seats), at) }
    }

    /// Takes the outputs, with their items' numbers, and starts what there is a place for; ready when nothing is left.
    fn poll_all(&mut self, cx: &Context<'_>, mut take: impl FnMut(usize, F::Output)) -> Poll<()> {
        let Self { source, group } = self;
        if source.start(group) {
            return Poll::Ready(());
        }
        group.polling(cx, |group| {
            while let Poll::Ready(Some((seat, output))) = group.poll_woken(cx) {
                take(source.indices[seat], output);
                if source.start(group) {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
    }
}

impl<I: Iterator, M> Source<I, M> {
    /// Starts what there is a place for; whether nothing is under way even so.
    fn start<F: Future>(&mut self, group: &mut Group<F>) -> bool
    where
        M: FnMut(I::Item) -> F,
    {
        while group.len() < self.limit
            && let Some((index, item)) = self.items.next()
        {
            let seat = group.seat((self.work)(item));
            if self.indices.len() <= seat {
                self.indices.resize(seat + 1, 0);
            }
            self.indices[seat] = index;
        }
        group.is_empty()
    }
}

/// The future of [`map_concurrent`].
#[must_use = "nothing is started until it is awaited"]
pub struct MapConcurrent<I: Iterator, M, F: Future> {
    window: Window<I, M, F>,
    /// Gone once they were given.
    outputs: Option<Vec<Option<F::Output>>>,
}

// The futures are pinned in the group's own allocation; nothing else is ever pinned.
impl<I: Iterator, M, F: Future> Unpin for MapConcurrent<I, M, F> {}

impl<I: Iterator, M: FnMut(I::Item) -> F, F: Future> Future for MapConcurrent<I, M, F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let outputs = this.outputs.as_mut().expect("a map_concurrent was polled after it gave its results");
        ready!(this.window.poll_all(cx, |index, output| {
            if outputs.len() <= index {
                outputs.resize_with(index + 1, || None);
            }
            outputs[index] = Some(output);
        }));
        let outputs = this.outputs.take().unwrap_or_default().into_iter();
        Poll::Ready(outputs.map(|output| output.expect("every item's future has ended")).collect())
    }
}

/// The future of [`for_each_concurrent`].
#[must_use = "nothing is started until it is awaited"]
pub struct ForEachConcurrent<I: Iterator, M, F: Future> {
    window: Window<I, M, F>,
}

// As for `MapConcurrent`.
impl<I: Iterator, M, F: Future> Unpin for ForEachConcurrent<I, M, F> {}

impl<I: Iterator, M: FnMut(I::Item) -> F, F: Future<Output = ()>> Future for ForEachConcurrent<I, M, F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.window.poll_all(cx, |_, ()| {})
    }
}

show!([I: Iterator, M, F: Future] MapConcurrent<I, M, F>, |it| under_way: it.window.group.len());

show!([I: Iterator, M, F: Future] ForEachConcurrent<I, M, F>, |it| under_way: it.window.group.len());
