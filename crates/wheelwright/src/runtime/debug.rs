//! Turns debug mode into the settings that it stands for.

use std::io;
use std::time::Duration;

use super::Builder;
use crate::schedule;

const NAME: &str = "WHEELWRIGHT_DEBUG";
/// A poll that takes longer is told of in debug mode.
const SLOW: Duration = Duration::from_millis(100);

impl Builder {
    /// Switches on what helps to find mistakes and costs a little.
    ///
    /// Polls that take 100 ms or more are reported: see the [`slow`](crate::slow) module.
    ///
    /// What another method sets stays: `.debug().slow_poll(d)` reports from `d` on. Two values of an environment variable
    /// decide for every runtime of a process, whatever its builder says: `WHEELWRIGHT_DEBUG=1` is debug mode, and
    /// `WHEELWRIGHT_DEBUG=0` is none.
    ///
    /// A poll in debug mode costs two looks at the clock more, 150 to 200 ns where that was measured.
    ///
    /// ```
    /// let runtime = wheelwright::Runtime::builder().debug().build()?;
    /// runtime.block_on(async { /* what takes long here is told of on stderr */ });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias("PYTHONASYNCIODEBUG", "set_debug", "loop_debug"))]
    pub fn debug(mut self) -> Self {
        self.debug = true;
        self
    }

    /// The settings with what debug mode adds, if it is on.
    pub(super) fn debugged(mut self) -> io::Result<Self> {
        let parse = |text: &str| ["0", "1"].iter().position(|word| *word == text).map(|found| found == 1);
        let asked = schedule::from_environment(NAME, "1, or 0", parse)?;
        if asked.unwrap_or(self.debug) {
            self.slow_poll.get_or_insert(SLOW);
        }
        Ok(self)
    }
}
