//! Turns `GET /N` into N bytes with hyper's server, as `http-server-hyper` does, but on this project's loop.

use std::io;

use wheelwright::net::TcpListener;
use wheelwright_benches::on_wheelwright::Connection;
use wheelwright_benches::{hyper_server, server};

fn main() -> io::Result<()> {
    wheelwright::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        server::announce(listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            wheelwright::spawn(async { drop(hyper_server::serve(Connection(stream)).await) }).detach();
        }
    })
}
