//! Turns a client and servers that follow a script into what must hold on real sockets.

mod script; // what a server is to do on each connection

mod crowd; // section F and J: many calls at once
mod limits; // sections H and J: limits of size and time
mod pool; // section F: which connection serves
mod responses; // section E: what comes back
mod retries; // section F: what is sent again
mod sending; // section H: what goes out
