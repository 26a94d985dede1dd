//! Turns each connection into a task, all of them on one thread.

use std::{io, net::Ipv4Addr};

use wheelwright::net::TcpStream;
use wheelwright::{block_on, spawn};

use crate::client::census;
use crate::work::{Work, question, read_exact};

pub(crate) fn run(work: Work, ports: &[u16]) -> io::Result<[u64; 2]> {
    block_on(async {
        let mut tasks = Vec::new();
        for (connection, port) in (0..work.connections).zip(ports.iter().copied().cycle()) {
            tasks.push(spawn(converse(connection, port, work.exchanges)));
        }
        for task in tasks {
            task.await.expect("its replies are right")?;
        }
        Ok(census()) // a thread that the loop had started would still be here
    })
}

/// Asks one question after another.
async fn converse(connection: u16, port: u16, exchanges: u16) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    for exchange in 0..exchanges {
        let question = question(connection, exchange);
        stream.write_all(&question).await?;
        let reply = read_exact(&mut stream).await?;
        assert_eq!(reply, question, "every reply is that of its question");
    }
    Ok(())
}
