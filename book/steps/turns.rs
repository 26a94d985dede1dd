//! Turns three small tasks into eight turns on one thread, small enough to step through.
//!
//! `cargo run --release --example step_turns` takes no time. With `-- --timeline FILE.html` the run is drawn.
//!
//! Try: take out one `yield_now().await`, and say before you run it what moves where. Then put `say('x')` behind the
//! `sleep` of the third task, and have it sleep for no time at all: whose turn does it take?

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use support::timeline;
use wheelwright::sync::Mutex;
use wheelwright::{JoinError, Runtime, spawn_named, time::sleep, yield_now};

thread_local! {
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

fn say(letter: char) {
    SAID.with_borrow_mut(|said| said.push(letter));
}

async fn turns() -> Result<(), JoinError> {
    let one = spawn_named("one", async {
        say('a');
        yield_now().await;
        say('b');
    });
    let two = spawn_named("two", async {
        let letter = Mutex::new('c');
        say(*letter.lock().await); // nobody holds it: no switch
        say('d');
        yield_now().await;
        say('e');
    });
    let three = spawn_named("three", async {
        sleep(Duration::from_millis(5)).await;
        say('f');
    });
    say('0');
    three.await?;
    two.await?;
    one.await
}

fn main() -> io::Result<()> {
    timeline::run(Runtime::builder().paused(), turns())?.expect("no task panics");
    let said = SAID.take();
    println!("The letters came as {said}.");
    assert_eq!(said, "0acdbef", "unless WHEELWRIGHT_SEED sets another order");
    println!(
        "\nA task keeps the thread until it awaits what is not ready; then those who are ready take turns, first come first."
    );
    Ok(())
}
