//! Turns questions into answers, after a wait or at once.

use std::{io, net::Ipv4Addr, rc::Rc, time::Duration};

use support::process::released;
use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::sync::Barrier;
use wheelwright::{block_on, spawn, time::sleep};

use crate::work::{Work, read_exact};

/// Connections of one port. They fit into its backlog, and the kernel finds each client a free port of its own at once.
const OF_ONE_PORT: u16 = 1_000;

/// Serves until whoever started it is gone.
pub(crate) fn run(work: Work) -> io::Result<()> {
    block_on(async {
        let all_are_here = Rc::new(Barrier::new(work.connections.into()));
        for _ in 0..work.connections.div_ceil(OF_ONE_PORT) {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            print!("{} ", listener.local_addr()?.port());
            spawn(accept(listener, work, Rc::clone(&all_are_here))).detach();
        }
        println!();
        released().await;
        Ok(())
    })
}

/// Lets the first answers come one by one, so that the connections do not keep step from then on.
async fn accept(listener: TcpListener, work: Work, all_are_here: Rc<Barrier>) {
    let step = work.wait / work.connections.min(OF_ONE_PORT).into();
    for place in 0.. {
        let (stream, _) = listener.accept().await.expect("there are descriptors enough");
        let answers = answer(stream, step * place, work.wait, Rc::clone(&all_are_here));
        // Each ends with an error: its client has left.
        spawn(async { drop(answers.await) }).detach();
    }
}

/// Answers until the client has no more questions, but nobody before all are here: so they really are open at once.
async fn answer(mut stream: TcpStream, first: Duration, wait: Duration, all_are_here: Rc<Barrier>) -> io::Result<()> {
    let mut question = read_exact(&mut stream).await?;
    all_are_here.wait().await;
    sleep(first).await;
    loop {
        sleep(wait).await; // if that is no time, it only lets the others run first
        stream.write_all(&question).await?;
        question = read_exact(&mut stream).await?;
    }
}
