//! Turns streams of bytes, of this crate and of others, into lines, copies and waits: all that reads is `futures_io::AsyncRead`.

mod async_fd;
mod buf_reader;
mod copy;
mod lines;
mod stdin;

pub use async_fd::AsyncFd;
pub use buf_reader::{BufReader, ReadLine, ReadUntil};
pub use copy::{Copy, CopyBidirectional, copy, copy_bidirectional};
pub use lines::{Lines, lines};
pub use stdin::{Stdin, stdin};
