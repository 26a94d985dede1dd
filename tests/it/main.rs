//! Turns the runtime's public promises into facts, topic by topic.

mod channels;
mod cleanup;
mod combinators;
mod ecosystem;
mod files;
mod groups;
mod handles;
mod intervals;
mod io;
mod locals;
mod loops;
mod locks;
mod net;
mod panics;
mod readiness;
mod recordings;
mod scopes;
mod shutdown;
mod streams;
mod support;
mod sync;
mod tasks;
mod threads;
mod timers;
mod udp;
mod unix;
