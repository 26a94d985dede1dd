//! Turns the runtime's public promises into facts, topic by topic.

mod cleanup;
mod combinators;
mod net;
mod panics;
mod readiness;
mod shutdown;
mod support;
mod sync;
mod tasks;
mod threads;
mod timers;
