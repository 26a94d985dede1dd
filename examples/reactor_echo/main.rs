//! Turns ten thousand connections that say nothing into nothing to do: who listens to the kernel, and what it is told.
//!
//! `cargo run --release --example reactor_echo` takes 4 s. The server and its clients are processes of their own.
//!
//! Try: give `echo` in `server.rs` a buffer of 4,096 bytes. Which assertion objects? Then wait by `stream.readable().await?`, and
//! make the buffer, a `vec!`, for a `try_read` only: what does a connection cost now?

use std::fmt::Debug;
use std::io;
use std::str::FromStr;

use wheelwright::block_on;

mod edge; // bytes that come, and reads -> how often the kernel tells of them
mod idle; // many connections that say nothing -> memory, time, and what one that speaks pays for them
mod server; // an echo, that also tells how it stands

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => show(),
        ["serve"] => block_on(server::run()),
        ["idle", addr, count] => block_on(idle::clients(addr, number(count))),
        _ => Err(io::Error::other("it takes no arguments")),
    }
}

fn show() -> io::Result<()> {
    let idle = block_on(idle::show())?;
    edge::show()?;
    println!(
        "\n{} connections that say nothing cost {} bytes each and {:.2} ms of work in {} s; the kernel tells of news once, so read until it would block.",
        idle.connections,
        idle.bytes,
        idle.worked.as_secs_f64() * 1e3,
        idle::WAIT.as_secs()
    );
    Ok(())
}

/// Reads what one of our processes told another.
fn number<N: FromStr<Err: Debug>>(text: &str) -> N {
    text.parse().expect("only numbers are told")
}
