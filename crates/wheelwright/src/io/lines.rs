//! Turns what a reader reads into a stream of lines.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_io::AsyncRead;

use super::BufReader;

/// The lines of a reader, without their ends (`\n` or `\r\n`), as a stream.
///
/// A line of more than 1 MiB is an error; [`BufReader::max_line`] sets another limit.
///
/// ```
/// use wheelwright::{io, stream::StreamExt};
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let mut lines = io::lines(&b"one\r\ntwo"[..]);
///     let mut all = Vec::new();
///     while let Some(line) = lines.next().await {
///         all.push(line?);
///     }
///     assert_eq!(all, ["one", "two"]);
///     Ok(())
/// })
/// # }
/// ```
pub fn lines<R: AsyncRead + Unpin>(reader: R) -> Lines<R> {
    BufReader::new(reader).lines()
}

/// The stream of [`lines`] and [`BufReader::lines`]: an error is its last item.
///
/// # Cancel safety
/// Nothing is lost if a wait for the next line is dropped: what was read stays in the buffer.
#[derive(Debug)]
#[must_use = "a stream does nothing until it is polled"]
pub struct Lines<R> {
    reader: BufReader<R>,
    is_over: bool,
}

impl<R> Lines<R> {
    pub(super) fn new(reader: BufReader<R>) -> Self {
        Self { reader, is_over: false }
    }

    /// Gives the reader back: what an error was about is in its buffer.
    #[must_use]
    pub fn into_inner(self) -> BufReader<R> {
        self.reader
    }
}

impl<R: AsyncRead + Unpin> Stream for Lines<R> {
    type Item = io::Result<String>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.is_over {
            return Poll::Ready(None);
        }
        match ready!(this.reader.poll_text(cx)) {
            Ok(line) if !line.is_empty() => {
                let length = line.len();
                let text =
                    line.strip_suffix('\n').map_or(line, |text| text.strip_suffix('\r').unwrap_or(text)).to_owned();
                this.reader.take(length);
                Poll::Ready(Some(Ok(text)))
            }
            end => {
                this.is_over = true;
                Poll::Ready(end.err().map(Err))
            }
        }
    }
}
