//! Turns a value into one that all the code under a future finds, without being handed it.
//!
//! The values in force stand in one list for each thread, innermost last. A future with values of its own puts them there
//! while it is polled or dropped, and takes them away again.

use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// The number of a `Local`, and its value.
type Value = (u32, Rc<dyn Any>);

thread_local! {
    // At the thread's end it goes; futures that are dropped even later find no value.
    static IN_FORCE: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// A value for each task, or for a part of one.
///
/// For example a request's number, a deadline, or whoever is logged in.
///
/// [`scope`](Self::scope) gives it a value for all that runs within one future, children of
/// [`join_all`](crate::join_all), [`scope`](crate::scope()) and their like included. A task that is spawned there
/// starts without, as on tokio and unlike asyncio: `spawn` copies nothing for the many tasks that need nothing. To give it the
/// values of its parent, spawn it as [`inherit`]`(future)`.
///
/// ```
/// use wheelwright::{spawn, task, yield_now};
///
/// static REQUEST: task::Local<u32> = task::Local::new();
///
/// async fn report() -> String {
///     yield_now().await;
///     REQUEST.try_with(|request| format!("request {request}")).unwrap_or("nobody's".into())
/// }
///
/// wheelwright::block_on(REQUEST.scope(7, async {
///     assert_eq!(report().await, "request 7");
///     assert_eq!(spawn(report()).await.unwrap(), "nobody's");
///     assert_eq!(spawn(task::inherit(report())).await.unwrap(), "request 7");
///     assert_eq!(REQUEST.scope(8, report()).await, "request 8");
/// }));
/// ```
#[doc(alias("contextvars", "ContextVar", "task_local"))]
pub struct Local<T> {
    /// Given when it is first used.
    number: OnceLock<u32>,
    value: PhantomData<fn() -> T>,
}

impl<T: 'static> Local<T> {
    /// Makes a local without a value: for a `static`.
    #[must_use]
    pub const fn new() -> Self {
        Self { number: OnceLock::new(), value: PhantomData }
    }

    /// Gives it a value while the future is polled or dropped.
    ///
    /// What is set within stands before what is set around.
    pub fn scope<F: Future>(&self, value: T, future: F) -> WithLocals<F> {
        WithLocals { locals: vec![(self.number(), Rc::new(value))], future: Some(future) }
    }

    /// Looks at the value.
    ///
    /// # Panics
    /// If there is none: see [`try_with`](Self::try_with).
    #[track_caller]
    pub fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        self.try_with(look)
            .expect("a task::Local has a value only within `scope`, and in a task spawned with `inherit`")
    }

    /// Looks at the value, if there is one.
    ///
    /// ```
    /// static DEPTH: wheelwright::task::Local<u32> = wheelwright::task::Local::new();
    ///
    /// let depth = async || DEPTH.try_with(|depth| *depth).unwrap_or(0);
    /// assert_eq!(wheelwright::block_on(depth()), 0);
    /// assert_eq!(wheelwright::block_on(DEPTH.scope(3, depth())), 3);
    /// ```
    pub fn try_with<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        let number = self.number();
        let find = |values: &Vec<Value>| values.iter().rev().find(|value| value.0 == number).cloned();
        let (_, value) = IN_FORCE.try_with(|values| find(&values.borrow())).ok()??;
        value.downcast_ref().map(look)
    }

    /// A copy of the value, if there is one.
    #[must_use]
    pub fn get(&self) -> Option<T>
    where
        T: Clone,
    {
        self.try_with(T::clone)
    }

    fn number(&self) -> u32 {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        *self.number.get_or_init(|| NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl<T: 'static> Default for Local<T> {
    fn default() -> Self {
        Self::new()
    }
}

show!([T] Local<T>, |_|);

/// Gives a future the values that every [`Local`] has here and now.
///
/// So `spawn(inherit(future))` passes them on to a task.
///
/// ```
/// use wheelwright::{spawn, task};
///
/// static USER: task::Local<&str> = task::Local::new();
///
/// let name = async { USER.get() };
/// let told = wheelwright::block_on(USER.scope("ada", async { spawn(task::inherit(name)).await }));
/// assert_eq!(told.unwrap(), Some("ada"));
/// ```
#[doc(alias = "copy_context")]
pub fn inherit<F: Future>(future: F) -> WithLocals<F> {
    // Not those that others stand before: from task to task they would be ever more.
    let is_found = |values: &[Value], at: usize| values[at + 1..].iter().all(|after| after.0 != values[at].0);
    let found = |values: &[Value]| {
        let found = (0..values.len()).filter(|at| is_found(values, *at));
        found.map(|at| values[at].clone()).collect()
    };
    WithLocals { locals: IN_FORCE.try_with(|values| found(&values.borrow())).unwrap_or_default(), future: Some(future) }
}

pin_project! {
    /// The future of [`Local::scope`] and [`inherit`].
    ///
    /// # Cancel safety
    /// That of the future inside, whose destructors find the values too.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless awaited"]
    pub struct WithLocals<F> {
        locals: Vec<Value>,
        // Gone once it has ended.
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for WithLocals<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            with_values(this.locals, || this.future.set(None));
        }
    }
}

impl<F: Future> Future for WithLocals<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        with_values(this.locals, || {
            let future = this.future.as_mut().as_pin_mut();
            let polled = future.expect("a future with locals was polled after it had completed").poll(cx);
            if polled.is_ready() {
                this.future.set(None);
            }
            polled
        })
    }
}

/// Runs code with values in force, also when it panics.
fn with_values<R>(locals: &[Value], act: impl FnOnce() -> R) -> R {
    /// How many values were in force before.
    struct Leaving(usize);

    impl Drop for Leaving {
        fn drop(&mut self) {
            // Copies: the values themselves stay with their future.
            let _gone = IN_FORCE.try_with(|values| values.borrow_mut().truncate(self.0));
        }
    }

    let before = IN_FORCE.try_with(|values| {
        let mut values = values.borrow_mut();
        values.extend_from_slice(locals);
        values.len() - locals.len()
    });
    let _leaving = before.map(Leaving);
    act()
}
