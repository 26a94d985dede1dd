//! Turns the last question of each chapter into code to fill in: `cargo test -p exercises ch03`.
//!
//! A module has the stub of a chapter; the solution lies beside it in `solutions`. Tests of a chapter stand in `tests/`, and
//! fail until its stub is filled in. They are run against the solutions by `cargo test -p exercises --features solutions`.
#![allow(unused_variables, clippy::todo, clippy::needless_pass_by_value)] // a stub names what its solution will use
