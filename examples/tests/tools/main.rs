//! Turns the two tools into facts about them: what curl, Python and bare sockets see of them, and what they see of those.

// What a test cannot go on without fails it.
#![allow(clippy::unwrap_used)]

#[path = "../common/built.rs"]
mod built; // a name -> an executable
mod program; // arguments -> a run of a tool
mod conversation; // bytes -> what was answered to them

// What certificates need is there with https only.
#[cfg(feature = "tls")]
#[expect(dead_code, reason = "what else the tests of the client make with it")]
#[path = "../../../crates/wheelwright-http/tests/tls/certificates.rs"]
mod certificates; // names and seeds -> certificates
#[cfg(feature = "tls")]
mod https;

// For each tool the tests of its name; `cargo xtask ci` asks for them, for it runs no tool by itself.
mod http_echo;
mod http_get;
