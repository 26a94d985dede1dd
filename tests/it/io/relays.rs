//! Turns the promises about copies into facts: what is counted, flushed, closed, and how fair they are.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::AsyncWrite;
use wheelwright::io::{copy, copy_bidirectional};
use wheelwright::net::UnixStream;
use wheelwright::{race, spawn, time, yield_now};

use super::{Trickle, Zeros};
use crate::net::run;

/// Takes so many bytes at a time, and notes what it was asked to do.
#[derive(Default)]
struct Sink {
    taken: Vec<u8>,
    most: usize,
    /// How many bytes were taken at the last flush.
    flushed: Option<usize>,
    is_closed: bool,
}

impl AsyncWrite for Sink {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = bytes.len().min(self.most);
        self.taken.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushed = Some(self.taken.len());
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_closed = true;
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_copy_counts_and_flushes_and_does_not_close() {
    run(async || {
        for (step, most) in [(1, 1), (3, 2), (100, 1), (1, 100)] {
            let mut sink = Sink { most, ..Sink::default() };
            assert_eq!(copy(Trickle::new(b"0123456789", step), &mut sink).await.expect("it cannot fail"), 10);
            assert_eq!((sink.taken.as_slice(), sink.flushed), (&b"0123456789"[..], Some(10)));
            assert!(!sink.is_closed);
        }
        let mut sink = Sink { most: 1, ..Sink::default() };
        assert_eq!(copy(&b""[..], &mut sink).await.expect("it cannot fail"), 0);
        assert_eq!(sink.flushed, Some(0), "also nothing is flushed");
    });
}

#[test]
fn what_was_written_is_flushed_when_nothing_can_be_read() {
    run(async || {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        let mut sink = Sink { most: 100, ..Sink::default() };
        theirs.write_all(b"question").await.expect("a write");
        let copying = race(async { copy(ours, &mut sink).await.is_ok() }, async {
            yield_now().await;
            false
        });
        assert!(!copying.await, "the other side is still there");
        assert_eq!(sink.flushed, Some(8), "whoever answers only then has it");
        drop(theirs);
    });
}

#[test]
fn a_writer_that_takes_nothing_is_an_error() {
    run(async || {
        let error = copy(&b"x"[..], Sink::default()).await.expect_err("it takes nothing");
        assert_eq!(error.kind(), ErrorKind::WriteZero);
    });
}

#[test]
fn a_copy_that_is_always_ready_does_not_starve_a_timer() {
    run(async || {
        let mut nothing = Nothing { laps: 0 };
        assert!(time::timeout(Duration::from_millis(5), copy(Zeros { read: 0 }, &mut nothing)).await.is_err());
        assert!(128 < nothing.laps, "it ran for more than one budget");
    });
}

/// Takes everything and keeps nothing.
struct Nothing {
    laps: usize,
}

impl AsyncWrite for Nothing {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.laps += 1;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_relay_hands_each_end_on_and_goes_on_the_other_way() {
    run(async || {
        let (mut client, mut near) = UnixStream::pair().expect("a pair");
        let (mut far, mut server) = UnixStream::pair().expect("a pair");
        let relay = spawn(async move { copy_bidirectional(&mut near, &mut far).await });
        let serving = spawn(async move {
            let (mut question, mut buf) = (Vec::new(), [0; 4096]);
            while let count @ 1.. = server.read(&mut buf).await.expect("a read") {
                question.extend_from_slice(&buf[..count]);
            }
            // It answers after the end of the question: that way must be open still.
            server.write_all(&question).await.expect("a write");
            server.write_all(b"!").await.expect("a write");
        });
        let question = vec![5; 300_000];
        client.write_all(&question).await.expect("a write");
        client.shutdown(Shutdown::Write).expect("a shutdown");
        let (mut answer, mut buf) = (Vec::new(), [0; 4096]);
        while let count @ 1.. = client.read(&mut buf).await.expect("a read") {
            answer.extend_from_slice(&buf[..count]);
        }
        assert!(answer.len() == 300_001 && answer.starts_with(&question));
        serving.await.expect("it does not panic");
        assert_eq!(relay.await.expect("it does not panic").expect("both ended well"), (300_000, 300_001));
    });
}
