//! Turns requests into bytes and bytes into responses.
