//! Turns each connection into a thread that blocks: what one writes without async.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;

use crate::census::Census;
use crate::message::{Message, question};
use crate::work::{Ended, Work};

pub(crate) fn run(work: Work, ports: &[u16]) -> io::Result<Ended> {
    let mut threads = Vec::new();
    for connection in 0..work.connections {
        let port = ports[connection % ports.len()];
        match thread::Builder::new().spawn(move || converse(connection, port, work.exchanges)) {
            Ok(thread) => threads.push(thread),
            Err(_) => return Ok(Ended::Refused { threads: threads.len() }),
        }
    }
    let census = Census::take(); // the server has answered nobody before the last one came
    let mut right = 0;
    for thread in threads {
        right += thread.join().expect("it does not panic")?;
    }
    Ok(Ended::Well { right, census })
}

/// Asks one question after another, and counts the right replies.
fn converse(connection: usize, port: u16, exchanges: usize) -> io::Result<usize> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?; // the loop's streams do it by themselves
    let mut right = 0;
    for exchange in 0..exchanges {
        let question = question(connection, exchange);
        let mut reply = Message::default();
        stream.write_all(&question)?;
        stream.read_exact(&mut reply)?;
        right += usize::from(reply == question);
    }
    Ok(right)
}
