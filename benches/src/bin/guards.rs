//! Turns `ROW N` into one run of a row on this project's runtime, and the number of allocations it made.
//!
//! Besides the rows there are `http_get`: one GET after another over a kept connection, to a thread that answers by rote;
//! and `yield_recorded`: as `yield`, on a loop that is recorded, which is six events.
//! Under callgrind the same run gives instructions: `cargo xtask guards` holds both against `benches/guards.json`.

#![allow(unsafe_code, reason = "a global allocator cannot be written without it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};

use wheelwright::block_on;

#[path = "../peers/rows.rs"]
mod rows;
#[path = "../peers/tools.rs"]
mod tools;
#[path = "../peers/words.rs"]
mod words;

/// The system's allocator, counted: a block that grows or shrinks counts as one more.
struct Counted;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

fn count() {
    // Not `fetch_add`: a workload has one thread, and the count should cost next to nothing.
    ALLOCATIONS.store(ALLOCATIONS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

// SAFETY: every call is passed on to `System` as it came, and counting touches no memory of the allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract, which is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from `System` by one of the other functions.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as for `dealloc`; the caller keeps `realloc`'s contract.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static COUNTED: Counted = Counted;

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [row, n] = words.as_slice() else { panic!("usage: ROW N") };
    let n = n.parse().expect("N is a number");
    match row.as_str() {
        "http_get" => http_get(n)?,
        "yield_recorded" => yields_recorded(n)?,
        _ => drop(rows::run(row, 0, n)),
    }
    writeln!(io::stdout(), "{} allocations", ALLOCATIONS.load(Ordering::Relaxed))
}

fn yields_recorded(n: u64) -> io::Result<()> {
    let runtime = wheelwright::Runtime::builder().recorded(wheelwright::record::CAPACITY).build()?;
    runtime.block_on(async {
        let task = wheelwright::spawn(async move {
            for _ in 0..n {
                rows::Yield::default().await;
            }
        });
        task.await.expect("nothing panics");
    });
    Ok(())
}

fn http_get(n: u64) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    std::thread::spawn(move || answer_by_rote(&listener));
    block_on(async {
        let client = wheelwright_http::Client::new();
        for _ in 0..n {
            let response = client.get(&url).expect("the URL is valid").send().await.expect("the thread answers");
            let body = response.bytes().await.expect("the body comes whole");
            assert_eq!(body.len(), 1024, "the thread sends as many bytes as it says");
        }
    });
    Ok(())
}

/// Whatever comes in is one whole request: the client sends each in one write, and the next after the response.
fn answer_by_rote(listener: &TcpListener) -> io::Result<()> {
    let mut response = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1024\r\n\r\n".to_vec();
    response.extend([b'x'; 1024]);
    let mut buf = [0; 4096];
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    while stream.read(&mut buf)? != 0 {
        stream.write_all(&response)?;
    }
    Ok(())
}
