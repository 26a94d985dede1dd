//! Turns six small programs into every output that some order of their turns can give.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use wheelwright::sync::Mutex;
use wheelwright::{JoinError, Runtime, Schedule, spawn, time::sleep, yield_now};

type Ended = Result<(), JoinError>;

thread_local! {
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

fn say(what: impl ToString) {
    SAID.with_borrow_mut(|said| said.push_str(&what.to_string()));
}

async fn letter(letter: char) {
    say(letter);
}

async fn first() -> Ended {
    let _made = letter('a');
    spawn(letter('b')).detach();
    letter('c').await;
    Ok(())
}

async fn second() -> Ended {
    for task in ['a', 'b', 'c'].map(|name| spawn(letter(name))) {
        task.await?;
    }
    Ok(())
}

async fn third() -> Ended {
    let one = spawn(async {
        say('a');
        yield_now().await;
        say('b');
    });
    let two = spawn(letter('c'));
    one.await?;
    two.await
}

async fn fourth() -> Ended {
    let lock = Rc::new(Mutex::new(()));
    let tasks = [('a', 'b'), ('c', 'd')].map(|(before, after)| {
        let lock = Rc::clone(&lock);
        spawn(async move {
            let _guard = lock.lock().await;
            say(before);
            yield_now().await;
            say(after);
        })
    });
    for task in tasks {
        task.await?;
    }
    Ok(())
}

async fn fifth() -> Ended {
    let count = Rc::new(Cell::new(0));
    let (slow, quick) = (Rc::clone(&count), Rc::clone(&count));
    let one = spawn(async move {
        let read = slow.get();
        yield_now().await;
        slow.set(read + 1);
    });
    let two = spawn(async move { quick.set(quick.get() + 1) });
    one.await?;
    two.await?;
    say(count.get());
    Ok(())
}

async fn sixth() -> Ended {
    for task in [('a', 20), ('b', 10), ('c', 10)].map(|(name, ms)| {
        spawn(async move {
            sleep(Duration::from_millis(ms)).await;
            say(name);
        })
    }) {
        task.await?;
    }
    Ok(())
}

/// A puzzle, to be run anew for each order.
type Code = fn() -> Pin<Box<dyn Future<Output = Ended>>>;

const CODES: [Code; 6] = [
    || Box::pin(first()),
    || Box::pin(second()),
    || Box::pin(third()),
    || Box::pin(fourth()),
    || Box::pin(fifth()),
    || Box::pin(sixth()),
];

/// What the puzzle of this number, from 1 to 6, prints in one order or another, sorted.
///
/// # Panics
/// If there is no puzzle of this number.
pub fn outputs(number: usize) -> Vec<String> {
    let mut outputs = Vec::new();
    Runtime::builder().paused().schedule(Schedule::Exhaustive { max: 10_000 }).explore(async || {
        CODES[number - 1]().await.expect("no task panics");
        outputs.push(SAID.take());
    });
    outputs.sort();
    outputs.dedup();
    outputs
}
