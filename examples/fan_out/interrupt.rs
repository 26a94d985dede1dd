//! Turns the first Ctrl-C into a graceful end, and the second into an end at once.

use std::process;
use std::time::Duration;

use indicatif::ProgressBar;
use wheelwright::sync::CancellationToken;
use wheelwright::{Either, select, signal::ctrl_c, time::sleep};

/// What calls in flight have to finish in.
const GRACE: Duration = Duration::from_secs(5);

/// The exit code of whoever was stopped by Ctrl-C.
pub(crate) const CODE: u8 = 130;

/// What must end, and when.
#[derive(Clone, Default)]
pub(crate) struct Ends {
    /// Cancelled when no further call may start.
    pub(crate) starting: CancellationToken,
    /// Cancelled when those in flight must end.
    pub(crate) calling: CancellationToken,
}

impl Ends {
    /// Waits for Ctrl-C and does what it asks for.
    pub(crate) async fn watch(self, bar: ProgressBar) {
        let first = ctrl_c();
        if let Err(error) = first.await {
            bar.suspend(|| eprintln!("fan_out: Ctrl-C will not be heard: {error}"));
            return;
        }
        let mut second = ctrl_c();
        self.starting.cancel();
        let grace = GRACE.as_secs();
        bar.suspend(|| eprintln!("stopping: calls in flight have {grace} s to finish, Ctrl-C ends them at once"));
        if let Either::Left(_) = select(&mut second, sleep(GRACE)).await {
            process::exit(CODE.into());
        }
        self.calling.cancel();
        let _ = second.await;
        process::exit(CODE.into());
    }
}
