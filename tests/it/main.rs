//! Turns the runtime's public promises into facts, topic by topic.

mod combinators;
mod executor;
mod sync;
mod threads;
