//! Turns one input into what several targets ask of it: the ways to cut it, and a reading by somebody less careful.

pub mod cuts; // bytes -> the pieces in which they might come
pub mod plain; // a head -> its lines and fields, as a naive reader sees them
