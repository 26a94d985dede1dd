//! Turns a number into so many requests from hyper's client to hyper's server, both on one loop of this project.
//!
//! `cargo xtask interop` runs it. Each request names its number, each response must carry it back; tasks, sockets and
//! timers must be gone at the end.

use std::cell::Cell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response};
use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::{JoinHandle, inspect, join_all, spawn, yield_now};
use wheelwright_benches::on_wheelwright::Connection;

const CONNECTIONS: usize = 20;

fn main() -> io::Result<()> {
    let requests = std::env::args().nth(1).and_then(|word| word.parse().ok()).expect("usage: REQUESTS");
    wheelwright::block_on(async {
        let before = inspect::live();
        let answered = Rc::new(Cell::new(0_usize));
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let server = spawn(accept(listener, Rc::clone(&answered)));
        let left = Rc::new(Cell::new(requests));
        let clients = (0..CONNECTIONS).map(|_| spawn(ask(addr, Rc::clone(&left))));
        for client in join_all(clients).await {
            client.map_err(io::Error::other)??;
        }
        server.abort();
        drop(server.await);
        while inspect::live() != before {
            yield_now().await;
        }
        assert_eq!(answered.get(), requests, "every request was answered, and none twice");
        writeln!(io::stdout(), "{requests} requests answered over {CONNECTIONS} connections, nothing left")
    })
}

async fn accept(listener: TcpListener, answered: Rc<Cell<usize>>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let answered = Rc::clone(&answered);
        let answer = service_fn(move |request: Request<Incoming>| {
            let answered = Rc::clone(&answered);
            async move {
                let question = request.into_body().collect().await.expect("the client sends it whole").to_bytes();
                answered.set(answered.get() + 1);
                Ok::<_, Infallible>(Response::new(Full::new(question)))
            }
        });
        let serving = Builder::new().serve_connection(Connection(stream), answer);
        spawn(async { drop(serving.await) }).detach();
    }
}

async fn ask(addr: SocketAddr, left: Rc<Cell<usize>>) -> io::Result<()> {
    let stream = TcpStream::connect(addr).await?;
    let (mut sender, connection) = handshake(Connection(stream)).await.map_err(io::Error::other)?;
    let connection: JoinHandle<_> = spawn(connection);
    while let Some(number) = left.get().checked_sub(1) {
        left.set(number);
        let question = Bytes::from(format!("question {number}"));
        let request = Request::post("/").header("host", "localhost").body(Full::new(question.clone()));
        sender.ready().await.map_err(io::Error::other)?;
        let response = sender.send_request(request.expect("the parts are valid")).await.map_err(io::Error::other)?;
        let answer = response.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        assert_eq!(answer, question, "it is the answer to this question");
    }
    drop(sender);
    connection.await.map_err(io::Error::other)?.map_err(io::Error::other)
}
