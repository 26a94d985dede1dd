//! Turns `GET /N` into N bytes with hyper's server, on tokio's current thread.

use std::io;

use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, LocalOptions};
use wheelwright_benches::{hyper_server, server};

fn main() -> io::Result<()> {
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        server::announce(listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::task::spawn_local(hyper_server::serve(TokioIo::new(stream)));
        }
    })
}
