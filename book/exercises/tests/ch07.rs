//! Turns the exercise of chapter 7 into facts about what a socket tells once, and what is left in it.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use exercises::ch07::Reader;
use mio::{Events, Interest, Token};

/// Only for a test that hangs: events come at once.
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A reader, who writes to it, and the kernel.
struct Wire {
    reader: Reader,
    far: TcpStream,
    poll: mio::Poll,
    wakes: Arc<Wakes>,
}

impl Wire {
    fn new() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let far = TcpStream::connect(listener.local_addr()?)?;
        let near = listener.accept()?.0;
        near.set_nonblocking(true)?;
        let mut near = mio::net::TcpStream::from_std(near);
        let poll = mio::Poll::new()?;
        poll.registry().register(&mut near, Token(0), Interest::READABLE)?;
        Ok(Self { reader: Reader::new(near), far, poll, wakes: Arc::default() })
    }

    /// Waits for the kernel's next event, and tells the reader.
    fn turn(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(8);
        self.poll.poll(&mut events, Some(LIMIT))?;
        let event = events.iter().next().expect("the kernel tells of what has come");
        self.reader.told(event.is_read_closed());
        Ok(())
    }

    /// The bytes that a poll gives; `None` if it is pending.
    fn read(&mut self, room: usize) -> io::Result<Option<String>> {
        self.read_in(&Arc::clone(&self.wakes), room)
    }

    /// The same in a task that hears of its wakes there.
    fn read_in(&mut self, wakes: &Arc<Wakes>, room: usize) -> io::Result<Option<String>> {
        let waker = Waker::from(Arc::clone(wakes));
        let mut buf = vec![0; room];
        match self.reader.poll_read(&Context::from_waker(&waker), &mut buf) {
            Poll::Pending => Ok(None),
            Poll::Ready(count) => Ok(Some(String::from_utf8_lossy(&buf[..count?]).into_owned())),
        }
    }
}

fn bytes(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn ch07_what_a_small_buffer_leaves_is_read_without_another_event() -> io::Result<()> {
    let mut wire = Wire::new()?;
    assert_eq!(wire.read(4)?, None);
    wire.far.write_all(b"12345678")?;
    wire.turn()?;
    assert_eq!(wire.wakes.0.load(Ordering::Relaxed), 1);
    assert_eq!((wire.read(4)?, wire.read(4)?), (bytes("1234"), bytes("5678")));
    assert_eq!(wire.read(4)?, None);
    wire.far.write_all(b"9")?;
    wire.turn()?;
    assert_eq!(wire.wakes.0.load(Ordering::Relaxed), 2, "who waits again is woken again");
    assert_eq!(wire.read(4)?, bytes("9"));
    Ok(())
}

#[test]
fn ch07_an_event_for_nothing_is_waited_out() -> io::Result<()> {
    let mut wire = Wire::new()?;
    wire.reader.told(false);
    assert_eq!(wire.read(4)?, None);
    wire.far.write_all(b"1")?;
    wire.turn()?;
    assert_eq!(wire.wakes.0.load(Ordering::Relaxed), 1, "who is told to wait has left a waker");
    assert_eq!(wire.read(4)?, bytes("1"));
    wire.reader.told(false);
    let reads = wire.reader.reads;
    assert_eq!((wire.read(4)?, wire.read(4)?), (None, None));
    assert_eq!(
        (wire.reader.reads - reads, wire.wakes.0.load(Ordering::Relaxed)),
        (1, 1),
        "it waits, and does not ask again"
    );
    Ok(())
}

#[test]
fn ch07_the_task_that_polled_last_is_woken() -> io::Result<()> {
    let mut wire = Wire::new()?;
    let (moved, moved_again) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    assert_eq!((wire.read(4)?, wire.read_in(&moved, 4)?), (None, None));
    wire.reader.told(false);
    assert_eq!(moved.0.load(Ordering::Relaxed), 1, "the waker of an earlier poll is not enough");
    assert_eq!(wire.read_in(&moved_again, 4)?, None);
    wire.far.write_all(b"1")?;
    wire.turn()?;
    assert_eq!(moved_again.0.load(Ordering::Relaxed), 1, "the poll after an event for nothing leaves its waker too");
    Ok(())
}

#[test]
fn ch07_an_error_wakes_and_comes_out() -> io::Result<()> {
    let mut wire = Wire::new()?;
    wire.reader.told(false);
    assert_eq!(wire.read(4)?, None);
    (&wire.reader.io).write_all(b"never read")?;
    wire.far = Wire::new()?.far; // closed with bytes that it has not read, which resets the connection
    wire.turn()?;
    assert_eq!(wire.wakes.0.load(Ordering::Relaxed), 1, "who waits hears of an error as well");
    let error = wire.read(4).expect_err("only a read that would block is waited out");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    Ok(())
}

#[test]
fn ch07_after_a_short_read_the_kernel_is_not_asked_until_it_tells() -> io::Result<()> {
    let mut wire = Wire::new()?;
    wire.far.write_all(b"12345678")?;
    wire.turn()?;
    assert_eq!(wire.read(6)?, bytes("123456"));
    assert_eq!(wire.read(6)?, bytes("78"));
    assert_eq!((wire.read(6)?, wire.reader.reads), (None, 2), "the second read came back short");
    Ok(())
}

#[test]
fn ch07_the_end_is_found_that_came_with_the_last_bytes() -> io::Result<()> {
    let mut wire = Wire::new()?;
    wire.far.write_all(b"12")?;
    wire.far.shutdown(std::net::Shutdown::Write)?;
    while !wire.reader.closed {
        wire.turn()?;
    }
    assert_eq!((wire.read(6)?, wire.read(6)?), (bytes("12"), bytes("")), "no further event tells of the end");
    Ok(())
}
