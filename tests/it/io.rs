//! Turns the promises about buffered reads, copies and any descriptor into facts.

mod descriptors;
mod relays;

use std::future::{Future, poll_fn};
use std::io::{self, BufRead, ErrorKind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_io::{AsyncBufRead, AsyncRead};
use wheelwright::io::{BufReader, Lines, copy, copy_bidirectional, lines};
use wheelwright::net::{UdpSocket, UnixStream};
use wheelwright::{join, race, time, yield_now};

use crate::net::run;
use crate::support::dropped_at_every_step;

/// Reads so many bytes at a time, and waits a lap before each.
struct Trickle {
    bytes: &'static [u8],
    step: usize,
    may_read: bool,
}

impl Trickle {
    fn new(bytes: &'static [u8], step: usize) -> Self {
        Self { bytes, step, may_read: false }
    }
}

impl AsyncRead for Trickle {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.may_read = !self.may_read;
        if self.may_read {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = self.step.min(buf.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        buf[..count].copy_from_slice(now);
        self.bytes = later;
        Poll::Ready(Ok(count))
    }
}

async fn next<R: AsyncRead + Unpin>(lines: &mut Lines<R>) -> Option<io::Result<String>> {
    poll_fn(|cx| Pin::new(&mut *lines).poll_next(cx)).await
}

const TEXT: &[u8] = b"one\ntwo two\r\n\nfour, which is longer than some buffers\n\xc3\xa9t\xc3\xa9\nlast";

#[test]
fn pieces_are_what_std_reads_whatever_the_capacity_and_the_reads() {
    run(async || {
        for (capacity, step) in [(0, 1), (1, 1), (1, 100), (2, 3), (5, 2), (16, 7), (100, 1), (100, 100)] {
            for delimiter in [b'\n', b' ', b'o', 0] {
                let mut reader = BufReader::with_capacity(capacity, Trickle::new(TEXT, step));
                let mut by_std = TEXT;
                loop {
                    let (mut ours, mut theirs) = (vec![1], vec![1]);
                    let count = reader.read_until(delimiter, &mut ours).await.expect("it cannot fail");
                    assert_eq!(count, by_std.read_until(delimiter, &mut theirs).expect("it cannot fail"));
                    assert_eq!(ours, theirs, "capacity {capacity}, reads of {step}, delimiter {delimiter}");
                    if count == 0 {
                        break;
                    }
                }
            }
        }
    });
}

#[test]
fn lines_are_those_of_std() {
    run(async || {
        let mut ours = BufReader::with_capacity(3, Trickle::new(TEXT, 2)).lines();
        for theirs in TEXT.lines() {
            assert_eq!(next(&mut ours).await.expect("there is one").expect("a line"), theirs.expect("a line"));
        }
        assert!(next(&mut ours).await.is_none());
        assert!(next(&mut ours).await.is_none(), "it stays so");
    });
}

#[test]
fn a_read_line_dropped_at_any_point_loses_nothing() {
    run(async || {
        for polls in 1..20 {
            let mut reader = BufReader::with_capacity(4, Trickle::new(TEXT, 1));
            let mut all = String::new();
            loop {
                let before = all.clone();
                match polled(polls, reader.read_line(&mut all)).await {
                    Some(0) => break,
                    Some(_) => {}
                    None => assert_eq!(all, before, "what is not whole was not given out"),
                }
            }
            assert_eq!(all.as_bytes(), TEXT, "dropped after {polls} polls each time");
        }
    });
}

/// The outcome, unless it takes more polls than that.
async fn polled(polls: usize, future: impl Future<Output = io::Result<usize>>) -> Option<usize> {
    let mut future = pin!(future);
    for _ in 0..polls {
        match poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            Poll::Ready(count) => return Some(count.expect("it cannot fail")),
            Poll::Pending => yield_now().await,
        }
    }
    None
}

#[test]
fn a_read_until_dropped_and_followed_by_another_delimiter_loses_nothing() {
    run(async || {
        let mut reader = BufReader::new(Trickle::new(b"a,b\nc", 1));
        let mut bytes = Vec::new();
        // It has looked at the comma already, for another reason.
        assert_eq!(polled(3, reader.read_until(b'\n', &mut bytes)).await, None);
        assert_eq!(reader.buffer(), b"a,");
        assert_eq!(reader.read_until(b',', &mut bytes).await.expect("it cannot fail"), 2);
        assert_eq!(bytes, b"a,");
    });
}

#[test]
fn a_line_that_is_too_long_is_an_error_and_stays_in_the_buffer() {
    run(async || {
        for step in [1, 3, 100] {
            let mut reader = BufReader::with_capacity(2, Trickle::new(b"12345\n123456\nrest", step)).max_line(6);
            let mut line = String::new();
            assert_eq!(reader.read_line(&mut line).await.expect("it just fits"), 6);
            let error = reader.read_line(&mut line).await.expect_err("one too many");
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            assert!(error.to_string().contains("6 bytes"), "{error}");
            assert!(reader.buffer().starts_with(b"123456"));
            let mut reader = reader.max_line(7);
            assert_eq!(reader.read_line(&mut line).await.expect("the limit was raised"), 7);
            assert_eq!(line, "12345\n123456\n");
        }
    });
}

#[test]
fn what_never_ends_takes_no_more_memory_than_the_limit() {
    run(async || {
        let mut reader = BufReader::new(Zeros { read: 0 }).max_line(10_000);
        reader.read_line(&mut String::new()).await.expect_err("it never ends");
        assert!(reader.buffer().len() <= 10_001);
        assert!(reader.get_ref().read <= 10_001);
    });
}

/// Never ends, and is always ready.
struct Zeros {
    read: usize,
}

impl AsyncRead for Zeros {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.read += buf.len();
        buf.fill(0);
        Poll::Ready(Ok(buf.len()))
    }
}

#[test]
fn what_is_not_utf8_stays_for_those_who_take_bytes() {
    run(async || {
        let mut reader = BufReader::new(&b"\xff\xfe\nnext\n"[..]);
        let mut line = String::from("kept");
        assert_eq!(reader.read_line(&mut line).await.expect_err("no text").kind(), ErrorKind::InvalidData);
        assert_eq!(line, "kept");
        let mut bytes = Vec::new();
        assert_eq!(reader.read_until(b'\n', &mut bytes).await.expect("bytes"), 3);
        assert_eq!(reader.read_line(&mut line).await.expect("text"), 5);
        assert_eq!((bytes, line.as_str()), (b"\xff\xfe\n".to_vec(), "keptnext\n"));
    });
}

#[test]
fn an_error_is_the_last_of_the_lines() {
    run(async || {
        let mut lines = lines(&b"one\n\xff\ntwo\n"[..]);
        assert_eq!(next(&mut lines).await.expect("a line").expect("text"), "one");
        assert_eq!(next(&mut lines).await.expect("an error").expect_err("no text").kind(), ErrorKind::InvalidData);
        assert!(next(&mut lines).await.is_none());
        assert_eq!(lines.into_inner().buffer(), b"\xff\ntwo\n", "the rest can be had");
    });
}

#[test]
fn a_buffer_is_a_reader_of_the_ecosystem() {
    run(async || {
        let mut reader = BufReader::with_capacity(4, Trickle::new(b"abcdefghij", 3));
        let held = poll_fn(|cx| Pin::new(&mut reader).poll_fill_buf(cx).map_ok(<[u8]>::to_vec)).await;
        assert_eq!(held.expect("it cannot fail"), b"abc");
        Pin::new(&mut reader).consume(1);
        let mut all = Vec::new();
        let mut buf = [0; 4];
        while let count @ 1.. =
            poll_fn(|cx| Pin::new(&mut reader).poll_read(cx, &mut buf)).await.expect("it cannot fail")
        {
            all.extend_from_slice(&buf[..count]);
        }
        assert_eq!(all, b"bcdefghij");
    });
}

#[test]
fn waits_for_bytes_dropped_at_any_step_leave_nothing_behind() {
    run(async || {
        yield_now().await;
        let in_three = async |mut stream: UnixStream| {
            for _ in 0..3 {
                yield_now().await;
                stream.write_all(b"li\nne").await.expect("a write");
            }
        };
        let reading = async || {
            let (near, far) = UnixStream::pair().expect("a pair");
            let mut reader = BufReader::new(far);
            let mut text = String::new();
            let all = async { while reader.read_line(&mut text).await.expect("text") != 0 {} };
            join(in_three(near), all).await;
        };
        assert!(3 < dropped_at_every_step(reading).await);
        let relaying = async || {
            let (near, mut far) = UnixStream::pair().expect("a pair");
            let (mut back, end) = UnixStream::pair().expect("a pair");
            let relay = copy_bidirectional(&mut far, &mut back);
            let counts = join(join(in_three(near), relay), copy(end, Vec::new())).await.0.1;
            drop(counts);
        };
        assert!(3 < dropped_at_every_step(relaying).await);
        let receiving = async || {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
            let address = socket.local_addr().expect("an address");
            let sending = async {
                yield_now().await;
                socket.send_to(b"x", address).await.expect("a send");
            };
            drop(join(sending, join(socket.recv(&mut [0; 8]), socket.recv_from(&mut [0; 8]))).await);
        };
        assert!(1 < dropped_at_every_step(|| race(receiving(), time::sleep(Duration::from_millis(5)))).await);
    });
}
