//! Turns two signals into dumps: for a program that hangs, and has nobody inside to ask.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGQUIT, SIGUSR1};

use super::dump;
use crate::future::{Either, select};
use crate::runtime::Builder;
use crate::runtime::trouble::{self, Trouble};
use crate::signal::{self, Signal};
use crate::task;

/// Each loop of this process that listens and has not told for the last time has one more.
static LISTENERS: LazyLock<Arc<()>> = LazyLock::new(Arc::default);

impl Builder {
    /// Dumps to stderr when the process gets a signal.
    ///
    /// After SIGUSR1 it goes on; after SIGQUIT (Ctrl-\ in a terminal) it ends, with the exit code 131. Where several loops of a
    /// process listen, each dumps; the first who is done gives the others a second before it ends all of them.
    ///
    /// It is a task that does so, so it waits for its turn: while a poll blocks the thread, and outside `block_on`, nothing is dumped.
    /// A second SIGQUIT ends the process as if nobody listened, for one that does not answer or whose runtime is gone;
    /// [`slow_poll`](Self::slow_poll) names what blocks. Signals that come faster than they are answered give one page or
    /// more. The loop goes on when the page is written: who reads stderr slowly holds it up. A
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
            signal::let_second_quit_end();
            task::spawn_named("dumps on signals", listen(go_on, end, Arc::clone(&LISTENERS))).detach();
            Ok(())
        })
    }
}

async fn listen(mut go_on: Signal, mut end: Signal, listener: Arc<()>) {
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
            break;
        }
    }
    drop(listener);
    // The others have a second: one of them may be blocked.
    let others = (0..1000).take_while(|_| 1 < Arc::strong_count(&LISTENERS));
    others.for_each(|_| thread::sleep(Duration::from_millis(1)));
    // As shells say it of a process that a signal ended: 131.
    std::process::exit(128 + SIGQUIT)
}
