//! Turns reads of any length into lines and other pieces with an end, by a buffer in between.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncBufRead, AsyncRead};

use super::Lines;

const CAPACITY: usize = 8 * 1024;
/// The longest line that is taken unless another limit is set.
const LONGEST_LINE: usize = 1024 * 1024;

/// A reader with a buffer: it reads lines, with few system calls.
///
/// What was read and not taken yet stays in the buffer, also when a read is dropped half-way: no byte is lost to a cancel.
/// The buffer has 8 KiB and grows for a longer line up to [`max_line`](Self::max_line), so that no sender can fill the
/// memory.
///
/// ```
/// use wheelwright::{io::BufReader, net::UnixStream};
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let (mut ours, theirs) = UnixStream::pair()?;
///     ours.write_all(b"GET / HTTP/1.1\r\nHost: there\r\n").await?;
///     let mut reader = BufReader::new(theirs);
///     let mut line = String::new();
///     reader.read_line(&mut line).await?;
///     assert_eq!(line, "GET / HTTP/1.1\r\n");
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias = "StreamReader")]
pub struct BufReader<R> {
    reader: R,
    /// `buf[start..end]` was read and not taken yet.
    buf: Vec<u8>,
    start: usize,
    end: usize,
    max_line: usize,
    /// How much of what is held has no such byte: who was dropped while a long line came need not have looked in vain.
    searched: usize,
    delimiter: u8,
}

impl<R: AsyncRead + Unpin> BufReader<R> {
    /// Makes a buffer of 8 KiB for a reader, and a limit of 1 MiB for a line.
    pub fn new(reader: R) -> Self {
        Self::with_capacity(CAPACITY, reader)
    }

    /// Makes a buffer of so many bytes, at least one, for a reader.
    pub fn with_capacity(capacity: usize, reader: R) -> Self {
        let buf = vec![0; capacity.max(1)];
        Self { reader, buf, start: 0, end: 0, max_line: LONGEST_LINE, searched: 0, delimiter: 0 }
    }

    /// Sets how many bytes a line, or another piece, may have, its end included.
    ///
    /// ```
    /// use wheelwright::io::BufReader;
    /// use wheelwright::net::UnixStream;
    ///
    /// wheelwright::block_on(async {
    ///     let (reader, mut writer) = UnixStream::pair()?;
    ///     writer.write_all(b"a line without end").await?;
    ///     let mut line = String::new();
    ///     let outcome = BufReader::new(reader).max_line(8).read_line(&mut line).await;
    ///     assert!(outcome.is_err());
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// Reads a line and appends it, with its `\n`, to `line`: how many bytes it has.
    ///
    /// It gives 0 at the end. The last line may lack its `\n`.
    ///
    /// # Errors
    /// Those of the reader; `InvalidData` for a line that is too long or not UTF-8, which stays in the buffer.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, `line` is as it was, and what was read stays in the buffer.
    #[doc(alias = "readline")]
    pub fn read_line<'a>(&'a mut self, line: &'a mut String) -> ReadLine<'a, R> {
        ReadLine { reader: self, line }
    }

    /// Reads up to and with a delimiter, appends that to `bytes`: how many there are.
    ///
    /// It gives 0 at the end. The last piece may lack its delimiter.
    ///
    /// # Errors
    /// Those of the reader; `InvalidData` for a piece that is too long, which stays in the buffer.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, `bytes` is as it was, and what was read stays in the buffer.
    ///
    /// ```
    /// use wheelwright::io::BufReader;
    /// use wheelwright::net::UnixStream;
    ///
    /// wheelwright::block_on(async {
    ///     let (reader, mut writer) = UnixStream::pair()?;
    ///     writer.write_all(b"red,green").await?;
    ///     let (mut reader, mut word) = (BufReader::new(reader), Vec::new());
    ///     assert_eq!(reader.read_until(b',', &mut word).await?, 4);
    ///     assert_eq!(word, b"red,");
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "readuntil")]
    pub fn read_until<'a>(&'a mut self, delimiter: u8, bytes: &'a mut Vec<u8>) -> ReadUntil<'a, R> {
        ReadUntil { reader: self, delimiter, bytes }
    }

    /// The lines as a stream. Dropping it drops the reader with what is in its buffer.
    pub fn lines(self) -> Lines<R> {
        Lines::new(self)
    }

    /// Looks for the next piece: how long it is, with its delimiter.
    fn poll_piece(&mut self, delimiter: u8, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.delimiter != delimiter {
            (self.delimiter, self.searched) = (delimiter, 0);
        }
        loop {
            let held = self.buffer();
            let found = held[self.searched..].iter().position(|byte| *byte == delimiter);
            let length = found.map_or(held.len(), |at| self.searched + at + 1);
            if self.max_line < length {
                let what = format!("a line has more than {} bytes: raise BufReader::max_line", self.max_line);
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, what)));
            }
            if found.is_some() {
                return Poll::Ready(Ok(length));
            }
            self.searched = length;
            if ready!(self.poll_more(cx))? == 0 {
                return Poll::Ready(Ok(length));
            }
        }
    }

    /// Looks for the next line, with its `\n`; an empty one is the end.
    pub(super) fn poll_text(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&str>> {
        let length = ready!(self.poll_piece(b'\n', cx))?;
        let line = str::from_utf8(&self.buffer()[..length]);
        let what = "a line is not UTF-8: BufReader::read_until takes any bytes";
        Poll::Ready(line.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, what)))
    }

    /// Reads more behind what is held: how many bytes, 0 at the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.end == self.buf.len() || self.start == self.end {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buf.len() {
            // One byte beyond the limit tells that it is passed.
            let length = self.buf.len().saturating_mul(2).min(self.max_line.saturating_add(1));
            self.buf.resize(length.max(self.end + 1), 0);
        }
        let count = ready!(Pin::new(&mut self.reader).poll_read(cx, &mut self.buf[self.end..]))?;
        self.end += count;
        Poll::Ready(Ok(count))
    }
}

impl<R> BufReader<R> {
    /// What was read and not taken yet.
    #[must_use]
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.start..self.end]
    }

    /// The reader, to ask it for addresses and options.
    #[must_use]
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The reader, to write to the stream it is.
    ///
    /// What is read from it goes past the buffer.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// Gives the reader back and drops what is in the buffer.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// So many bytes of what is held were taken.
    pub(super) fn take(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
        self.searched = 0;
    }
}

impl<R: AsyncRead + Unpin> AsyncBufRead for BufReader<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.start == this.end {
            ready!(this.poll_more(cx))?;
        }
        Poll::Ready(Ok(this.buffer()))
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.get_mut().take(count);
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for BufReader<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.start == self.end && self.buf.len() <= buf.len() {
            return Pin::new(&mut self.reader).poll_read(cx, buf);
        }
        let held = ready!(self.as_mut().poll_fill_buf(cx))?;
        let count = held.len().min(buf.len());
        buf[..count].copy_from_slice(&held[..count]);
        self.take(count);
        Poll::Ready(Ok(count))
    }
}

/// The future of [`BufReader::read_line`].
#[derive(Debug)]
#[must_use = "it reads nothing until it is awaited"]
pub struct ReadLine<'a, R> {
    reader: &'a mut BufReader<R>,
    line: &'a mut String,
}

impl<R: AsyncRead + Unpin> Future for ReadLine<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let line = ready!(this.reader.poll_text(cx))?;
        this.line.push_str(line);
        let length = line.len();
        this.reader.take(length);
        Poll::Ready(Ok(length))
    }
}

/// The future of [`BufReader::read_until`].
#[derive(Debug)]
#[must_use = "it reads nothing until it is awaited"]
pub struct ReadUntil<'a, R> {
    reader: &'a mut BufReader<R>,
    delimiter: u8,
    bytes: &'a mut Vec<u8>,
}

impl<R: AsyncRead + Unpin> Future for ReadUntil<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let length = ready!(this.reader.poll_piece(this.delimiter, cx))?;
        this.bytes.extend_from_slice(&this.reader.buffer()[..length]);
        this.reader.take(length);
        Poll::Ready(Ok(length))
    }
}

show!([R] BufReader<R>, |it| held: it.buffer().len());
