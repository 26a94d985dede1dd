//! Turns tokio's sockets into GETs by hand: a task for each connection, and nothing that a library would add.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use wheelwright_benches::by_hand::{ROOM, request, whole_response};
use wheelwright_benches::client::Job;
use wheelwright_benches::measure::Stopwatch;

fn main() -> io::Result<()> {
    let job = Job::from_command_line();
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let mut connections = Vec::new();
        for _ in 0..job.concurrency {
            let stream = TcpStream::connect(job.addr).await?;
            stream.set_nodelay(true)?;
            connections.push(stream);
        }
        let connections = fetch(connections, &job, job.warm_up()).await?;
        let watch = Stopwatch::start();
        fetch(connections, &job, job.requests).await?;
        writeln!(io::stdout(), "{}", watch.stop(job.requests as u64))
    })
}

/// Shares the requests out among the connections and gives these back.
async fn fetch(connections: Vec<TcpStream>, job: &Job, requests: usize) -> io::Result<Vec<TcpStream>> {
    let left = Rc::new(Cell::new(requests));
    let request: Rc<[u8]> = request(job.addr).into();
    let start = |stream| tokio::task::spawn_local(work(stream, Rc::clone(&request), Rc::clone(&left)));
    let workers: Vec<_> = connections.into_iter().map(start).collect();
    let mut connections = Vec::new();
    for worker in workers {
        connections.push(worker.await.map_err(io::Error::other)??);
    }
    Ok(connections)
}

/// Sends requests one after another until none is left.
async fn work(mut stream: TcpStream, request: Rc<[u8]>, left: Rc<Cell<usize>>) -> io::Result<TcpStream> {
    let mut buf = [0; ROOM];
    while 0 < left.get() {
        left.set(left.get() - 1);
        stream.write_all(&request).await?;
        let mut filled = 0;
        while whole_response(&buf[..filled]).is_none() {
            let read = stream.read(&mut buf[filled..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
        }
    }
    Ok(stream)
}
