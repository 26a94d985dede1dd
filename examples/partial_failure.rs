//! Turns fifty calls, of which three fail in three ways, into fifty outcomes in the order of the calls.
//!
//! `cargo run --release --example partial_failure` runs under the paused clock: it waits for 1.07 s in no time.
//! Stderr hears of the panic, as of every panic. `gather(return_exceptions=True)` keeps what is raised in the same way;
//! here an error that a call returns, `Ok(Err(error))`, is told from a panic, `Err(panic)`.
//!
//! Try: exchange the numbers of `REFUSED` and `BROKEN`, so that the panic comes first. What does that change for
//! `join_all_settled`, and what for `try_join_all`? (To that a panic is no error: it comes out of it.)

use std::cell::Cell;
use std::error::Error;
use std::future::pending;
use std::io;
use std::time::Duration;

use support::timeline;
use wheelwright::time::{self, sleep, timeout};
use wheelwright::{Runtime, join_all_settled, try_join_all};

const CALLS: usize = 50;
const REFUSED: usize = 8;
const BROKEN: usize = 23;
const HANGING: usize = 41;
const LIMIT: Duration = Duration::from_secs(1);

type Answer = Result<usize, Box<dyn Error>>;

/// Stands for a call over the network: it answers with the square of its number, unless it fails.
async fn call(number: usize) -> Answer {
    let rank = number as u64 * 7 % 50; // So they end in another order than they begin.
    sleep(Duration::from_millis(10 + 10 * rank)).await;
    match number {
        REFUSED => Err("503 Service Unavailable".into()),
        BROKEN => panic!("the answer is no number"),
        HANGING => pending().await,
        _ => Ok(number * number),
    }
}

async fn call_in_time(number: usize) -> Answer {
    timeout(LIMIT, call(number)).await?
}

fn main() -> io::Result<()> {
    timeline::run(Runtime::builder().paused(), async {
        let (results, failures) = settled().await;
        first_error().await;
        println!(
            "\nOf {CALLS} calls {results} gave a result and {failures} failed, and every outcome is in its place."
        );
    })?;
    Ok(())
}

async fn settled() -> (usize, usize) {
    let begun = time::now();
    let outcomes = join_all_settled((0..CALLS).map(call_in_time)).await;
    println!("join_all_settled: {} outcomes after {} ms", outcomes.len(), (time::now() - begun).as_millis());
    let (mut results, mut failures) = (Vec::new(), Vec::new());
    for (number, outcome) in (0..).zip(outcomes) {
        match outcome {
            Ok(Ok(square)) => results.push((number, square)),
            Ok(Err(error)) => failures.push((number, error)),
            Err(panic) => failures.push((number, panic.into())),
        }
    }
    println!("  {} results, in the order of the calls", results.len());
    for (number, why) in &failures {
        println!("  call {number:2} failed: {why}");
    }
    assert!(results.iter().all(|(number, square)| *square == number * number), "each result is in its call's place");
    let mut failing = [REFUSED, BROKEN, HANGING];
    failing.sort_unstable();
    assert!(failures.iter().map(|(number, _)| *number).eq(failing), "so is each failure");
    assert_eq!(results.len() + failures.len(), CALLS, "none is lost");
    (results.len(), failures.len())
}

async fn first_error() {
    let begun = time::now();
    let answered = Cell::new(0);
    let calls = (0..CALLS).map(async |number| {
        let answer = call_in_time(number).await;
        answered.set(answered.get() + usize::from(answer.is_ok()));
        answer
    });
    let error = try_join_all(calls).await.expect_err("one is refused");
    let after = (time::now() - begun).as_millis();
    let lost = answered.get();
    println!("try_join_all: 1 error after {after} ms ({error}), and none of the {lost} results that it had by then");
    assert!(0 < lost, "the results that were there are lost with the others");
}
