//! Turns a connection that its user must give back into one that gives itself back: on every way out of the code.
//!
//! `cargo run --release --example cleanup` runs under the paused clock: six hours pass in no time. Three warnings are meant.
//!
//! Try: mend `by_last_line`, so that it gives back before it returns at all. How many rows change, and which can no last line
//! mend? The last assertion counts those. Then let GOODBYE be two seconds. Who waits for all of it, whom does LIMIT cut short?

use std::rc::Rc;
use std::time::Duration;
use std::{io, panic};

use support::timeline;
use wheelwright::sync::Semaphore;
use wheelwright::time::{self, sleep, timeout};
use wheelwright::{Runtime, join_all, join_all_settled, select, spawn, with_resource};

const EXITS: [&str; 7] = ["end of the code", "early return", "error", "panic", "abort", "timeout", "lost race"];
const CONNECTIONS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(3600);
const QUERY: Duration = Duration::from_millis(100);
const CUT: Duration = Duration::from_millis(50);
const GOODBYE: Duration = Duration::from_millis(200);
const LIMIT: Duration = Duration::from_secs(1); // for the good-byes of users that were cut

type Exit = &'static str;
type Pool = Rc<Semaphore>;
type Answer = Result<&'static str, &'static str>;

fn main() -> io::Result<()> {
    timeline::run(Runtime::builder().paused(), show())
}

async fn show() {
    println!("A query takes {QUERY:?}, a cut comes after {CUT:?}, a good-bye takes {GOODBYE:?}.");
    println!("How many of {CONNECTIONS} connections come back, and when? (never: not within {PATIENCE:?})\n");
    println!("                  by the last line  by a guard's drop by with_resource");
    println!("users left by     back     when     back     when     back     when    caller on");
    let mut leaks = 0;
    for exit in EXITS {
        let (line, line_all, _) = visits(exit, by_last_line).await;
        let (guard, guard_all, _) = visits(exit, by_guard).await;
        let (close, close_all, caller) = visits(exit, |pool, exit| by_close(pool, exit, GOODBYE)).await;
        println!("{exit:<15}{line:>7}{line_all:>9}{guard:>9}{guard_all:>9}{close:>9}{close_all:>9}{caller:>13?}");
        assert_eq!((guard, close), (CONNECTIONS, CONNECTIONS), "what gives itself back is back on every way out");
        assert!(CUT < caller || line == 0, "a user that is cut runs no line of its own");
        assert_eq!(CUT < caller, close_all == format!("{caller:?}"), "whoever is cut leaves its good-bye to a task");
        leaks += usize::from(line < CONNECTIONS);
    }
    let (back, given_up, _) = visits("timeout", |pool, exit| by_close(pool, exit, Duration::MAX)).await;
    assert_eq!((back, &given_up), (CONNECTIONS, &format!("{:?}", CUT + LIMIT)), "a task's good-bye has a limit");
    println!("\nGood-byes that nobody answers are given up, and their connections back, after {given_up}.");
    println!("\nOf {} ways out {leaks} miss the last line; none misses a guard, nor a close that awaits.", EXITS.len());
    assert_eq!(leaks, 6, "only who comes to the end of the code gives back, unless the last line was mended");
}

async fn by_last_line(pool: Pool, exit: Exit) -> Answer {
    pool.acquire().await.expect("nobody closes it").forget(); // or the permit would give itself back
    let Some(row) = query(exit).await? else { return Ok("nothing") };
    pool.add_permits(1);
    Ok(row)
}

/// What `finally` does in Python: here a cancel throws nothing, and only what is dropped hears of it.
async fn by_guard(pool: Pool, exit: Exit) -> Answer {
    let _connection = pool.acquire().await.expect("nobody closes it");
    let Some(row) = query(exit).await? else { return Ok("nothing") };
    Ok(row)
}

/// What `async with` does in Python: the connection goes back when the other side has answered the good-bye, or is given up.
async fn by_close(pool: Pool, exit: Exit, goodbye: Duration) -> Answer {
    let open = async { Ok(pool.acquire_owned().await.expect("nobody closes it")) };
    let body = async |_: &mut _| {
        let Some(row) = query(exit).await? else { return Ok("nothing") };
        Ok(row)
    };
    let close = async move |connection| {
        sleep(goodbye).await;
        drop(connection);
        Ok(())
    };
    with_resource(open, body, close, LIMIT).await
}

async fn query(exit: Exit) -> Result<Option<&'static str>, &'static str> {
    sleep(QUERY).await;
    match exit {
        "early return" => Ok(None),
        "error" => Err("the query failed"),
        "panic" => panic::resume_unwind(Box::new(())), // a `panic!` without a message between the rows
        _ => Ok(Some("a row")),
    }
}

/// Lets a user leave in the way that `exit` names.
async fn leave(exit: Exit, user: impl Future<Output = Answer> + 'static) {
    match exit {
        "abort" => {
            let task = spawn(user);
            sleep(CUT).await;
            task.abort();
        }
        "timeout" => drop(timeout(CUT, user).await),
        "lost race" => drop(select(user, sleep(CUT)).await),
        _ => drop(join_all_settled([user]).await), // a panic is an outcome there, and goes no further
    }
}

/// How many connections are back after as many visits at once, when all are, and when the callers went on.
async fn visits<F: Future<Output = Answer> + 'static>(
    exit: Exit,
    user: fn(Pool, Exit) -> F,
) -> (usize, String, Duration) {
    let (pool, begun) = (Rc::new(Semaphore::new(CONNECTIONS)), time::now());
    join_all([(); CONNECTIONS].map(|()| leave(exit, user(Rc::clone(&pool), exit)))).await;
    let caller = time::now() - begun;
    let all = timeout(PATIENCE, pool.acquire_many(CONNECTIONS)).await;
    let all = all.map_or("never".into(), |_| format!("{:?}", time::now() - begun));
    (pool.available_permits(), all, caller)
}
