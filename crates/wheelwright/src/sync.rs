//! Turns waiting for one another into values: permits and cancellation, on any executor.
//!
//! Everything here works within one thread and wakes those who wait in the order in which they came.

mod cancellation_token;
mod errors;
mod semaphore;

pub use cancellation_token::{CancellationToken, Cancelled, DropGuard, RunUntilCancelled};
pub use errors::{Closed, SendError, TryRecvError, TrySendError};
pub use semaphore::{Acquire, AcquireOwned, OwnedPermit, Permit, Semaphore};
