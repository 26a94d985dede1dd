//! Turns questions into answers, after a wait or at once.

use std::cell::Cell;
use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use support::process::released;
use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::sync::Barrier;
use wheelwright::{block_on, spawn, time::sleep};

use crate::message;
use crate::work::Work;

/// Connections of one port. They fit into its backlog, and the kernel finds each client a free port of its own at once.
const OF_ONE_PORT: usize = 1_000;

/// What all connections know of each other.
struct Company {
    all_are_here: Barrier,
    arrived: Cell<usize>,
    work: Work,
}

/// Serves until whoever started it is gone.
pub(crate) fn run(work: Work) -> io::Result<()> {
    block_on(async {
        let all_are_here = Barrier::new(work.connections);
        let company = Rc::new(Company { all_are_here, arrived: Cell::new(0), work });
        for _ in 0..work.connections.div_ceil(OF_ONE_PORT) {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            print!("{} ", listener.local_addr()?.port());
            drop(spawn(accept(listener, Rc::clone(&company))));
        }
        println!();
        released().await;
        Ok(())
    })
}

async fn accept(listener: TcpListener, company: Rc<Company>) {
    loop {
        let (stream, _) = listener.accept().await.expect("there are descriptors enough");
        drop(spawn(answer(stream, Rc::clone(&company))));
    }
}

/// Answers until the client has no more questions. Nobody is answered before all are here, so that they really are open at
/// once; and the first answers come one by one, so that the connections do not keep step from then on.
async fn answer(mut stream: TcpStream, company: Rc<Company>) -> io::Result<()> {
    let mut question = message::read(&mut stream).await?;
    let place = company.arrived.replace(company.arrived.get() + 1);
    company.all_are_here.wait().await;
    wait(company.work.wait * place as u32 / company.work.connections as u32).await;
    loop {
        wait(company.work.wait).await;
        stream.write_all(&question).await?;
        question = message::read(&mut stream).await?;
    }
}

async fn wait(duration: Duration) {
    if !duration.is_zero() {
        sleep(duration).await;
    }
}
