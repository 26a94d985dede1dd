//! Turns the error of one child into the end of all: it comes out when they are gone, and a second error comes with it.
//!
//! `cargo run --release --example task_group` runs under the paused clock: it waits for half a second in no time.
//! The same in Python is `book/python/task_group.py`, with tokio `benches/book/task_group.rs`; they print the same.
//!
//! Who is cancelled is dropped where it waits: it returns no error of its own, as it could from a `finally` of asyncio.
//! If one of its destructors panics, that is a further error too.
//!
//! Try: in `the_body_fails` let `b` return `Err("b failed")` after 70 ms. What becomes of the body, then in step 2?

use std::cell::RefCell;
use std::io;
use std::time::{Duration, Instant};

use support::timeline;
use wheelwright::time::{self, sleep};
use wheelwright::{Runtime, TaskGroup};

type Outcome = Result<&'static str, &'static str>;

/// What is known of a piece of work: when it began, and when and how it ended.
struct Work {
    name: &'static str,
    begun: Instant,
    ended: Option<(Instant, &'static str)>,
}

thread_local! {
    static WORKS: RefCell<Vec<Work>> = const { RefCell::new(Vec::new()) };
}

/// Held by a piece of work as long as anything of it is there, and dropped whichever way it ends.
struct Alive {
    number: usize,
    ending: &'static str,
}

impl Alive {
    fn new(name: &'static str) -> Self {
        let number = WORKS.with_borrow(Vec::len);
        WORKS.with_borrow_mut(|works| works.push(Work { name, begun: time::now(), ended: None }));
        Self { number, ending: "cancelled" }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        WORKS.with_borrow_mut(|works| works[self.number].ended = Some((time::now(), self.ending)));
    }
}

async fn work(name: &'static str, ms: u64, outcome: Outcome) -> Outcome {
    let mut alive = Alive::new(name);
    sleep(Duration::from_millis(ms)).await;
    alive.ending = if outcome.is_ok() { "done" } else { "failed" };
    outcome
}

fn main() -> io::Result<()> {
    timeline::run(Runtime::builder().paused(), async {
        all_well().await;
        two_fail().await;
        the_body_fails().await;
    })?;
    println!(
        "\nOne error ends the whole group: it comes out when nobody is alive, and an error of the same moment with it."
    );
    Ok(())
}

async fn all_well() {
    let group = TaskGroup::new();
    group.spawn_named("b", work("b", 300, Ok("value of b")));
    group.spawn_named("a", work("a", 100, Ok("value of a")));
    group.spawn_named("c", work("c", 200, Ok("value of c")));
    let values = group.join_all().await.expect("none fails");
    show("all well", &values.join(", "));
    assert_eq!(values, ["value of b", "value of a", "value of c"], "in the order of the starts, not of the ends");
}

async fn two_fail() {
    let group = TaskGroup::new();
    group.spawn_named("b", work("b", 300, Ok("value of b")));
    group.spawn_named("a", work("a", 100, Err("a failed")));
    group.spawn_named("c", work("c", 50, Ok("value of c")));
    group.spawn_named("d", work("d", 100, Err("d failed")));
    let error = group.join_all().await.expect_err("two fail");
    show("\na fails, and d in the same moment", &error.to_string());
    assert_eq!(error.others.len(), 1, "the second error is attached, not lost");
}

/// The body is under the same rule as the children, like that of `async with`.
async fn the_body_fails() {
    let body = TaskGroup::run(async |group| {
        group.spawn_named("b", work("b", 300, Ok("value of b")));
        work("step 1", 50, Ok("value of step 1")).await?;
        group.spawn_named("c", work("c", 200, Ok("value of c")));
        work("step 2", 50, Err("step 2 failed")).await
    });
    let error = body.await.expect_err("step 2 fails");
    show("\nthe body fails in its second step", &error.to_string());
    assert!(error.others.is_empty(), "to be cancelled by the group is no error");
}

/// Draws who was there from when to when, and counts who still is: a column for 10 ms.
fn show(title: &str, result: &str) {
    println!("{title}");
    let works = WORKS.take();
    let (begun, now) = (works[0].begun, time::now());
    let ms = |moment: Instant| (moment - begun).as_millis() as usize;
    for work in &works {
        let (ended, ending) = work.ended.unwrap_or((now, "alive"));
        let (from, to) = (ms(work.begun), ms(ended));
        let bar = format!("{}├{}┤", " ".repeat(from / 10), "─".repeat((to - from) / 10));
        println!("  {:<7}{bar:<33}{ending} at {to} ms", work.name);
    }
    let alive = works.iter().filter(|work| work.ended.is_none()).count();
    println!("  out after {} ms with {alive} alive: {result}", ms(now));
    assert_eq!(alive, 0, "who leaves the group leaves nobody behind");
}
