//! Turns the last question of each chapter into code to fill in: `cargo test -p exercises --test ch03`.
//!
//! A module has the stub of a chapter; the solution lies beside it in `solutions`. Tests of a chapter stand in `tests/`, and
//! fail until its stub is filled in. They are run against the solutions by `cargo test -p exercises --features solutions`.
#![cfg_attr(not(feature = "solutions"), allow(unused_variables))] // a stub names what its solution will use
#![allow(missing_debug_implementations)] // nobody shows these types

#[cfg(not(feature = "solutions"))]
pub mod ch01;
#[cfg(feature = "solutions")]
#[path = "solutions/ch01.rs"]
pub mod ch01;

#[cfg(not(feature = "solutions"))]
pub mod ch02;
#[cfg(feature = "solutions")]
#[path = "solutions/ch02.rs"]
pub mod ch02;
pub mod puzzles; // of chapter 2: what it asks about, the same for all

/// The programs that stand in the text of pages, which are run as tests of documentation.
#[cfg(doctest)]
pub mod pages {
    #[doc = include_str!("../../src/rust.md")]
    pub mod rust {}
}

#[cfg(not(feature = "solutions"))]
pub mod ch03;
#[cfg(feature = "solutions")]
#[path = "solutions/ch03.rs"]
pub mod ch03;

#[cfg(not(feature = "solutions"))]
pub mod ch04;
#[cfg(feature = "solutions")]
#[path = "solutions/ch04.rs"]
pub mod ch04;

#[cfg(not(feature = "solutions"))]
pub mod ch05;
#[cfg(feature = "solutions")]
#[path = "solutions/ch05.rs"]
pub mod ch05;
pub mod turns; // of chapter 5: the loop that it asks about, the same for all

/// The program in the text of chapter 3, which is run as a test of documentation.
#[cfg(doctest)]
#[doc = include_str!("../../src/ch03-what-does-async-fn-become.md")]
pub mod page_of_ch03 {}

#[cfg(not(feature = "solutions"))]
pub mod ch06;
#[cfg(feature = "solutions")]
#[path = "solutions/ch06.rs"]
pub mod ch06;

#[cfg(not(feature = "solutions"))]
pub mod ch07;
#[cfg(feature = "solutions")]
#[path = "solutions/ch07.rs"]
pub mod ch07;

#[cfg(not(feature = "solutions"))]
pub mod ch08;
#[cfg(feature = "solutions")]
#[path = "solutions/ch08.rs"]
pub mod ch08;

#[cfg(not(feature = "solutions"))]
pub mod ch09;
#[cfg(feature = "solutions")]
#[path = "solutions/ch09.rs"]
pub mod ch09;

#[cfg(not(feature = "solutions"))]
pub mod ch10;
#[cfg(feature = "solutions")]
#[path = "solutions/ch10.rs"]
pub mod ch10;

/// The program in the text of chapter 10, which is run as a test of documentation.
#[cfg(doctest)]
#[doc = include_str!("../../src/ch10-who-owns-a-childs-error.md")]
pub mod page_of_ch10 {}

#[cfg(not(feature = "solutions"))]
pub mod ch11;
#[cfg(feature = "solutions")]
#[path = "solutions/ch11.rs"]
pub mod ch11;

#[cfg(not(feature = "solutions"))]
pub mod ch12;
#[cfg(feature = "solutions")]
#[path = "solutions/ch12.rs"]
pub mod ch12;

/// The program in the text of chapter 12, which is run as a test of documentation.
#[cfg(doctest)]
#[doc = include_str!("../../src/ch12-values-over-time.md")]
pub mod page_of_ch12 {}
