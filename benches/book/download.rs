//! Turns a body of any size into a file, with no more of it in memory than what is on its way, with tokio.
//!
//! `cargo run --release -p wheelwright-benches-book --bin download` prints what the example `download` prints.
//! tokio brings no HTTP: where one would take reqwest and axum, both ends speak just enough of HTTP/1.1 by hand.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tokio::fs::{File, remove_file};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_buf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_blocking;

const SIZE: usize = 64 << 20;
const PIECE: usize = 64 << 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("serve") => serve().await,
        _ => compare().await,
    }
}

async fn compare() -> io::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    let mut server = command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut addr = String::new();
    io::BufReader::new(server.stdout.take().expect("it is piped")).read_line(&mut addr)?;
    println!("a body of {} MiB, sent by another process", SIZE >> 20);
    let before = peak();
    let path = std::env::temp_dir().join(format!("tokio-download-{}", std::process::id()));
    into_file(addr.trim(), path.clone()).await.and(remove_file(&path).await)?;
    println!("  piece by piece into a file: every byte in order, memory grew by {} of that", grown(before));
    assert_eq!(grown(before), "less than a tenth", "the body is never in memory as a whole");

    into_memory(addr.trim()).await?;
    println!("  as a whole into memory:     every byte in order, memory grew by {} of that", grown(before));
    assert_eq!(grown(before), "nine tenths or more", "the body is in memory as a whole");
    println!("\nA body that is read piece by piece passes through a fraction of the memory that it takes as a whole.");
    server.wait().map(drop) // it ends with its standard input, which this closes
}

async fn into_file(addr: &str, path: PathBuf) -> io::Result<()> {
    let mut file = File::create(&path).await?;
    copy_buf(&mut get(addr).await?, &mut file).await?;
    file.flush().await?;
    spawn_blocking(|| check(std::fs::File::open(path)?)).await?
}

async fn into_memory(addr: &str) -> io::Result<()> {
    let mut body = Vec::new();
    get(addr).await?.read_to_end(&mut body).await?;
    spawn_blocking(move || check(&*body)).await?
}

async fn get(addr: &str) -> io::Result<BufReader<TcpStream>> {
    let mut stream = BufReader::with_capacity(PIECE, TcpStream::connect(addr).await?);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await?;
    let head = head(&mut stream).await?;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    Ok(stream)
}

async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(BufReader::new(stream)));
        }
    });
    spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await?.map(drop)
}

async fn answer(mut stream: BufReader<TcpStream>) -> io::Result<()> {
    head(&mut stream).await?;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    for at in (0..SIZE).step_by(PIECE) {
        stream.write_all(&piece(at)).await?;
    }
    Ok(())
}

async fn head(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut head = String::new();
    while 0 < stream.read_line(&mut head).await? && !head.ends_with("\r\n\r\n") {}
    Ok(head)
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
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells it");
    1024 * line.trim_end_matches("kB").trim().parse::<usize>().expect("a number of kB")
}

fn grown(before: usize) -> &'static str {
    match 10 * (peak() - before) / SIZE {
        0 => "less than a tenth",
        1..9 => "a part",
        _ => "nine tenths or more",
    }
}
