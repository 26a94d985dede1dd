//! Turns hyper's HTTP/1 connections into GETs, as `http-client-hyper` does, but on this project's loop.

use std::cell::Cell;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;

use hyper::client::conn::http1::handshake;
use wheelwright::net::TcpStream;
use wheelwright_benches::client::{Course, Leg};
use wheelwright_benches::hyper_client::{Sender, work};
use wheelwright_benches::on_wheelwright::Connection;

fn main() -> io::Result<()> {
    let mut course = Course::from_command_line();
    wheelwright::block_on(async {
        let mut senders = Vec::new();
        while let Some(leg) = course.next_leg() {
            while senders.len() < leg.concurrency {
                senders.push(connect(leg.addr(senders.len())).await?);
            }
            senders = fetch(senders, &leg).await?;
        }
        writeln!(io::stdout(), "{}", course.end())
    })
}

async fn connect(addr: SocketAddr) -> io::Result<Sender> {
    let stream = TcpStream::connect(addr).await?;
    let (requests, connection) = handshake(Connection(stream)).await.map_err(io::Error::other)?;
    wheelwright::spawn(async { drop(connection.await) }).detach();
    Ok(Sender { host: addr.to_string(), requests })
}

/// Shares the requests out among the connections and gives these back.
async fn fetch(senders: Vec<Sender>, leg: &Leg) -> io::Result<Vec<Sender>> {
    let left = Rc::new(Cell::new(leg.requests));
    let path: Rc<str> = leg.path.as_str().into();
    let start = |sender| wheelwright::spawn(work(sender, Rc::clone(&path), Rc::clone(&left)));
    let workers: Vec<_> = senders.into_iter().map(start).collect();
    let mut senders = Vec::new();
    for worker in workers {
        senders.push(worker.await.map_err(io::Error::other)?.map_err(io::Error::other)?);
    }
    Ok(senders)
}
