//! Turns waiting for one another into values: permits, locks, events and cancellation, on any executor.
//!
//! Everything here but `remote` works within one thread, and wakes those who wait in the order in which they came.

mod cancellation_token;
mod errors;
mod queue; // what those below wait in
mod semaphore;
mod lock; // a semaphore's permits around a value
mod mutex;
mod rw_lock;
mod event;
mod notify;
mod barrier;
mod once_cell;
mod waiting; // what the ends of channels wait in
pub mod oneshot;
pub mod mpsc;
pub mod watch;
pub mod broadcast;
pub mod remote;

#[cfg(test)]
mod tally; // values that are missed when they are lost
#[cfg(test)]
mod tests; // random operations, beside naive models

pub use barrier::{Barrier, BarrierWait, BarrierWaitResult};
pub use cancellation_token::{CancellationToken, Cancelled, DropGuard, RunUntilCancelled};
pub use errors::{Closed, SendError, TryRecvError, TrySendError};
pub use event::{Event, EventWait};
pub use lock::{Guard, Lock, Locking, Read};
pub use mutex::{Mutex, MutexGuard};
pub use notify::{Notified, Notify};
pub use once_cell::{GetOrInit, GetOrTryInit, OnceCell};
pub use rw_lock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::{Acquire, AcquireOwned, Acquiring, OwnedPermit, Permit, Permits, Semaphore};
