//! Turns bytes and reads into how often the kernel tells of them: once for what comes, and never for what is left.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token};
use wheelwright::{block_on, join, net, spawn, yield_now};

/// How many events the kernel has, at a look that does not wait.
fn events(poll: &mut Poll) -> io::Result<usize> {
    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, Some(Duration::ZERO))?;
    Ok(events.iter().count())
}

pub(crate) fn show() -> io::Result<()> {
    let (mut near, mut far) = UnixStream::pair()?;
    let mut poll = Poll::new()?;
    poll.registry().register(&mut near, Token(0), Interest::READABLE)?;
    let mut told = Vec::new();
    println!("what happens                              events");
    let mut look = |what: &str| {
        let count = events(&mut poll)?;
        told.push(count);
        println!("{what:40} {count:7}");
        io::Result::Ok(())
    };
    far.write_all(b"12345678")?;
    look("8 bytes come")?;
    look("nothing")?;
    near.read_exact(&mut [0; 4])?;
    look("4 of them are read")?;
    far.write_all(b"9")?;
    look("1 more comes")?;
    near.read_exact(&mut [0; 5])?;
    let is_drained = near.read(&mut [0; 4]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    look("all are read, until it would block")?;
    assert!(is_drained);
    assert_eq!(told, [1, 0, 0, 1, 0], "it tells of what comes, and not of what is left");
    let [full, rest, short] = block_on(readiness())?;
    println!("\nwhat the loop believes of a stream        readable");
    for (what, is_readable) in
        [("a read has filled its buffer", full), ("so has a second one", rest), ("a third came back short", short)]
    {
        println!("{what:40} {is_readable:>8}");
    }
    assert_eq!([full, rest, short], [true, true, false], "only a short read shows that nothing is left");
    Ok(())
}

/// Ten bytes come, and are read by four, by four, and by two where four would have found room: is more there, after each?
async fn readiness() -> io::Result<[bool; 3]> {
    let listener = net::TcpListener::bind("127.0.0.1:0")?;
    let (far, near) = join(net::TcpStream::connect(listener.local_addr()?), listener.accept()).await;
    let (mut far, (mut near, _)) = (far?, near?);
    let reader = spawn(async move {
        let mut believed = [false; 3];
        for is_readable in &mut believed {
            near.read(&mut [0; 4]).await?;
            *is_readable = near.read_ready();
        }
        Ok(believed)
    });
    yield_now().await; // it waits for the first byte
    far.write_all(b"123456789a").await?;
    reader.await.expect("it does not panic")
}
