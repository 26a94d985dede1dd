//! Turns standard input into something a task can read, by a thread of the pool that blocks for it.

use std::io::{self, BufRead, Cursor, Read};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;

use super::BufReader;
use crate::blocking;
use crate::completion::Receipt;
use crate::observe::Line;
use crate::pool::JobKind;

/// How much one job asks for.
const CHUNK: usize = 8 * 1024;

/// Gives standard input, with a buffer: [`read_line`](BufReader::read_line) and [`lines`](BufReader::lines) read it.
///
/// It is read on a thread of the blocking pool, one read at a time and only when somebody waits for it. A read that has
/// begun cannot be taken back: it ends with the next input. The end of the runtime does not wait for it, and the end of the
/// process ends it. What it reads after all when this is dropped, and what is in the buffer then, nobody gets: make one and
/// keep it.
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let mut input = wheelwright::io::stdin();
///     let mut name = String::new();
///     input.read_line(&mut name).await?;
///     println!("hello, {}", name.trim());
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias = "input")]
#[track_caller]
#[must_use = "nothing is read until somebody waits for it"]
pub fn stdin() -> BufReader<Stdin> {
    BufReader::new(Stdin { chunk: Cursor::default(), job: None, at: Location::caller() })
}

/// The reader under [`stdin`].
pub struct Stdin {
    /// What the last job read, from where it was not taken yet.
    chunk: Cursor<Vec<u8>>,
    /// A read under way. A dropped wait leaves it to the next one.
    job: Option<Receipt<io::Result<Vec<u8>>>>,
    at: Line,
}

impl AsyncRead for Stdin {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.chunk.fill_buf()?.is_empty() && !buf.is_empty() {
            let at = this.at;
            let job = this.job.get_or_insert_with(|| blocking::send(JobKind::Endless, at, read_chunk));
            let output = ready!(Pin::new(job).poll(cx));
            this.job = None;
            this.chunk = Cursor::new(output.unwrap_or_else(|error| Err(error.into()))?);
        }
        Poll::Ready(this.chunk.read(buf))
    }
}

fn read_chunk() -> io::Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK];
    let count = io::stdin().read(&mut chunk)?;
    chunk.truncate(count);
    Ok(chunk)
}

show!([] Stdin, |it| reading: it.job.is_some());
