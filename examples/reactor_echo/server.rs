//! Turns what connections say into the same words, and a question mark into how this process stands.

use std::io::{self, Read};
use std::time::Duration;

use support::usage::{cpu_time, memory_kb, os_threads, times_woken};
use wheelwright::io::AsyncFd;
use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::spawn;

use crate::number;

/// What a process says of itself.
pub(crate) struct Figures {
    pub(crate) memory_kb: u64,
    pub(crate) threads: u64,
    pub(crate) times_woken: u64,
    pub(crate) worked: Duration,
}

impl Figures {
    fn told() -> String {
        let [memory_kb, threads, times_woken] =
            [memory_kb(), os_threads(), times_woken()].map(|figure| figure.expect("Linux tells it"));
        format!("{memory_kb} {threads} {times_woken} {}\n", cpu_time().as_nanos())
    }

    /// Asks the other side of a connection.
    pub(crate) async fn ask(stream: &mut TcpStream) -> io::Result<Self> {
        stream.write_all(b"?").await?;
        let (mut buf, mut told) = ([0; 64], String::new());
        while !told.ends_with('\n') {
            let count = stream.read(&mut buf).await?;
            told.push_str(&String::from_utf8_lossy(&buf[..count]));
        }
        let [memory_kb, threads, times_woken, worked] = told.split_whitespace().map(number).collect::<Vec<_>>()[..]
        else {
            return Err(io::Error::other(told));
        };
        Ok(Self { memory_kb, threads, times_woken, worked: Duration::from_nanos(worked) })
    }
}

/// Serves until whoever started it is gone, which the reactor sees too: standard input is a pipe. Tells its address.
pub(crate) async fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("there are descriptors enough");
            spawn(echo(stream)).detach_logged();
        }
    })
    .detach();
    AsyncFd::new(io::stdin())?.read_with(|stdin| stdin.lock().read(&mut [0; 8])).await.map(drop)
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buf = [0; 64];
    while let count @ 1.. = stream.read(&mut buf).await? {
        match &buf[..count] {
            b"?" => stream.write_all(Figures::told().as_bytes()).await?,
            words => stream.write_all(words).await?,
        }
    }
    Ok(())
}
