//! Turns hyper's HTTP/1 connections into GETs, as `http-client-hyper` does, but on this project's loop.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use hyper::client::conn::http1::handshake;
use wheelwright::net::TcpStream;
use wheelwright_benches::client::Job;
use wheelwright_benches::hyper_client::{Sender, work};
use wheelwright_benches::measure::Stopwatch;
use wheelwright_benches::on_wheelwright::Connection;

fn main() -> io::Result<()> {
    let job = Job::from_command_line();
    wheelwright::block_on(async {
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
    let (sender, connection) = handshake(Connection(stream)).await.map_err(io::Error::other)?;
    drop(wheelwright::spawn(connection));
    Ok(sender)
}

/// Shares the requests out among the connections and gives these back.
async fn fetch(senders: Vec<Sender>, job: &Job, requests: usize) -> io::Result<Vec<Sender>> {
    let left = Rc::new(Cell::new(requests));
    let start = |sender| wheelwright::spawn(work(sender, *job, Rc::clone(&left)));
    let workers: Vec<_> = senders.into_iter().map(start).collect();
    let mut senders = Vec::new();
    for worker in workers {
        senders.push(worker.await.map_err(io::Error::other)?.map_err(io::Error::other)?);
    }
    Ok(senders)
}
