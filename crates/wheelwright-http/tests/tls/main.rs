//! Turns servers that speak TLS, and some that do not, into what must hold for a client of https.

#[path = "../client/script.rs"]
#[expect(dead_code, reason = "the plain client's tests use the rest")]
mod script; // what a server is to do on each connection

mod certificates; // a name -> a certificate, or one that is not to be trusted
mod secure; // a connection that follows a script -> one that follows it under TLS

mod bodies; // sections A, E and F: what comes and goes, and what a cut means
mod handshakes; // section I: who is let in
mod overtaken; // section F: a handshake, and a connection that comes back first
mod redirects; // section G: from one scheme to the other
mod reuse; // sections F and I: which connection serves, and how it is closed
