//! Turns thousands of commands, many of them given up at a random moment, into a count of who got whose reply.
//!
//! It has happened: redis-py took such connections back (<https://github.com/redis/redis-py/issues/2624>), and in March
//! 2023 users of ChatGPT saw what belonged to others (<https://openai.com/blog/march-20-chatgpt-outage>).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::time::Duration;

use wheelwright::time::{sleep, timeout};
use wheelwright::{join, map_concurrent};

use crate::pool::{Pool, TakesBack};
use crate::resp::Reply;
use crate::{USERS, name};

const COMMANDS: usize = 4_000;
const CONNECTIONS: usize = 10;
const SEED: u64 = 21;
/// A value comes, and patience ends, some time within so many microseconds.
const LATEST: u64 = 5_000;

/// How a command ended.
#[derive(PartialEq)]
enum End {
    GivenUp,
    Answered,
    /// With the reply to another command.
    Misanswered,
}

/// Returns how many commands were given up, and how many of the others a careless pool answered wrongly.
pub(crate) async fn give_up(addr: &str) -> io::Result<(usize, usize)> {
    println!("\n{COMMANDS} commands of {USERS} users over {CONNECTIONS} connections, many given up at a random moment");
    println!("  the pool takes back  connections opened  own reply  another's reply  given up  too late");
    let (_, misanswered) = row("every connection", addr, TakesBack::Every).await?;
    let (given_up, none) = row("only clean ones", addr, TakesBack::Clean).await?;
    println!("  too late: given up when Redis had taken the value off its list, so that nobody got it");
    println!("  Another's reply is there at once: so hardly anybody gives up where every connection is taken back.");
    assert!(0 < misanswered, "a reply that nobody waits for goes to the next user of its connection");
    assert_eq!(none, 0, "a connection that still owes a reply serves nobody else");
    assert!(1_000 <= given_up, "half of the moments come before the value");
    Ok((given_up, misanswered))
}

async fn row(title: &str, addr: &str, takes_back: TakesBack) -> io::Result<(usize, usize)> {
    let pool = Pool::new(addr, &name(), CONNECTIONS, takes_back);
    let helpers = Pool::new(addr, &name(), USERS, TakesBack::Clean);
    let ends = map_concurrent(USERS, 0..COMMANDS, async |number| command(number, &pool, &helpers).await).await;
    let ends: Vec<End> = ends.into_iter().collect::<io::Result<_>>()?;
    let mut too_late = 0;
    for (number, end) in ends.iter().enumerate() {
        let deleted = helpers.call(&["DEL", &key(number)]).await?;
        too_late += usize::from(*end == End::GivenUp && deleted == Reply::Integer(0));
    }
    let count = |which: End| ends.iter().filter(|end| **end == which).count();
    let [given_up, answered, misanswered] = [End::GivenUp, End::Answered, End::Misanswered].map(count);
    let opened = pool.opened.get();
    println!("  {title:19}  {opened:18}  {answered:9}  {misanswered:15}  {given_up:8}  {too_late:8}");
    Ok((given_up, misanswered))
}

/// Waits for a value of its own, which a helper brings at one random moment, until another one.
async fn command(number: usize, pool: &Pool, helpers: &Pool) -> io::Result<End> {
    let (key, value) = (key(number), format!("value {number}"));
    let pop = ["BLPOP", &key, "1"];
    let push = async {
        sleep(moment(number, "value")).await;
        // Whatever becomes of us, our keys are gone after a minute.
        helpers.take().await?.pipeline(&[&["RPUSH", &key, &value], &["EXPIRE", &key, "60"]]).await
    };
    let (popped, pushed) = join(timeout(moment(number, "patience"), pool.call(&pop)), push).await;
    pushed?;
    let Ok(reply) = popped else { return Ok(End::GivenUp) };
    let own = [&key, &value].map(|text| Reply::Bulk(text.as_bytes().into()));
    Ok(if reply? == Reply::Array(own.into()) { End::Answered } else { End::Misanswered })
}

fn key(number: usize) -> String {
    format!("{}:{number}", name())
}

/// The same at every run.
fn moment(number: usize, of: &str) -> Duration {
    let mut hasher = DefaultHasher::new();
    (SEED, number, of).hash(&mut hasher);
    Duration::from_micros(hasher.finish() % LATEST)
}
