//! Turns five puzzles (in which order do the letters come?) into a rule of who runs when.
//!
//! `cargo run --release --example predict_order` takes no time. asyncio gives the same five orders, unless its tasks are made eager.
//!
//! Try: before you run it, read the functions from `called` on and write your five answers down. Then look at the runs of
//! the fourth: to yield lets others run, but it waits for nobody. Await the task there instead (`task.await?`, and
//! `Ok(())` at the end): what becomes of its runs?

use std::cell::RefCell;
use std::pin::Pin;

use wheelwright::sync::Mutex;
use wheelwright::{JoinError, Runtime, Schedule, spawn, yield_now};

type Ended = Result<(), JoinError>;
type Code = fn() -> Pin<Box<dyn Future<Output = Ended>>>;

thread_local! {
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

fn say(letter: char) {
    SAID.with_borrow_mut(|said| said.push(letter));
}

async fn letter(letter: char) {
    say(letter);
}

async fn called() -> Ended {
    let first = letter('a');
    let second = letter('b');
    second.await;
    first.await;
    Ok(())
}

async fn spawned() -> Ended {
    let first = spawn(letter('a'));
    let second = spawn(letter('b'));
    second.await?;
    first.await
}

async fn ready() -> Ended {
    let task = spawn(letter('a'));
    letter('b').await;
    say(*Mutex::new('c').lock().await);
    task.await
}

async fn pausing() -> Ended {
    let task = spawn(letter('a'));
    say('b');
    yield_now().await;
    say('c');
    task.await
}

async fn two_tasks() -> Ended {
    let one = spawn(async {
        say('a');
        say('b');
        yield_now().await;
        say('c');
    });
    let two = spawn(async {
        say('d');
        yield_now().await;
        say('e');
    });
    one.await?;
    two.await
}

/// The name, the code, the order that must come, one that no schedule gives, and why.
const PUZZLES: [(&str, Code, &str, &str, &str); 5] = [
    ("called", || Box::pin(called()), "ba", "ab", "a future does nothing until it is awaited"),
    ("spawned", || Box::pin(spawned()), "ab", "-", "tasks run by themselves, first come first"),
    ("ready", || Box::pin(ready()), "bca", "abc", "awaiting what is ready switches nothing"),
    ("pausing", || Box::pin(pausing()), "bac", "abc", "awaiting what is not ready lets others run"),
    ("two_tasks", || Box::pin(two_tasks()), "abdce", "adbce", "between two awaits nothing else runs"),
];

fn main() {
    println!("Predict in which order the letters come:\n");
    for (number, (name, ..)) in (1..).zip(PUZZLES) {
        println!("{number}  {}", code_of(name));
    }
    println!("\n   predicted  came   because                                     runs  every possible order     never");
    for (number, (_, code, predicted, never, why)) in (1..).zip(PUZZLES) {
        let came = orders(Schedule::Fifo, code).concat();
        let all = orders(Schedule::Exhaustive { max: 1000 }, code);
        println!("{number}  {predicted:9}  {came:5}  {why:42}  {:4}  {:23}  {never}", all.len(), all.join(" "));
        assert_eq!(came, predicted, "the default order is known before, unless WHEELWRIGHT_SEED sets another");
        assert!(all.contains(&came) && all.iter().all(|order| order != never), "no schedule breaks the rule");
    }
    println!(
        "\nNothing else runs until an await has to wait, and then who was ready first: so five orders were predicted; \
         other schedules change who comes first, and none broke the rule."
    );
}

/// The order of the letters in the one run of the default schedule, or in a run for each order that there can be.
fn orders(schedule: Schedule, code: Code) -> Vec<String> {
    let mut orders = Vec::new();
    Runtime::builder().paused().schedule(schedule).explore(async || {
        code().await.expect("no task panics");
        orders.push(SAID.take());
    });
    orders
}

/// A puzzle's own source, so that what is printed is what runs.
fn code_of(name: &str) -> String {
    let (_, code) = include_str!("predict_order.rs").split_once(&format!("{name}() -> Ended {{")).expect("it is here");
    let (code, _) = code.split_once("\n}").expect("a function ends at the margin");
    code.split_whitespace().collect::<Vec<_>>().join(" ").replace("}); ", "});\n   ")
}
