//! Turns futures that borrow from their parent into its children: none of them outlives the wait for all.
//!
//! The children sit in a `Group` that the scope's own future holds, as does the body that spawns them. So the compiler sees
//! who borrows from whom, and nothing here is promised to it: a scope that is forgotten is never polled again, and with it
//! none of its children.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use pin_project_lite::pin_project;

use crate::group::Group;
use crate::observe::{self, Line, WaitOn};
use crate::{panics, waker};

/// Runs a body whose children may borrow whatever outlives the scope.
///
/// It gives the body's output once all of them are done.
///
/// The children are polled by the task that awaits the scope, and only those that were woken. What must run on its own is a
/// task: see [`TaskGroup`](crate::TaskGroup).
///
/// # Cancel safety
/// Dropping it drops the body and the children in the middle of whatever they do. Panics of their destructors are told by
/// the panic hook and go no further.
///
/// # Panics
/// When a child has to wait outside a runtime. A panic of the body or of a child comes out of here, after everybody else was
/// dropped.
///
/// ```
/// use wheelwright::{scope, time::sleep};
/// use std::time::Duration;
///
/// wheelwright::test(async || {
///     let text = String::from("seven words that a parent's frame owns");
///     let mut longest = 0;
///     let count = scope(async |s| {
///         let count = s.spawn(async { text.split(' ').count() });
///         s.spawn(async {
///             sleep(Duration::from_secs(1)).await;
///             longest = text.split(' ').map(str::len).max().unwrap_or(0);
///         });
///         count.await
///     })
///     .await;
///     assert_eq!((count, longest), (7, 8));
/// });
/// ```
///
/// A child cannot borrow what the body owns, for the body ends first:
///
/// ```compile_fail
/// wheelwright::block_on(wheelwright::scope(async |s| {
///     let text = String::from("the body's");
///     s.spawn(async { text.len() });
/// }));
/// ```
///
/// ```
/// let text = String::from("the parent's");
/// wheelwright::block_on(wheelwright::scope(async |s| {
///     s.spawn(async { text.len() });
/// }));
/// ```
///
/// Nor does a handle leave the scope, or the scope itself, so that nothing is spawned afterwards:
///
/// ```compile_fail
/// let handle = wheelwright::block_on(wheelwright::scope(async |s| s.spawn(async { 1 })));
/// ```
///
/// ```compile_fail
/// let scope = wheelwright::block_on(wheelwright::scope(async |s| s));
/// ```
///
/// ```
/// let output = wheelwright::block_on(wheelwright::scope(async |s| s.spawn(async { 1 }).await));
/// ```
#[doc(alias("nursery", "async_scope", "async_scoped", "open_nursery", "task_scope"))]
#[track_caller]
pub fn scope<'env, T>(body: impl AsyncFnOnce(&Scope<'env>) -> T) -> impl Future<Output = T> {
    let made_at = Location::caller();
    async move {
        let scope = Scope { fresh: RefCell::new(Vec::new()), made_at };
        let output = Cell::new(None);
        let mut children = Group::new();
        // The first child is the body.
        children.insert(Child::new(async { output.set(Some(body(&scope).await)) }));
        poll_fn(|cx| scope.poll_children(&mut children, cx)).await;
        drop(children);
        output.into_inner().expect("the body is a child, and all of them ended")
    }
}

/// Where the body of a [`scope`](scope()) spawns its children.
pub struct Scope<'env> {
    /// Those that were spawned since the children were last polled.
    fresh: RefCell<Vec<Child<'env>>>,
    made_at: Line,
}

impl<'env> Scope<'env> {
    /// Adds a child, which is polled from the next time on that the scope is.
    ///
    /// Its handle may be awaited for its output, by the body.
    ///
    /// Dropping the handle detaches the child: the scope waits for it all the same.
    #[doc(alias = "start_soon")]
    #[track_caller]
    pub fn spawn<F: Future + 'env>(&self, future: F) -> ScopedHandle<'_, F::Output> {
        let end = Rc::new(End { output: Cell::new(None), waiting: Cell::new(None) });
        let child = Child::new(Running { future, end: Rc::clone(&end) });
        self.fresh.borrow_mut().push(child);
        ScopedHandle { end, spawned_at: Location::caller(), scope: PhantomData }
    }

    fn poll_children<'a>(&self, children: &mut Group<Child<'a>>, cx: &mut Context<'_>) -> Poll<()>
    where
        'env: 'a,
    {
        loop {
            let next = children.poll_join_next(cx);
            let fresh = self.fresh.take();
            match next {
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending if fresh.is_empty() => return Poll::Pending,
                // The new ones are polled at once. Who was woken meanwhile, the body for one, has its turn in the next lap.
                _ => fresh.into_iter().for_each(|child| _ = children.seat(child)),
            }
        }
    }
}

show!([] Scope<'_>, |it| made_at: it.made_at);

/// A child or the body, until it has ended.
struct Child<'a>(Option<Pin<Box<dyn Future<Output = ()> + 'a>>>);

impl<'a> Child<'a> {
    fn new(future: impl Future<Output = ()> + 'a) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl Future for Child<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.0.as_mut().expect("a child that has ended is not polled").as_mut().poll(cx));
        // Here, so that a panic of its destructor is heard of.
        self.0 = None;
        Poll::Ready(())
    }
}

impl Drop for Child<'_> {
    fn drop(&mut self) {
        panics::drop_contained(self.0.take());
    }
}

/// What a child leaves for its handle.
struct End<T> {
    output: Cell<Option<T>>,
    waiting: Cell<Option<Waker>>,
}

pin_project! {
    struct Running<F: Future> {
        #[pin]
        future: F,
        end: Rc<End<F::Output>>,
    }
}

impl<F: Future> Future for Running<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        this.end.output.set(Some(ready!(this.future.poll(cx))));
        this.end.waiting.take().into_iter().for_each(waker::wake);
        Poll::Ready(())
    }
}

/// The handle of a child of a [`scope`](scope()): await it for the child's output.
///
/// # Cancel safety
/// Awaiting it by `&mut` may be given up at any time: the output stays until it is taken.
///
/// # Panics
/// When it is polled after it gave the output.
pub struct ScopedHandle<'s, T> {
    end: Rc<End<T>>,
    spawned_at: Line,
    scope: PhantomData<&'s ()>,
}

impl<T> Future for ScopedHandle<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        if let Some(output) = self.end.output.take() {
            return Poll::Ready(output);
        }
        assert!(1 < Rc::strong_count(&self.end), "a ScopedHandle was polled after it gave its output");
        let old = self.end.waiting.replace(Some(waker::keep(cx.waker())));
        drop(old);
        observe::waits(WaitOn::Scoped, 0, self.spawned_at);
        Poll::Pending
    }
}

show!([T] ScopedHandle<'_, T>, |it| spawned_at: it.spawned_at);
