//! Turns many small writes to a file into few jobs for the pool, one under way at a time.

use std::fs::File;
use std::io;
use std::panic::Location;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::FileJob;
use crate::observe::Line;

/// So much is gathered while a job is under way before `write_all` waits for it.
const BUFFER: usize = 64 * 1024;

/// Writes a file, or anything else that `std::io` can write to, from async code.
///
/// What is written is gathered while the last job runs, until it is 64 KiB or more, and handed to the pool in order. An error of a
/// job comes out of the next operation, and of each one after it. Dropping the writer hands nothing further over: await
/// [`close`](Self::close) to know that all is in the file.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     # let path = std::env::temp_dir().join(format!("wheelwright-writer-{}", std::process::id()));
///     let mut writer = wheelwright::fs::Writer::new(std::fs::File::create(&path)?);
///     writer.write_all(b"one\n").await?;
///     writer.write_all(b"two\n").await?;
///     writer.close().await?;
///     assert_eq!(wheelwright::fs::read(&path).await?, b"one\ntwo\n");
///     # std::fs::remove_file(path)?;
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("File", "aiofiles", "open_file"))]
pub struct Writer<W = File> {
    state: State<W>,
    /// Taken, and not handed to the pool yet.
    gathered: Vec<u8>,
}

enum State<W> {
    /// The file, and an empty buffer kept for its allocation.
    Idle(W, Vec<u8>),
    Writing(FileJob<(W, Vec<u8>)>),
    Failed(io::ErrorKind, String),
}

impl Writer<File> {
    /// Makes or truncates a file, and a writer for it.
    ///
    /// # Errors
    /// Awaiting it gives those of [`File::create`].
    ///
    /// # Cancel safety
    /// Dropping it may leave an empty file.
    ///
    /// # Panics
    /// When it is called outside a runtime.
    #[track_caller]
    pub fn create(path: impl AsRef<Path>) -> FileJob<Self> {
        let path = path.as_ref().to_owned();
        FileJob::send(Location::caller(), move || Ok(Self::new(File::create(path)?)))
    }
}

impl<W: io::Write + Send + 'static> Writer<W> {
    /// Makes a writer to what is open already.
    pub fn new(file: W) -> Self {
        Self { state: State::Idle(file, Vec::new()), gathered: Vec::new() }
    }

    /// Takes all of `bytes`, waiting while more than 64 KiB are gathered.
    ///
    /// # Errors
    /// That of an earlier job. What was gathered is lost then.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing of `bytes` was taken.
    #[track_caller]
    pub fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> WriteAll<'a, W> {
        WriteAll { writer: self, bytes, at: Location::caller() }
    }

    /// Waits until all that was taken is written and flushed.
    ///
    /// # Errors
    /// That of a job.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    #[track_caller]
    pub fn flush(&mut self) -> Flush<'_, W> {
        Flush { writer: self, at: Location::caller() }
    }

    /// Waits as [`flush`](Self::flush) does and closes the file.
    ///
    /// # Errors
    /// That of a job.
    ///
    /// # Cancel safety
    /// Not cancel-safe: if it is dropped, what is gathered is lost.
    #[track_caller]
    pub fn close(self) -> Close<W> {
        Close { writer: self, at: Location::caller() }
    }

    /// Hands over what is gathered whenever the file is free, until less than `room` is gathered and no error came.
    fn poll_below(&mut self, room: usize, cx: &mut Context<'_>, at: Line) -> Poll<io::Result<()>> {
        loop {
            match &mut self.state {
                State::Failed(kind, message) => return Poll::Ready(Err(io::Error::new(*kind, message.clone()))),
                State::Idle(..) if self.gathered.is_empty() => return Poll::Ready(Ok(())),
                State::Idle(..) => self.hand_over(at),
                State::Writing(job) => match Pin::new(job).poll(cx) {
                    Poll::Ready(Ok((file, buffer))) => self.state = State::Idle(file, buffer),
                    Poll::Ready(Err(error)) => self.state = State::Failed(error.kind(), error.to_string()),
                    Poll::Pending if self.gathered.len() < room => return Poll::Ready(Ok(())),
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }

    fn hand_over(&mut self, at: Line) {
        let lost = State::Failed(io::ErrorKind::Other, "the writer's job was lost".into());
        let State::Idle(mut file, buffer) = std::mem::replace(&mut self.state, lost) else { return };
        let mut bytes = std::mem::replace(&mut self.gathered, buffer);
        self.state = State::Writing(FileJob::send(at, move || {
            file.write_all(&bytes)?;
            file.flush()?;
            bytes.clear();
            Ok((file, bytes))
        }));
    }
}

show!([W] Writer<W>, |it| gathered: it.gathered.len());

/// The future of [`Writer::write_all`].
#[must_use = "nothing is taken until it is awaited"]
#[derive(Debug)]
pub struct WriteAll<'a, W> {
    writer: &'a mut Writer<W>,
    bytes: &'a [u8],
    at: Line,
}

impl<W: io::Write + Send + 'static> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        ready!(this.writer.poll_below(BUFFER, cx, this.at))?;
        this.writer.gathered.extend_from_slice(std::mem::take(&mut this.bytes));
        // The file may be free: then there is no reason to gather.
        this.writer.poll_below(usize::MAX, cx, this.at)
    }
}

/// The future of [`Writer::flush`].
#[must_use = "it waits for nothing until it is awaited"]
#[derive(Debug)]
pub struct Flush<'a, W> {
    writer: &'a mut Writer<W>,
    at: Line,
}

impl<W: io::Write + Send + 'static> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let at = self.at;
        self.writer.poll_below(0, cx, at)
    }
}

/// The future of [`Writer::close`].
#[must_use = "it waits for nothing until it is awaited"]
#[derive(Debug)]
pub struct Close<W> {
    writer: Writer<W>,
    at: Line,
}

// A file is never pinned.
impl<W> Unpin for Close<W> {}

impl<W: io::Write + Send + 'static> Future for Close<W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let at = self.at;
        self.writer.poll_below(0, cx, at)
    }
}
