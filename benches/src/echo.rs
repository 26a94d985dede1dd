//! Turns `WARM_UP N` into a line of figures about so many echoes over TCP, both ends of each connection on one loop.

use std::io;

use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::{Runtime, join_all, spawn};

use crate::measure::Stopwatch;

const CONNECTIONS: u64 = 100;
const MESSAGE: [u8; 64] = [b'x'; 64];

/// Runs the echoes on this runtime and prints what they took.
///
/// # Errors
///
/// The connections are not made.
///
/// # Panics
///
/// Panics with the usage if the command line is not two numbers, and if an echo is not what was sent.
pub fn main(runtime: &Runtime) -> io::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [warm_up, n] = numbers[..] else { panic!("usage: WARM_UP N") };
    let measured = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            connections.push(TcpStream::connect(listener.local_addr()?).await?);
            spawn(answer(listener.accept().await?.0)).detach();
        }
        connections = ask_all(connections, warm_up).await;
        let watch = Stopwatch::start();
        ask_all(connections, n).await;
        Ok::<_, io::Error>(watch.stop(n.div_ceil(CONNECTIONS) * CONNECTIONS))
    })?;
    io::Write::write_fmt(&mut io::stdout(), format_args!("{measured}\n"))
}

async fn ask_all(connections: Vec<TcpStream>, n: u64) -> Vec<TcpStream> {
    let asking = connections.into_iter().map(|stream| spawn(ask(stream, n.div_ceil(CONNECTIONS))));
    let asked = join_all(asking).await;
    asked.into_iter().map(|stream| stream.expect("nothing panics")).collect()
}

async fn ask(mut stream: TcpStream, times: u64) -> TcpStream {
    let mut buf = [0; MESSAGE.len()];
    for _ in 0..times {
        stream.write_all(&MESSAGE).await.expect("the other end is there");
        assert_eq!(stream.read(&mut buf).await.expect("the other end is there"), MESSAGE.len(), "it comes whole");
    }
    stream
}

async fn answer(mut stream: TcpStream) {
    let mut buf = [0; MESSAGE.len()];
    while let Ok(length @ 1..) = stream.read(&mut buf).await {
        stream.write_all(&buf[..length]).await.expect("the other end is there");
    }
}
