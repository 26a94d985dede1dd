//! Turns a few threads into a small web server, so that an example has something to fetch that it did not bring itself.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Serves until the process ends: `/pages/N` is a text of N bytes, everything else is a 404.
pub(super) fn serve() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away in the middle is no affair of the others.
            thread::spawn(move || connection(stream));
        }
    });
    Ok(addr)
}

fn connection(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut target = None;
    while let Some(line) = lines.next().transpose()? {
        if !line.is_empty() {
            target = target.or_else(|| line.split(' ').nth(1).map(str::to_owned));
            continue;
        }
        let response = response(&target.take().unwrap_or_default());
        stream.write_all(response.as_bytes())?;
    }
    Ok(())
}

fn response(target: &str) -> String {
    let length = target.strip_prefix("/pages/").and_then(|length| length.parse::<usize>().ok());
    let (status, body) = match length {
        Some(length) => ("200 OK", "x".repeat(length)),
        None => ("404 Not Found", String::new()),
    };
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
