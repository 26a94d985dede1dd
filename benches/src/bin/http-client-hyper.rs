//! Turns hyper's HTTP/1 connections into GETs: the connections are made and kept by hand, on tokio's current thread.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use wheelwright_benches::client::Job;
use wheelwright_benches::hyper_client::{Sender, work};
use wheelwright_benches::measure::Stopwatch;

fn main() -> io::Result<()> {
    let job = Job::from_command_line();
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let mut senders = Vec::new();
        for _ in 0..job.concurrency {
            senders.push(connect(&job).await?);
        }
        let senders = fetch(senders, &job, job.warm_up()).await?;
        let watch = Stopwatch::start();
        fetch(senders, &job, job.requests).await?;
        writeln!(io::stdout(), "{}", watch.stop(job.requests as u64))
    })
}

async fn connect(job: &Job) -> io::Result<Sender> {
    let stream = TcpStream::connect(job.addr).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::task::spawn_local(connection);
    Ok(sender)
}

/// Shares the requests out among the connections and gives these back.
async fn fetch(senders: Vec<Sender>, job: &Job, requests: usize) -> io::Result<Vec<Sender>> {
    let left = Rc::new(Cell::new(requests));
    let start = |sender| tokio::task::spawn_local(work(sender, *job, Rc::clone(&left)));
    let workers: Vec<_> = senders.into_iter().map(start).collect();
    let mut senders = Vec::new();
    for worker in workers {
        senders.push(worker.await.map_err(io::Error::other)?.map_err(io::Error::other)?);
    }
    Ok(senders)
}
