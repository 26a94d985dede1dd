//! Turns tokio's sockets into GETs by hand: a task for each connection, and nothing that a library would add.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use wheelwright_benches::by_hand::{Partial, ROOM, request};
use wheelwright_benches::client::{Course, Leg};

fn main() -> io::Result<()> {
    let mut course = Course::from_command_line();
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let mut connections = Vec::new();
        while let Some(leg) = course.next_leg() {
            while connections.len() < leg.concurrency {
                let stream = TcpStream::connect(leg.addr(connections.len())).await?;
                stream.set_nodelay(true)?;
                connections.push(stream);
            }
            connections = fetch(connections, &leg).await?;
        }
        writeln!(io::stdout(), "{}", course.end())
    })
}

/// Shares the requests out among the connections and gives these back.
async fn fetch(connections: Vec<TcpStream>, leg: &Leg) -> io::Result<Vec<TcpStream>> {
    let left = Rc::new(Cell::new(leg.requests));
    let requests: Vec<Rc<[u8]>> = leg.addrs.iter().map(|addr| request(*addr, &leg.path).into()).collect();
    let start = |(place, stream): (usize, _)| {
        tokio::task::spawn_local(work(stream, Rc::clone(&requests[place % requests.len()]), Rc::clone(&left)))
    };
    let workers: Vec<_> = connections.into_iter().enumerate().map(start).collect();
    let mut connections = Vec::new();
    for worker in workers {
        connections.push(worker.await.map_err(io::Error::other)??);
    }
    Ok(connections)
}

/// Sends requests one after another until none is left.
async fn work(mut stream: TcpStream, request: Rc<[u8]>, left: Rc<Cell<usize>>) -> io::Result<TcpStream> {
    let mut partial = Partial::default();
    while 0 < left.get() {
        left.set(left.get() - 1);
        stream.write_all(&request).await?;
        while !poll_fn(|cx| poll_take(&mut stream, &mut partial, cx)).await? {}
    }
    Ok(stream)
}

/// Reads once, into room that nobody holds while it waits.
fn poll_take(stream: &mut TcpStream, partial: &mut Partial, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
    let mut room = [MaybeUninit::uninit(); ROOM];
    let mut buf = ReadBuf::uninit(&mut room);
    ready!(Pin::new(stream).poll_read(cx, &mut buf))?;
    if buf.filled().is_empty() {
        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
    }
    Poll::Ready(Ok(partial.take(buf.filled())))
}
