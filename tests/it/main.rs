//! Turns the runtime's public promises into facts, topic by topic.

mod combinators;
mod executor;
mod net;
mod sync;
mod threads;
mod timers;
