//! Turns a body of any size into a file, with no more of it in memory than what is on its way.
//!
//! `cargo run --release --example download` runs for less than a second. It writes 64 MiB to the temporary folder, and needs
//! Linux, which tells a process its memory.
//! The same in Python is `book/python/download.py`, with tokio `benches/book/download.rs`; the three print the same.
//!
//! Try: print `peak() - before` after each way, and then let the body have 1 GiB. Which figure stays? Where
//! would the rest of the body wait, if the disk were slow?

use std::error::Error;
use std::fs::{File, remove_file};
use std::io::{self, Read};
use std::path::Path;

use http::Response;
use support::process::{Child, released};
use support::usage::peak_memory_kb;
use wheelwright::fs::Writer;
use wheelwright::stream::{self, StreamExt};
use wheelwright::{block_on, spawn_blocking};
use wheelwright_http::{Body, Client, Server};

const SIZE: usize = 64 << 20;
const PIECE: usize = 64 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        None => compare(),
        Some("serve") => Ok(block_on(serve())?),
        Some(_) => {
            eprintln!("download: it takes no arguments");
            std::process::exit(2)
        }
    }
}

fn compare() -> Result<(), Box<dyn Error>> {
    let mut server = Child::start(&["serve"])?;
    let url = server.line()?;
    println!("a body of {} MiB, sent by another process", SIZE >> 20);
    let before = peak(); // it never falls, so the frugal way goes first

    let path = std::env::temp_dir().join(format!("wheelwright-download-{}", std::process::id()));
    let written = block_on(into_file(&url, &path));
    let _ = remove_file(&path); // it is not there if it could not be made
    written?;
    println!("  piece by piece into a file: every byte in order, memory grew by {} of that", grown(before));
    assert_eq!(grown(before), "less than a tenth", "the body is never in memory as a whole");

    block_on(into_memory(&url))?;
    println!("  as a whole into memory:     every byte in order, memory grew by {} of that", grown(before));
    assert_eq!(grown(before), "nine tenths or more", "the body is in memory as a whole");
    println!("\nA body that is read piece by piece passes through a fraction of the memory that it takes as a whole.");
    Ok(())
}

/// Backpressure: while the file takes its time, nothing is read; once the kernel's buffers are full, the server has to wait, too.
async fn into_file(url: &str, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut response = Client::new().get(url)?.send().await?;
    let mut writer = Writer::create(path).await?;
    while let Some(piece) = response.chunk().await? {
        writer.write_all(&piece).await?;
    }
    writer.close().await?;
    let path = path.to_owned();
    Ok(spawn_blocking(|| check(File::open(path)?)).await??)
}

async fn into_memory(url: &str) -> Result<(), Box<dyn Error>> {
    let body = Client::new().get(url)?.send().await?.bytes().await?;
    Ok(spawn_blocking(move || check(&*body)).await??)
}

async fn serve() -> io::Result<()> {
    let server = Server::bind("127.0.0.1:0")?;
    println!("http://{}/", server.local_addr());
    let _running = server.serve(async |_| {
        let pieces = stream::iter((0..SIZE).step_by(PIECE)).map(|at| io::Result::Ok(piece(at)));
        Response::new(Body::stream(pieces))
    });
    released().await;
    Ok(())
}

/// Every eight bytes of the body tell where in it they belong.
fn piece(at: usize) -> Vec<u8> {
    (at..at + PIECE).step_by(8).flat_map(|at| (at as u64).to_le_bytes()).collect()
}

fn check(mut body: impl Read) -> io::Result<()> {
    let mut read = vec![0; PIECE];
    for at in (0..SIZE).step_by(PIECE) {
        body.read_exact(&mut read)?;
        assert!(read == piece(at), "from byte {at} on, all is in its place");
    }
    assert_eq!(body.read(&mut read)?, 0, "nothing comes after it");
    Ok(())
}

fn peak() -> usize {
    peak_memory_kb().expect("Linux tells it") as usize * 1024
}

/// By how much of the body the most memory that this process ever had has grown.
fn grown(before: usize) -> &'static str {
    match 10 * (peak() - before) / SIZE {
        0 => "less than a tenth",
        1..9 => "a part",
        _ => "nine tenths or more",
    }
}
