//! Turns the names of the examples into how each is run, and how its output is compared with what it printed before.

/// One example.
pub(super) struct Program {
    pub(super) name: &'static str,
    /// What makes a check short; the transcript is that of a whole run, which has more rows alike.
    pub(super) quick: &'static [&'static str],
    pub(super) output: Output,
    /// Written in Python and with tokio as well.
    pub(super) has_companions: Companions,
}

/// What of an output is the same at every run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// All of it.
    Bytes,
    /// The words; figures are those of the moment.
    Words,
}

/// In which worlds a program is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Companions {
    Alone,
    PythonAndTokio,
}

impl Program {
    /// Runs under the paused clock, and prints the same at every run.
    const fn paused(name: &'static str) -> Self {
        Self { name, quick: &[], output: Output::Bytes, has_companions: Companions::Alone }
    }

    /// Runs in real time, and prints figures.
    const fn measured(name: &'static str) -> Self {
        Self { output: Output::Words, ..Self::paused(name) }
    }

    /// Prints the same in Python and with tokio.
    const fn in_three_worlds(name: &'static str) -> Self {
        Self { has_companions: Companions::PythonAndTokio, ..Self::paused(name) }
    }

    const fn checked_with(self, quick: &'static [&'static str]) -> Self {
        Self { quick, ..self }
    }
}

/// Every example but the main one, whose output is checked by its meaning, and the tools, which have tests; in the order of
/// examples/README.md, and last the steps of the book.
pub(super) const PROGRAMS: &[Program] = &[
    Program::measured("three_ways"),
    Program::paused("predict_order"),
    Program::in_three_worlds("await_or_spawn"),
    Program::paused("shared_state"),
    Program::paused("state_machine"),
    Program::measured("block_on"),
    Program::measured("executor"),
    Program::measured("timers"),
    Program::measured("reactor_echo"),
    Program::in_three_worlds("gather"),
    Program::paused("partial_failure"),
    Program::in_three_worlds("task_group"),
    Program::measured("never_block"),
    Program::measured("cpu_bound"),
    Program::measured("session"),
    Program::measured("crawl"),
    Program::in_three_worlds("bounded"),
    Program::measured("polite"),
    Program::in_three_worlds("streams"),
    Program::in_three_worlds("download"),
    Program::measured("token_stream"),
    Program::measured("boundaries"),
    Program::measured("async_driver"),
    Program::in_three_worlds("cancel"),
    Program::in_three_worlds("timeouts"),
    Program::paused("cleanup"),
    Program::measured("web_app"),
    Program::measured("graceful_shutdown"),
    Program::measured("slow_clients"),
    Program::measured("threads_vs_async").checked_with(&["--quick"]),
    Program::measured("per_core"),
    Program::paused("lost_errors"),
    Program::paused("replay"),
    Program::paused("step_turns"),
    Program::measured("step_freeze"),
    Program::measured("step_spin"),
    Program::measured("step_park"),
    Program::paused("step_arc_wakers"),
    Program::paused("step_join"),
    Program::paused("step_key_wakers"),
    Program::paused("step_heap"),
    Program::paused("step_mio"),
    Program::paused("step_listens"),
    Program::paused("step_children"),
    Program::paused("step_cut_short"),
    Program::paused("step_owner"),
    Program::paused("step_permits"),
    Program::paused("step_room"),
];
