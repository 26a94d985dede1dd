//! Turns a socket into a client of Redis with a pool: commands overlap, and a reply without a reader reaches nobody.
//!
//! `cargo run --release --example async_driver` takes four seconds. It needs a Redis, at 127.0.0.1:6379 unless
//! `--redis HOST:PORT` or the variable `REDIS_ADDR` says where. Its keys have a prefix of their own; it deletes them.
//!
//! Try: in `giving_up.rs` as many `CONNECTIONS` as users. Why are more of them opened, though no more commands are
//! given up? Then let `is_clean` in `redis.rs` forget what is owed, and it panics: is it enough to look at what has come?

use std::process::{self, ExitCode};
use std::time::Duration;
use std::{env, io};

mod resp; // commands and replies <-> bytes
mod redis; // a socket -> a connection that knows what it is owed
mod pool; // an address -> connections for many users
mod giving_up; // commands, most of them given up -> whose replies the others got

use giving_up::give_up;
use pool::{Pool, TakesBack};
use redis::Connection;
use resp::Reply;
use wheelwright::net::{Address, ToAddress};
use wheelwright::time::{now, timeout};
use wheelwright::{block_on, try_join_all};

const USERS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(2);
const TIMES: usize = 1_000;

fn main() -> io::Result<ExitCode> {
    match address() {
        Ok(addr) => block_on(show(&addr)).map(|()| ExitCode::SUCCESS),
        Err(what) => {
            eprintln!("async_driver: {what}; usage: async_driver [--redis HOST:PORT]");
            Ok(ExitCode::from(2))
        }
    }
}

fn address() -> Result<String, String> {
    let words: Vec<String> = env::args().skip(1).collect();
    let addr = match &words[..] {
        [] => env::var("REDIS_ADDR").unwrap_or("127.0.0.1:6379".into()),
        [option, addr] if option == "--redis" => addr.clone(),
        _ => return Err(format!("what is '{}'?", words.join(" "))),
    };
    match addr.to_address() {
        Address::Bad(what) => Err(what),
        _ => Ok(addr),
    }
}

async fn show(addr: &str) -> io::Result<()> {
    let mut redis = match timeout(PATIENCE, reach(addr)).await.unwrap_or_else(|late| Err(late.into())) {
        Ok(redis) => redis,
        Err(error) => {
            let (_, port) = addr.rsplit_once(':').expect("an address ends with its port");
            println!("skipped: no Redis answers at {addr} ({error}); start one: redis-server --port {port} --save ''");
            return Ok(());
        }
    };
    overlap(addr, &mut redis).await?;
    pipeline(&mut redis).await?;
    let (given_up, misled) = give_up(addr).await?;
    println!(
        "\n{USERS} commands waited side by side; {given_up} were given up, and no reply to them reached another user, but a \
        pool that takes back every connection handed {misled} replies to the wrong one."
    );
    Ok(())
}

async fn reach(addr: &str) -> io::Result<Connection> {
    let mut redis = Connection::open(addr).await?;
    redis.call(&["PING"]).await.map(|_| redis)
}

async fn overlap(addr: &str, redis: &mut Connection) -> io::Result<()> {
    println!("a command that waits 0.3 s in Redis, which looks at its clock ten times a second");
    println!("  users  connections, by Redis' count  all answered after");
    let (key, mut took) = (name(), Vec::new());
    let wait = ["BLPOP", &key, "0.3"];
    for (users, size) in [(1, USERS), (USERS, USERS), (USERS, USERS / 2)] {
        let (pool, begun) = (Pool::new(addr, &key, size, TakesBack::Clean), now());
        try_join_all((0..users).map(|_| pool.call(&wait))).await?;
        let answered = now() - begun;
        took.push(answered);
        let Reply::Bulk(clients) = redis.call(&["CLIENT", "LIST"]).await? else { panic!("the clients are a text") };
        let ours = String::from_utf8_lossy(&clients).matches(&format!(" name={key} ")).count();
        println!("  {users:5}  {ours:28}  {:15} ms", answered.as_millis());
        assert_eq!(ours, users.min(size), "a connection for each command, as far as the pool goes");
    }
    assert!(took[1] < 5 * took[0], "twenty waits take the time of one, not twenty times as long");
    Ok(())
}

async fn pipeline(redis: &mut Connection) -> io::Result<()> {
    let (key, begun, mut replies) = (name(), now(), Vec::new());
    for _ in 0..TIMES {
        replies.push(redis.call(&["INCR", &key]).await?);
    }
    let (one_by_one, begun) = (now() - begun, now());
    replies.extend(redis.pipeline(&[&["INCR", &key][..]; TIMES]).await?);
    let in_one_piece = now() - begun;
    redis.call(&["DEL", &key]).await?;
    println!("\n{TIMES} commands over one connection");
    println!("  each sent when the one before is answered  {:6.1} ms", one_by_one.as_secs_f64() * 1e3);
    println!("  all sent in one piece                      {:6.1} ms", in_one_piece.as_secs_f64() * 1e3);
    assert!(
        replies.into_iter().eq((1..=2 * TIMES as i64).map(Reply::Integer)),
        "replies come in the order of commands"
    );
    assert!(2 * in_one_piece < one_by_one, "one round trip takes less time than a thousand");
    Ok(())
}

/// Of our connections in Redis' list, and the prefix of our keys.
fn name() -> String {
    format!("wheelwright:async_driver:{}", process::id())
}
