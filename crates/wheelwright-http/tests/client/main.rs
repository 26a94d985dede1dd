//! Turns a client and servers that follow a script into what must hold on real sockets.

mod script; // what a server is to do on each connection

mod connect; // section I: from a name to a connection
mod crowd; // section F and J: many calls at once
mod flow; // sections H and J: bodies both ways, slow readers, half-closed connections
mod limits; // sections H and J: limits of size and time
mod locations; // section G: where it goes on
mod overtaken; // section F: a dial, and a connection that comes back first
mod pool; // section F: which connection serves
mod redirects; // section G: which way it goes on
mod responses; // section E: what comes back
mod retries; // section F: what is sent again on a fresh connection
mod retry; // what is tried again, at what price
mod sending; // section H: what goes out
