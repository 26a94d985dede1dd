//! Turns requests into empty answers, or into the server's own figures.

use std::io;
use std::time::Duration;

use http::{Request, Response};
use support::process::released;
use support::usage::{cpu_time, memory_kb, times_woken};
use wheelwright_http::{Body, Client, Error, Incoming, Server};

use crate::number;

/// A head has to be whole after so long. Unless it is set, that is 30 s.
pub(crate) const HEAD_LIMIT: Duration = Duration::from_secs(3);

/// Once half of the ports are taken that lead from one address to one port, the kernel searches long for each further one.
const PORTS: usize = 2;

/// How the server stands at a moment.
pub(crate) struct Figures {
    pub(crate) memory_kb: u64,
    pub(crate) cpu_time: Duration,
    pub(crate) times_woken: u64,
}

impl Figures {
    pub(crate) async fn ask(client: &Client, url: &str) -> Result<Self, Error> {
        let told = client.get(url)?.send().await?.text().await?;
        let [memory_kb, cpu_us, times_woken] = told.split(' ').map(number).collect::<Vec<_>>()[..] else {
            panic!("three figures are told")
        };
        Ok(Self { memory_kb, cpu_time: Duration::from_micros(cpu_us), times_woken })
    }

    fn told() -> String {
        let [memory_kb, times_woken] = [memory_kb(), times_woken()].map(|figure| figure.expect("Linux tells it"));
        format!("{memory_kb} {} {times_woken}", cpu_time().as_micros())
    }
}

/// Serves until whoever started it is gone; tells its addresses.
pub(crate) async fn run() -> io::Result<()> {
    for _ in 0..PORTS {
        let server = Server::bind("127.0.0.1:0")?.header_read_timeout(HEAD_LIMIT);
        print!("{} ", server.local_addr());
        drop(server.serve(answer)); // it goes on without the handle
    }
    println!();
    released().await;
    Ok(())
}

async fn answer(request: Request<Incoming>) -> Response<Body> {
    match request.uri().path() {
        "/figures" => Response::new(Body::from(Figures::told())),
        _ => Response::new(Body::empty()),
    }
}
