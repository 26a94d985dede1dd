//! Turns each connection into a thread that blocks: what one writes without async.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;

use crate::client::census;
use crate::work::{Work, question};

pub(crate) fn run(work: Work, ports: &[u16]) -> io::Result<[u64; 2]> {
    let mut threads = Vec::new();
    for (connection, port) in (0..work.connections).zip(ports.iter().copied().cycle()) {
        let thread = thread::Builder::new().spawn(move || converse(connection, port, work.exchanges));
        let refused = |_| io::Error::other(format!("after {connection} threads the system refused another"));
        threads.push(thread.map_err(refused)?);
    }
    let counted = census(); // the server has answered nobody before the last one came
    for thread in threads {
        thread.join().expect("its replies are right")?;
    }
    Ok(counted)
}

/// Asks one question after another.
fn converse(connection: u16, port: u16, exchanges: u16) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?; // the loop's streams do it by themselves
    for exchange in 0..exchanges {
        let question = question(connection, exchange);
        let mut reply = [0; 8];
        stream.write_all(&question)?;
        stream.read_exact(&mut reply)?;
        assert_eq!(reply, question, "every reply is that of its question");
    }
    Ok(())
}
