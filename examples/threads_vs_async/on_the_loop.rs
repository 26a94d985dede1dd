//! Turns each connection into a task, all of them on one thread.

use std::io;
use std::net::Ipv4Addr;

use wheelwright::net::TcpStream;
use wheelwright::{block_on, spawn};

use crate::census::Census;
use crate::message::{self, question};
use crate::work::{Ended, Work};

pub(crate) fn run(work: Work, ports: &[u16]) -> io::Result<Ended> {
    block_on(async {
        let mut tasks = Vec::new();
        for connection in 0..work.connections {
            let port = ports[connection % ports.len()];
            tasks.push(spawn(converse(connection, port, work.exchanges)));
        }
        let mut right = 0;
        for task in tasks {
            right += task.await.expect("it does not panic")?;
        }
        let census = Census::take(); // a thread that the loop had started would still be here
        Ok(Ended::Well { right, census })
    })
}

/// Asks one question after another, and counts the right replies.
async fn converse(connection: usize, port: u16, exchanges: usize) -> io::Result<usize> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let mut right = 0;
    for exchange in 0..exchanges {
        let question = question(connection, exchange);
        stream.write_all(&question).await?;
        let reply = message::read(&mut stream).await?;
        right += usize::from(reply == question);
    }
    Ok(right)
}
