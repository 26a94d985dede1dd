//! Turns as many connections as a process may have into what each costs the server while nothing happens.

use std::io;
use std::time::Duration;

use support::process::{Child, released};
use support::usage::raise_descriptor_limit;
use wheelwright::map_concurrent;
use wheelwright::net::TcpStream;
use wheelwright::time::sleep;
use wheelwright_http::Client;

use crate::number;
use crate::server::Figures;

/// Descriptors that a process needs besides those of its connections.
const BESIDES: u64 = 50;

/// The ports of the server have room for little more.
const MOST: u64 = 25_000;

/// So many are opened at once: fewer than the backlog of a listener has room for.
const AT_ONCE: usize = 100;

const IDLE: Duration = Duration::from_secs(10);

/// What it showed, in half a sentence.
pub(crate) async fn show() -> io::Result<String> {
    let limit = raise_descriptor_limit();
    let wanted = MOST.min(limit.saturating_sub(BESIDES));
    println!("connections that are kept alive after a request, and idle");
    println!("  descriptors that a process may have  {limit:>8}");
    let mut server = Child::start(&["serve"])?;
    let addrs = server.line()?;
    let (client, url) = (Client::new(), format!("http://{}/figures", addrs.split(' ').next().unwrap_or_default()));
    let figures = async || Figures::ask(&client, &url).await.map_err(io::Error::other);
    let empty = figures().await?;
    let mut clients = Child::start(&["idle", &addrs, &wanted.to_string()])?;
    let opened: u64 = number(&clients.line()?);
    let begun = figures().await?;
    sleep(IDLE).await;
    let ended = figures().await?;
    let answered: u64 = number(clients.finish()?.trim());

    assert_eq!((opened, answered), (wanted, wanted), "there are as many as may be, and all can be used after the wait");
    let bytes = (begun.memory_kb - empty.memory_kb) * 1024 / opened;
    let (worked, woken) = (ended.cpu_time - begun.cpu_time, ended.times_woken - begun.times_woken);
    assert!(bytes < 3_000, "each is a socket, and a task without room for a handler");
    assert!(1_000 * worked < IDLE, "the server has nothing to do for who is idle");
    assert!(woken < 10, "and is not woken for them");
    let (worked_ms, seconds) = (worked.as_secs_f64() * 1e3, IDLE.as_secs());
    println!("  connections opened                   {opened:>8}");
    println!("  the server's memory for each         {bytes:>8} bytes");
    println!("  its work while they idle for {seconds} s     {worked_ms:>8.2} ms");
    println!("  times that it was woken meanwhile    {woken:>8}, to tell these figures");
    println!("  connections answered once more       {answered:>8}");
    Ok(format!(
        "{opened} idle connections cost the server {bytes} bytes of memory each, and {worked_ms:.2} ms of work in {seconds} s"
    ))
}

/// In a process of their own: opens connections and tells how many; once released, tells how many are answered once more.
pub(crate) async fn clients(addrs: &str, count: usize) -> io::Result<()> {
    let addrs = addrs.split(' ').cycle().take(count);
    let opening = map_concurrent(AT_ONCE, addrs, async |addr| ask(TcpStream::connect(addr).await?).await);
    let streams: Vec<TcpStream> = opening.await.into_iter().flatten().collect();
    println!("{}", streams.len());
    released().await;
    let answers = map_concurrent(AT_ONCE, streams, ask).await;
    println!("{}", answers.iter().flatten().count());
    Ok(())
}

/// Gives the connection back if it is answered. The answer is empty, so that it ends with its head.
async fn ask(mut stream: TcpStream) -> io::Result<TcpStream> {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: idle\r\n\r\n").await?;
    let (mut buf, mut length) = ([0; 512], 0);
    while !buf[..length].ends_with(b"\r\n\r\n") {
        match stream.read(&mut buf[length..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => length += count,
        }
    }
    Ok(stream)
}
