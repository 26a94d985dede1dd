//! Turns raw bytes on real sockets into what the server must answer to them.

#[path = "server/blocking.rs"]
mod blocking; // handlers on threads
#[path = "server/bodies.rs"]
mod bodies; // what a request carries
#[path = "server/end.rs"]
mod end; // shutting down, and what outlives it
#[path = "server/limits.rs"]
mod limits; // too much, too slow
#[path = "server/raw.rs"]
mod raw; // a client that sends whatever it is told
#[path = "server/refusals.rs"]
mod refusals; // what is no request
#[path = "server/responses.rs"]
mod responses; // what goes back, and in which order
#[path = "server/streams.rs"]
mod streams; // what goes back piece by piece, and who sees its end
