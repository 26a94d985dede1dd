//! Turns thousands of clients that do nothing, or next to nothing, into what they cost a server and its other clients.
//!
//! `cargo run --release --example slow_clients` takes about eighteen seconds. The server and the slow clients are processes of
//! their own. It needs Linux, which tells a process its memory; what the kernel keeps for each socket is in no process' memory.
//!
//! Try: an `IDLE` of 14 s in `idle.rs`, then of 30 s. Does the server work ten times as long? What it is woken for twice more is
//! our own client, which closes a connection after 15 s of silence and comes with a new one. Then a `PERIOD` of a millisecond in
//! `slow_heads.rs`. The limit ends the heads as before, but what does the assertion that fails now say of a limit of time against
//! clients that are not slow at all?

mod server; // questions -> answers, or the server's own figures
mod idle; // as many connections as can be -> what each of them costs
mod slow_heads; // heads that never end -> how long others wait because of them

use std::fmt::Debug;
use std::io;
use std::str::FromStr;

use support::usage::memory_kb;
use wheelwright::block_on;

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => block_on(show()),
        ["serve"] => block_on(server::run()),
        ["idle", addr, count] => block_on(idle::clients(addr, number(count))),
        ["slow", addr, count] => block_on(slow_heads::clients(addr, number(count))),
        _ => {
            eprintln!("slow_clients: it takes no arguments");
            std::process::exit(2)
        }
    }
}

async fn show() -> io::Result<()> {
    if memory_kb().is_none() {
        println!("skipped: only Linux tells a process how much memory it has");
        return Ok(());
    }
    let (idle, slow) = (idle::show().await?, slow_heads::show().await?);
    println!("\n{idle}; {slow}.");
    Ok(())
}

/// Reads what one of our processes told another.
fn number<N: FromStr<Err: Debug>>(text: &str) -> N {
    text.parse().expect("only numbers are told")
}
