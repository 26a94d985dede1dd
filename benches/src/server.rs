//! Turns the target `/N` into the response of every HTTP server of the comparison, and its run into one line of figures.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::measure::{Stopwatch, raise_descriptor_limit};

static FILLER: [u8; 65_536] = [b'x'; 65_536];
static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// The type of each response's body; length and date are the servers' own to write.
pub const CONTENT_TYPE: &str = "text/plain";

/// Makes the body of a response, and counts it.
///
/// # Panics
///
/// Panics if anything else is asked for: a measurement of failures is worth nothing.
#[must_use]
pub fn page(target: &str) -> Bytes {
    REQUESTS.fetch_add(1, Ordering::Relaxed);
    let size: usize = target[1..].parse().expect("only /N is served");
    Bytes::from_static(&FILLER[..size])
}

/// Prints `listening ADDR`; when standard input ends, prints what the process took until then, and ends it.
///
/// # Errors
/// Whatever standard output says.
pub fn announce(addr: SocketAddr) -> io::Result<()> {
    raise_descriptor_limit();
    let watch = Stopwatch::start();
    let mut stdout = io::stdout();
    writeln!(stdout, "listening {addr}")?;
    stdout.flush()?;
    std::thread::spawn(move || {
        io::copy(&mut io::stdin(), &mut io::sink()).expect("standard input can be read");
        writeln!(io::stdout(), "{}", watch.stop(REQUESTS.load(Ordering::Relaxed))).expect("a reader is there");
        std::process::exit(0);
    });
    Ok(())
}
