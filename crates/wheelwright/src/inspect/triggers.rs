//! Turns two signals into dumps: for a program that hangs, and has nobody inside to ask.

use std::io::{self, Write};

use signal_hook::consts::{SIGQUIT, SIGUSR1};

use super::dump;
use crate::future::{Either, select};
use crate::runtime::Builder;
use crate::runtime::trouble::{self, Trouble};
use crate::signal::Signal;
use crate::task;

/// What a process ends with that SIGQUIT ended, as shells say it: 128 and the signal's number.
const ENDED_BY_QUIT: i32 = 131;

impl Builder {
    /// Dumps to stderr when the process gets a signal.
    ///
    /// After SIGUSR1 it goes on; after SIGQUIT (Ctrl-\ in a terminal) it ends, with the exit code 131. It is a task that does
    /// so, so it waits for its turn: while a poll blocks the thread nothing is dumped. A
    /// [flight recorder](crate::record::flight_recorder) is given the recording as well.
    ///
    /// ```no_run
    /// let runtime = wheelwright::Runtime::builder().dump_on_signals().build()?;
    /// runtime.block_on(std::future::pending::<()>()); // kill -USR1 says why nothing comes
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`build`](Self::build) fails if the system refuses the pipes or the handlers.
    #[doc(alias("faulthandler", "register", "SIGUSR1", "SIGQUIT", "SIGINFO"))]
    pub fn dump_on_signals(self) -> Self {
        self.at_start(|| {
            let (go_on, end) = (Signal::listen(SIGUSR1), Signal::listen(SIGQUIT));
            go_on.check().and(end.check())?;
            task::spawn_named("dumps on signals", listen(go_on, end)).detach();
            Ok(())
        })
    }
}

async fn listen(mut go_on: Signal, mut end: Signal) {
    loop {
        let signal = select(&mut go_on, &mut end).await;
        if let Either::Left(Err(_)) | Either::Right(Err(_)) = signal {
            return;
        }
        // In one write, so that what another thread says does not come in between.
        let page = format!("wheelwright: {}", dump());
        // Who has closed stderr wants to hear nothing.
        let _ = io::stderr().write_all(page.as_bytes());
        trouble::call(Trouble::Signal);
        if let Either::Right(_) = signal {
            std::process::exit(ENDED_BY_QUIT);
        }
    }
}
