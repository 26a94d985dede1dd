//! Turns calls into answers that take their time, and counts what it is asked for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use http::{Response, StatusCode};
use support::process::released;
use wheelwright::{signal::ctrl_c, time::sleep};
use wheelwright_http::{Body, Server};

use crate::Failure;

/// The time that each answer takes.
pub(crate) const DELAY: Duration = Duration::from_millis(100);

/// What the server saw since it was last reset.
#[derive(Default)]
struct Counts {
    /// Calls that wait for their answer.
    in_flight: Cell<u64>,
    most: Cell<u64>,
    answered: Cell<u64>,
    /// Where calls came from: a connection each.
    peers: RefCell<BTreeSet<SocketAddr>>,
}

/// Serves until Ctrl-C; if it is tied to whoever started it, until its standard input ends.
pub(crate) fn run(tied: bool) -> Result<ExitCode, Failure> {
    let served: io::Result<()> = wheelwright::block_on(async {
        let server = Server::bind("127.0.0.1:0")?;
        let counts = Rc::new(Counts::default());
        // The parent reads the port from this line.
        writeln!(io::stdout(), "http://{}/call", server.local_addr())?;
        let running = server.serve(move |request| {
            let counts = Rc::clone(&counts);
            async move {
                match request.uri().path() {
                    "/call" => counts.call(request.body().peer_addr()).await,
                    "/counts" => counts.told(),
                    "/reset" => counts.reset(),
                    _ => answer(StatusCode::NOT_FOUND, String::new()),
                }
            }
        });
        match tied {
            true => released().await,
            false => ctrl_c().await?,
        }
        running.shutdown(DELAY).await;
        Ok(())
    });
    served.map(|()| ExitCode::SUCCESS).map_err(|error| Failure::on_the_way(format!("the server: {error}")))
}

impl Counts {
    async fn call(&self, peer: SocketAddr) -> Response<Body> {
        self.peers.borrow_mut().insert(peer);
        self.in_flight.set(self.in_flight.get() + 1);
        self.most.set(self.most.get().max(self.in_flight.get()));
        let _leaves = Leaves(&self.in_flight);
        sleep(DELAY).await;
        self.answered.set(self.answered.get() + 1);
        answer(StatusCode::OK, format!("answered after {} ms\n", DELAY.as_millis()))
    }

    fn told(&self) -> Response<Body> {
        let (answered, most, connections) = (self.answered.get(), self.most.get(), self.peers.borrow().len());
        answer(StatusCode::OK, format!(r#"{{"answered":{answered},"most":{most},"connections":{connections}}}"#))
    }

    fn reset(&self) -> Response<Body> {
        self.answered.set(0);
        self.most.set(self.in_flight.get());
        self.peers.borrow_mut().clear();
        self.told()
    }
}

/// Takes a call out of the count, also if its client goes away before the answer.
struct Leaves<'a>(&'a Cell<u64>);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

fn answer(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = status;
    response
}
