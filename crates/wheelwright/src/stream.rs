//! Turns sequences whose items take time into what iterators are: made, mapped, batched, merged and looped over.
//!
//! A stream is anything that implements [`Stream`], the trait that the whole ecosystem shares. This module makes streams
//! ([`iter`], [`once`], [`generator`], [`interval`]), reshapes them ([`StreamExt`]) and waits for
//! several at once in a loop ([`Events`], where others have `select!`).
//!
//! Everything here is pulled: a source is polled only when its consumer asks for an item, so nothing piles up between
//! them. A source is never polled again once it has ended.
//!
//! ```
//! use wheelwright::stream::{self, StreamExt};
//!
//! wheelwright::block_on(async {
//!     let squares = stream::iter(1..).map(|n| n * n).filter(|n| n % 2 == 1).take(3);
//!     assert_eq!(squares.collect::<Vec<_>>().await, [1, 9, 25]);
//! });
//! ```
//!
//! # Beside futures-util and futures-lite
//! Their `StreamExt` works on our streams, and ours on theirs. A file imports one of the traits: with two of them in scope
//! the compiler cannot know whose `next` is meant. Where one method of another is wanted, name the trait in the call:
//! `futures_util::StreamExt::zip(a, b)`. Theirs bring more adaptors; ours differ in three things. `buffered` and
//! `buffer_unordered` allocate nothing for each item (and need our loop); `timeout` is here; and a stream made by
//! [`generator`] needs no pinning.

use std::panic::Location;
use std::time::Duration;

pub use futures_core::Stream;

mod each;
mod events;
mod gather;
mod generator;
mod merge;
mod sources;

pub use crate::group::Buffered;
pub use crate::time::{Interval, TimeoutEach, interval, interval_at};
pub use each::{Filter, Map, Take};
pub use events::{ArmKey, Events};
pub use gather::{Chunks, Collect, Next};
pub use generator::{Generator, Yielder, generator};
pub use merge::Merge;
pub use sources::{Iter, Once, iter, once};

/// What can be done with a stream, as methods of it.
///
/// Streams that are not `Unpin`, because they hold a future in place, are pinned before [`next`](Self::next) is called:
/// `let mut stream = std::pin::pin!(stream);`.
pub trait StreamExt: Stream + Sized {
    /// Waits for the next item; `None` once the stream has ended.
    ///
    /// # Cancel safety
    /// Dropping it loses no item: it holds nothing but a reference to the stream.
    ///
    /// ```
    /// use wheelwright::stream::{self, StreamExt};
    ///
    /// wheelwright::block_on(async {
    ///     let mut lines = stream::iter(["to be", "or not"]);
    ///     while let Some(line) = lines.next().await {
    ///         println!("{line}");
    ///     }
    /// });
    /// ```
    #[doc(alias("recv", "anext"))]
    fn next(&mut self) -> Next<'_, Self>
    where
        Self: Unpin,
    {
        Next { stream: self }
    }

    /// Turns each item into another.
    ///
    /// To await something for each item, map to futures and follow with [`buffered`](Self::buffered).
    ///
    /// ```
    /// use wheelwright::stream::{self, StreamExt};
    ///
    /// let doubled = stream::iter([1, 2, 3]).map(|n| n * 2).collect::<Vec<_>>();
    /// assert_eq!(wheelwright::block_on(doubled), [2, 4, 6]);
    /// ```
    fn map<T, M: FnMut(Self::Item) -> T>(self, map: M) -> Map<Self, M> {
        Map { source: self, map }
    }

    /// Keeps the items for which the test holds, and drops the others.
    ///
    /// ```
    /// use wheelwright::stream::{self, StreamExt};
    ///
    /// let odd = stream::iter(1..=5).filter(|n| n % 2 == 1).collect::<Vec<_>>();
    /// assert_eq!(wheelwright::block_on(odd), [1, 3, 5]);
    /// ```
    fn filter<P: FnMut(&Self::Item) -> bool>(self, test: P) -> Filter<Self, P> {
        Filter { source: self, test }
    }

    /// Ends after this many items.
    ///
    /// The source is dropped with the last of them, and asked for no more.
    ///
    /// ```
    /// use wheelwright::stream::{self, StreamExt};
    ///
    /// let first = stream::iter(1..).take(3).collect::<Vec<_>>();
    /// assert_eq!(wheelwright::block_on(first), [1, 2, 3]);
    /// ```
    #[doc(alias = "islice")]
    fn take(self, count: usize) -> Take<Self> {
        Take { source: (0 < count).then_some(self), left: count }
    }

    /// Makes batches of this many items; the last one may be smaller.
    ///
    /// # Panics
    /// If `size` is 0.
    ///
    /// ```
    /// use wheelwright::stream::{self, StreamExt};
    ///
    /// wheelwright::block_on(async {
    ///     let batches = stream::iter(1..=5).chunks(2).collect::<Vec<_>>().await;
    ///     assert_eq!(batches, [vec![1, 2], vec![3, 4], vec![5]]);
    /// });
    /// ```
    #[doc(alias("batched", "chunks_timeout", "ready_chunks"))]
    #[track_caller]
    fn chunks(self, size: usize) -> Chunks<Self> {
        assert!(0 < size, "chunks of 0 items would never be full: ask for at least 1");
        Chunks { source: Some(self), batch: Vec::new(), size }
    }

    /// Limits how long each item may be waited for; see [`TimeoutEach`].
    ///
    /// An item that takes longer does not end the stream: an [`Elapsed`](crate::time::Elapsed) comes in between, and the
    /// wait begins anew. The limit counts from when the consumer begins to wait, not while it works.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright::stream::{self, StreamExt};
    /// use wheelwright::time::{Elapsed, sleep};
    ///
    /// wheelwright::test(async || {
    ///     let slow = stream::generator(async |y| {
    ///         sleep(Duration::from_secs(3)).await;
    ///         y.yield_("late").await;
    ///     });
    ///     let items = slow.timeout(Duration::from_secs(2)).collect::<Vec<_>>().await;
    ///     assert_eq!(items, [Err(Elapsed), Ok("late")]);
    /// });
    /// ```
    #[track_caller]
    fn timeout(self, limit: Duration) -> TimeoutEach<Self> {
        TimeoutEach::new(self, limit, Location::caller())
    }

    /// Runs the items, which are futures, side by side: their outputs, in order.
    ///
    /// At most `limit` are under way at a time, and the outputs come in the order of the items.
    ///
    /// The source is polled only while fewer than `limit` are under way, outputs that wait for an earlier one included.
    ///
    /// # Panics
    /// If `limit` is 0, and when a future has to wait outside a runtime. A panic of a future comes out of here; the others,
    /// and the stream, can be used further.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright::stream::{self, StreamExt};
    /// use wheelwright::time::{now, sleep};
    ///
    /// wheelwright::test(async || {
    ///     let begun = now();
    ///     let work = stream::iter([3, 1, 2]).map(async |seconds| {
    ///         sleep(Duration::from_secs(seconds)).await;
    ///         seconds
    ///     });
    ///     assert_eq!(work.buffered(3).collect::<Vec<_>>().await, [3, 1, 2]);
    ///     assert_eq!((now() - begun).as_secs(), 3);
    /// });
    /// ```
    #[doc(alias = "imap")]
    #[track_caller]
    fn buffered(self, limit: usize) -> Buffered<Self>
    where
        Self: Stream<Item: Future>,
    {
        Buffered::in_order(self, limit, Location::caller())
    }

    /// Runs the items, which are futures, side by side: their outputs, as they come.
    ///
    /// At most `limit` are under way at a time.
    ///
    /// # Panics
    /// As [`buffered`](Self::buffered).
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright::stream::{self, StreamExt};
    ///
    /// wheelwright::test(async || {
    ///     let work = stream::iter([3, 1, 2]).map(async |seconds| {
    ///         wheelwright::time::sleep(Duration::from_secs(seconds)).await;
    ///         seconds
    ///     });
    ///     assert_eq!(work.buffer_unordered(3).collect::<Vec<_>>().await, [1, 2, 3]);
    /// });
    /// ```
    #[doc(alias("imap_unordered", "as_completed"))]
    #[track_caller]
    fn buffer_unordered(self, limit: usize) -> Buffered<Self>
    where
        Self: Stream<Item: Future>,
    {
        Buffered::as_they_come(self, limit, Location::caller())
    }

    /// Takes from this stream and another in turn.
    ///
    /// While one has nothing it takes from the other; it ends when both have.
    ///
    /// For more than two, or where the items differ, see [`Events`].
    ///
    /// ```
    /// use wheelwright::stream::{self, StreamExt};
    ///
    /// wheelwright::block_on(async {
    ///     let merged = stream::iter([1, 3, 5, 7]).merge(stream::iter([2, 4]));
    ///     assert_eq!(merged.collect::<Vec<_>>().await, [1, 2, 3, 4, 5, 7]);
    /// });
    /// ```
    #[doc(alias = "select")]
    fn merge<S: Stream<Item = Self::Item>>(self, other: S) -> Merge<Self, S> {
        Merge { left: Some(self), right: Some(other), right_is_next: false }
    }

    /// Waits for the end, and gives all items in a collection.
    ///
    /// # Cancel safety
    /// Dropping it drops the stream and the items taken so far.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// use wheelwright::stream::{self, StreamExt};
    ///
    /// wheelwright::block_on(async {
    ///     let letters: BTreeSet<char> = stream::iter("anna".chars()).collect().await;
    ///     assert_eq!(letters, BTreeSet::from(['a', 'n']));
    /// });
    /// ```
    fn collect<C: Default + Extend<Self::Item>>(self) -> Collect<Self, C> {
        Collect { source: self, items: C::default() }
    }
}

impl<S: Stream> StreamExt for S {}

// The page's programs are compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../book/src/select_loops.md")]
struct SelectLoops;
