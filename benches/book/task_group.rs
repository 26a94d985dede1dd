//! Turns the error of one child into the end of all, with tokio, where a `JoinSet` leaves that to us.
//!
//! `cargo run --release -p wheelwright-benches-book --bin task_group` prints what the example `task_group` prints.

use std::cell::RefCell;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

type Outcome = Result<&'static str, &'static str>;

struct Work {
    name: &'static str,
    begun: Instant,
    ended: Option<(Instant, &'static str)>,
}

thread_local! {
    static WORKS: RefCell<Vec<Work>> = const { RefCell::new(Vec::new()) };
}

struct Alive {
    number: usize,
    ending: &'static str,
}

impl Alive {
    fn new(name: &'static str) -> Self {
        let number = WORKS.with_borrow(Vec::len);
        WORKS.with_borrow_mut(|works| works.push(Work { name, begun: Instant::now(), ended: None }));
        Self { number, ending: "cancelled" }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        WORKS.with_borrow_mut(|works| works[self.number].ended = Some((Instant::now(), self.ending)));
    }
}

async fn work(name: &'static str, ms: u64, outcome: Outcome) -> Outcome {
    let mut alive = Alive::new(name);
    sleep(Duration::from_millis(ms)).await;
    alive.ending = if outcome.is_ok() { "done" } else { "failed" };
    outcome
}

/// Tasks of one owner; the outcome of each comes with its place in the order of the starts.
#[derive(Default)]
struct TaskGroup(JoinSet<(usize, Outcome)>);

impl TaskGroup {
    fn spawn(&mut self, work: impl Future<Output = Outcome> + Send + 'static) {
        let place = self.0.len();
        self.0.spawn(async move { (place, work.await) });
    }

    /// Waits for all: their values, or what went wrong, first the error that aborted the others.
    async fn join_all(mut self, mut errors: Vec<String>) -> Result<Vec<&'static str>, Vec<String>> {
        let mut values = Vec::new();
        loop {
            if !errors.is_empty() {
                self.0.abort_all();
            }
            match self.0.join_next().await {
                Some(Ok((place, Ok(value)))) => values.push((place, value)),
                Some(Ok((_, Err(error)))) => errors.push(error.to_owned()),
                Some(Err(error)) if error.is_cancelled() => {}
                Some(Err(panic)) => errors.push(panic.to_string()),
                None if errors.is_empty() => break,
                None => return Err(errors),
            }
        }
        values.sort_unstable();
        Ok(values.into_iter().map(|(_, value)| value).collect())
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    all_well().await;
    two_fail().await;
    the_body_fails().await;
    println!(
        "\nOne error ends the whole group: it comes out when nobody is alive, and an error of the same moment with it."
    );
}

async fn all_well() {
    let mut group = TaskGroup::default();
    group.spawn(work("b", 300, Ok("value of b")));
    group.spawn(work("a", 100, Ok("value of a")));
    group.spawn(work("c", 200, Ok("value of c")));
    let values = group.join_all(Vec::new()).await.expect("none fails");
    show("all well", &values.join(", "));
    assert_eq!(values, ["value of b", "value of a", "value of c"]);
}

async fn two_fail() {
    let mut group = TaskGroup::default();
    group.spawn(work("b", 300, Ok("value of b")));
    group.spawn(work("a", 100, Err("a failed")));
    group.spawn(work("c", 50, Ok("value of c")));
    group.spawn(work("d", 100, Err("d failed")));
    let errors = group.join_all(Vec::new()).await.expect_err("two fail");
    show("\na fails, and d in the same moment", &errors.join("; and then: "));
    assert_eq!(errors.len(), 2);
}

async fn the_body_fails() {
    let mut group = TaskGroup::default();
    let body = async {
        group.spawn(work("b", 300, Ok("value of b")));
        work("step 1", 50, Ok("value of step 1")).await?;
        group.spawn(work("c", 200, Ok("value of c")));
        work("step 2", 50, Err("step 2 failed")).await
    };
    // Nothing ends this body if a child fails meanwhile: that would need a `select!` around both.
    let error = body.await.map_err(str::to_owned).err();
    let errors = group.join_all(Vec::from_iter(error)).await.expect_err("step 2 fails");
    show("\nthe body fails in its second step", &errors.join("; and then: "));
    assert_eq!(errors.len(), 1);
}

fn show(title: &str, result: &str) {
    println!("{title}");
    let works = WORKS.take();
    let (begun, now) = (works[0].begun, Instant::now());
    let ms = |moment: Instant| (moment - begun).as_millis() as usize;
    for work in &works {
        let (ended, ending) = work.ended.unwrap_or((now, "alive"));
        let (from, to) = (ms(work.begun), ms(ended));
        let bar = format!("{}├{}┤", " ".repeat(from / 10), "─".repeat((to - from) / 10));
        println!("  {:<7}{bar:<33}{ending} at {to} ms", work.name);
    }
    let alive = works.iter().filter(|work| work.ended.is_none()).count();
    println!("  out after {} ms with {alive} alive: {result}", ms(now));
    assert_eq!(alive, 0);
}
