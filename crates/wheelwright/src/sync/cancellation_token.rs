//! Turns one call of `cancel` into the end of every wait that holds the token, or a child of it.
//!
//! Tokens form a tree. A child points strongly at its parent, so that a link in the middle outlives the hands that made
//! it; a parent points weakly at its children, and a child that goes takes its entry with it: a token that lives as
//! long as the program keeps nothing of the requests it has seen.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use slab::Slab;

use crate::observe::resource_id;
use crate::wait_list::{WaitList, wake_all};

mod cancelled;
mod run_until_cancelled;

pub use cancelled::Cancelled;
pub use run_until_cancelled::RunUntilCancelled;

/// Tells any number of tasks of one thread to stop, once and for good.
///
/// A clone is the same token. A [child](Self::child_token) is cancelled with its parent and may be cancelled without
/// it. Cancelling only asks: a task hears of it where it waits for [`cancelled`](Self::cancelled), and can put its
/// things in order first. To end a task wherever it stands, abort its handle.
///
/// # Examples
///
/// ```
/// use wheelwright::sync::CancellationToken;
///
/// wheelwright::block_on(async {
///     let stop = CancellationToken::new();
///     let worker = wheelwright::spawn({
///         let stop = stop.clone();
///         async move {
///             stop.cancelled().await;
///             "the last record is written"
///         }
///     });
///     stop.cancel();
///     assert_eq!(worker.await.expect("the worker ends well"), "the last record is written");
/// });
/// ```
#[doc(alias("CancelScope", "AbortController", "cancel_scope", "AbortSignal"))]
#[derive(Clone)]
pub struct CancellationToken {
    node: Rc<Node>,
}

/// Cancels its token when it is dropped; made by [`CancellationToken::drop_guard`].
#[derive(Debug)]
#[must_use = "dropping the guard cancels its token"]
pub struct DropGuard {
    token: CancellationToken,
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

/// What the clones of a token have in common.
struct Node {
    id: u32,
    is_cancelled: Cell<bool>,
    /// Those who wait; once the token is cancelled nobody in it is owed a wake.
    line: RefCell<WaitList<()>>,
    /// The children that live; empty once the token is cancelled.
    children: RefCell<Slab<Weak<Node>>>,
    /// The parent, and the entry of this node among its children.
    parent: Option<(Rc<Node>, usize)>,
}

impl CancellationToken {
    /// Makes a token of its own.
    #[must_use]
    pub fn new() -> Self {
        Self { node: Rc::new(Node::new(None)) }
    }

    /// Makes a token that is cancelled with this one, but can be cancelled alone.
    ///
    /// ```
    /// let server = wheelwright::sync::CancellationToken::new();
    /// let (one, other) = (server.child_token(), server.child_token());
    /// one.cancel();
    /// assert!(!server.is_cancelled() && !other.is_cancelled());
    /// server.cancel();
    /// assert!(other.is_cancelled());
    /// ```
    #[must_use]
    pub fn child_token(&self) -> Self {
        if self.is_cancelled() {
            let child = Node::new(None);
            child.is_cancelled.set(true);
            return Self { node: Rc::new(child) };
        }
        let node = Rc::new_cyclic(|child| {
            let entry = self.node.children.borrow_mut().insert(Weak::clone(child));
            Node::new(Some((Rc::clone(&self.node), entry)))
        });
        Self { node }
    }

    /// Cancels the token and all its children, and wakes whoever waits for them.
    ///
    /// All of them are cancelled before the first task is woken. A second call does nothing.
    pub fn cancel(&self) {
        for node in self.mark() {
            wake_all(&node.line);
        }
    }

    /// Whether the token was cancelled, itself or through its parent.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.node.is_cancelled.get()
    }

    /// Waits until the token is cancelled; ready at once if it is already.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: a token stays cancelled.
    #[track_caller]
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled::new(self)
    }

    /// Runs a future until it ends or the token is cancelled: `None` then.
    ///
    /// ```
    /// use wheelwright::sync::CancellationToken;
    ///
    /// wheelwright::block_on(async {
    ///     let stop = CancellationToken::new();
    ///     assert_eq!(stop.run_until_cancelled(async { 6 * 7 }).await, Some(42));
    ///     stop.cancel();
    ///     assert_eq!(stop.run_until_cancelled(std::future::pending::<()>()).await, None);
    /// });
    /// ```
    ///
    /// The future is not polled after the token was cancelled, not even once, and is dropped before this one ends.
    ///
    /// # Cancel safety
    ///
    /// That of the future inside, which is dropped in the middle of whatever it does.
    #[track_caller]
    pub fn run_until_cancelled<F: Future>(&self, future: F) -> RunUntilCancelled<'_, F> {
        RunUntilCancelled::new(self.cancelled(), future)
    }

    /// Makes a guard that cancels the token when it is dropped, on whichever way out.
    ///
    /// ```
    /// let token = wheelwright::sync::CancellationToken::new();
    /// let guard = token.clone().drop_guard();
    /// drop(guard);
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { token: self }
    }

    /// Marks this token and all below it as cancelled and returns them, parents first; none if it is cancelled already.
    fn mark(&self) -> Vec<Rc<Node>> {
        if self.is_cancelled() {
            return Vec::new();
        }
        let mut nodes = vec![Rc::clone(&self.node)];
        let mut next = 0;
        while let Some(node) = nodes.get(next) {
            node.is_cancelled.set(true);
            let children = std::mem::take(&mut *node.children.borrow_mut());
            nodes.extend(children.into_iter().filter_map(|(_, child)| child.upgrade()));
            next += 1;
        }
        nodes
    }
}

impl Default for CancellationToken {
    fn default() -> Self {
        Self::new()
    }
}

show!(
    [] CancellationToken,
    |it| id: it.node.id,
    is_cancelled: it.is_cancelled(),
    waiting: it.node.line.borrow().len(),
    children: it.node.children.borrow().len()
);

impl Node {
    fn new(parent: Option<(Rc<Node>, usize)>) -> Self {
        Self {
            id: resource_id(),
            is_cancelled: Cell::new(false),
            line: RefCell::new(WaitList::new()),
            children: RefCell::new(Slab::new()),
            parent,
        }
    }
}

impl Drop for Node {
    /// Takes this node out of its parent, and the parent too if nobody else holds it.
    ///
    /// A loop and not the recursion that would come by itself: a long line of tokens must not fill the stack.
    fn drop(&mut self) {
        let mut above = self.parent.take();
        while let Some((parent, entry)) = above {
            // A parent that was cancelled has let go of its children already.
            parent.children.borrow_mut().try_remove(entry);
            above = Rc::into_inner(parent).and_then(|mut parent| parent.parent.take());
        }
    }
}

#[cfg(test)]
mod tests;
