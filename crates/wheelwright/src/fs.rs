//! Turns files into futures, through the blocking pool: a disk may take its time, and no kernel event tells of it.

mod writer;

use std::io;
use std::panic::Location;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::blocking;
use crate::completion::Receipt;
use crate::observe::Line;
use crate::pool::JobKind;
use crate::task::JoinError;

pub use writer::{Close, Flush, WriteAll, Writer};

/// Reads a whole file.
///
/// # Errors
/// Those of [`std::fs::read`].
///
/// # Cancel safety
/// Dropping it gives the contents up; the read may still happen.
///
/// # Panics
/// When it is called outside a runtime.
///
/// ```
/// wheelwright::block_on(async {
///     let missing = wheelwright::fs::read("no/such/file").await;
///     assert_eq!(missing.unwrap_err().kind(), std::io::ErrorKind::NotFound);
/// });
/// ```
#[doc(alias("aiofiles", "read_bytes", "read_text"))]
#[track_caller]
pub fn read(path: impl AsRef<Path>) -> FileJob<Vec<u8>> {
    let path = path.as_ref().to_owned();
    FileJob::send(Location::caller(), move || std::fs::read(path))
}

/// Writes a whole file, which is made or replaced.
///
/// # Errors
/// Those of [`std::fs::write`].
///
/// # Cancel safety
/// Dropping it does not stop the write, if it has begun.
///
/// # Panics
/// When it is called outside a runtime.
///
/// ```
/// # let path = std::env::temp_dir().join(format!("wheelwright-doc-{}", std::process::id()));
/// wheelwright::block_on(async {
///     wheelwright::fs::write(&path, "hello").await.unwrap();
///     assert_eq!(wheelwright::fs::read(&path).await.unwrap(), b"hello");
/// });
/// # std::fs::remove_file(path).unwrap();
/// ```
#[doc(alias("write_bytes", "write_text"))]
#[track_caller]
pub fn write(path: impl AsRef<Path>, contents: impl Into<Vec<u8>>) -> FileJob<()> {
    let (path, contents) = (path.as_ref().to_owned(), contents.into());
    FileJob::send(Location::caller(), move || std::fs::write(path, contents))
}

/// The future of an operation on a file.
///
/// It is made by [`read`], [`write`](write()) and [`Writer::create`].
#[must_use = "how it went is for whoever awaits it"]
#[derive(Debug)]
pub struct FileJob<T> {
    receipt: Receipt<io::Result<T>>,
}

impl<T: Send + 'static> FileJob<T> {
    fn send(at: Line, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Self {
        Self { receipt: blocking::send(JobKind::Awaited, at, work) }
    }
}

impl<T> Future for FileJob<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receipt).poll(cx).map(flatten)
    }
}

/// A job that came to nothing is an error of the file it was for.
fn flatten<T>(output: Result<io::Result<T>, JoinError>) -> io::Result<T> {
    output.unwrap_or_else(|error| Err(error.into()))
}
