//! Turns orders of running into facts: all of them, the same again, and the one that breaks a program.
//!
//! In processes of their own, since a wake left over from another test's runtime would be a step more.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use wheelwright::{Builder, Group, Runtime, Schedule, join_all, scope, spawn, time::sleep, yield_now};

use crate::run;

fn paused(schedule: Schedule) -> Builder {
    Runtime::builder().paused().schedule(schedule)
}

/// Three tasks that write twice each, and the order in which they did.
async fn six_writes() -> String {
    let written = Rc::new(RefCell::new(String::new()));
    let tasks = ['a', 'b', 'c'].map(|letter| {
        let written = Rc::clone(&written);
        spawn(async move {
            written.borrow_mut().push(letter);
            sleep(Duration::from_secs(1)).await;
            written.borrow_mut().push(letter);
        })
    });
    for task in join_all(tasks).await {
        task.expect("no task panics");
    }
    written.take()
}

/// The orders that a schedule comes upon.
fn orders(schedule: Schedule) -> (usize, BTreeSet<String>) {
    let found = RefCell::new(BTreeSet::new());
    let runs = paused(schedule).explore(async || {
        let order = six_writes().await;
        found.borrow_mut().insert(order);
    });
    (runs, found.into_inner())
}

/// Each lap of three can go in six ways, and there are two of them.
pub(crate) fn explore_all() {
    let (_, fifo) = orders(Schedule::Fifo);
    assert_eq!(fifo, BTreeSet::from(["abcabc".to_owned()]));
    let (runs, found) = orders(Schedule::Exhaustive { max: 100_000 });
    assert_eq!(found.len(), 36, "after {runs} runs: {found:?}");
    let (runs, found) = orders(Schedule::Exhaustive { max: 5 });
    assert!(runs == 5 && found.len() <= 5);
}

pub(crate) fn seeds_repeat() {
    let found: Vec<_> = (0..400).map(|seed| orders(Schedule::Random(seed)).1).collect();
    let again: Vec<_> = (0..400).map(|seed| orders(Schedule::Random(seed)).1).collect();
    assert_eq!(found, again);
    assert_eq!(found.into_iter().flatten().collect::<BTreeSet<_>>().len(), 36, "chance comes upon all of them");
}

/// Adds one to a number that it read before it waited: the first rule of what not to do.
async fn racing() {
    let number = Rc::new(Cell::new(0));
    let (slow, quick) = (Rc::clone(&number), Rc::clone(&number));
    let slow = spawn(async move {
        let read = slow.get();
        yield_now().await;
        slow.set(read + 1);
    });
    let quick = spawn(async move {
        yield_now().await;
        quick.set(quick.get() + 1);
    });
    drop(join_all([slow, quick]).await);
    assert_eq!(number.get(), 2, "an addition was lost");
}

pub(crate) fn race() {
    let schedule = if std::env::var("EXPLORE").is_ok() { Schedule::Exhaustive { max: 1000 } } else { Schedule::Fifo };
    paused(schedule).explore(racing);
}

/// What is printed repeats the failure; first come, first served would have hidden it, and so does another order.
pub(crate) fn is_found_and_repeated(command: &mut Command) -> Result<(), String> {
    run(command)?;
    let found = run(command.env("EXPLORE", "1")).err().ok_or("no order loses an addition")?;
    let choices = found.split("WHEELWRIGHT_SCHEDULE=").nth(1).and_then(|rest| rest.lines().next());
    let choices = choices.ok_or_else(|| format!("it does not say how to repeat the run: {found}"))?;
    let again = run(command.env_remove("EXPLORE").env("WHEELWRIGHT_SCHEDULE", choices));
    again.err().filter(|text| text.contains("an addition was lost")).ok_or("the run was not repeated")?;
    // It says which run there is, also where others would be explored.
    run(command.env("EXPLORE", "1").env("WHEELWRIGHT_SCHEDULE", "0"))?;
    command.env_remove("EXPLORE");
    let broken = run(command.env("WHEELWRIGHT_SCHEDULE", "0,1")).err().ok_or("nonsense was taken for choices")?;
    if !broken.contains("WHEELWRIGHT_SCHEDULE is \"0,1\": it should be numbers with dots between them") {
        return Err(broken);
    }
    command.env_remove("WHEELWRIGHT_SCHEDULE");
    let mut seeded = |seed: u32| run(command.env("WHEELWRIGHT_SEED", seed.to_string())).err();
    let failing = (0..50).find_map(|seed| Some((seed, seeded(seed)?)));
    let (seed, told) = failing.ok_or("none of fifty seeds finds it")?;
    let passes = (0..50).any(|seed| seeded(seed).is_none());
    if !passes || !told.contains(&format!("WHEELWRIGHT_SEED={seed} or WHEELWRIGHT_SCHEDULE=")) {
        return Err(format!("seed {seed}: {told}"));
    }
    Ok(())
}

pub(crate) fn determinism() {
    let random = Schedule::Random(11);
    paused(random).check_determinism(async || {
        six_writes().await;
        join_all((1..20).map(|n| sleep(Duration::from_millis(n % 7)))).await;
    });
    let runs = Cell::new(0);
    let differing = catch_unwind(AssertUnwindSafe(|| {
        paused(random).check_determinism(async || {
            runs.set(runs.get() + 1);
            let task = spawn(yield_now());
            if runs.get() == 2 {
                yield_now().await;
            }
            task.await.expect("no panic");
        });
    }));
    let message = *differing.expect_err("the second run yields once more").downcast::<String>().expect("text");
    assert!(message.starts_with("two runs differ at step ") && message.contains("schedules.rs"), "{message}");
    let runs = Cell::new(0);
    let longer = catch_unwind(AssertUnwindSafe(|| {
        paused(Schedule::Fifo).check_determinism(async || {
            runs.set(runs.get() + 1);
            for _ in 0..runs.get() {
                yield_now().await;
            }
        });
    }));
    let message = *longer.expect_err("the second run begins like the first").downcast::<String>().expect("text");
    assert!(message.contains("nothing, it had ended in the first, task 1 "), "{message}");
    let strayed = catch_unwind(AssertUnwindSafe(|| {
        let runs = Cell::new(0);
        paused(Schedule::Exhaustive { max: 100 }).explore(async || {
            runs.set(runs.get() + 1);
            drop(join_all((0..2 + runs.get()).map(|_| spawn(yield_now()))).await);
        });
    }));
    let message = *strayed.expect_err("each run has a task more").downcast::<String>().expect("text");
    assert!(message.contains("this body does something else each time"), "{message}");
}

/// A run that ends before the choices do that led to it was not the same run.
pub(crate) fn shorter() {
    let runs = Cell::new(0);
    let shorter = catch_unwind(AssertUnwindSafe(|| {
        paused(Schedule::Exhaustive { max: 100 }).explore(async || {
            runs.set(runs.get() + 1);
            if runs.get() == 1 {
                drop(join_all([spawn(yield_now()), spawn(yield_now())]).await);
            }
        });
    }));
    let message = *shorter.expect_err("the second run has no tasks").downcast::<String>().expect("text");
    assert!(message.contains("this body does something else each time"), "{message}");
}

/// Children that yield so often each: the orders in which they write, put together without a runtime.
fn interleavings(left: &[(char, usize)], written: &str, all: &mut BTreeSet<String>) {
    if left.is_empty() {
        all.insert(written.to_owned());
        return;
    }
    // In each lap all that are left write, in any order; who has no yield left is gone then.
    let mut laps = vec![String::new()];
    for (letter, _) in left {
        let put = |lap: &String| (0..=lap.len()).map(|at| format!("{}{letter}{}", &lap[..at], &lap[at..])).collect();
        laps = laps.iter().flat_map(|lap| -> Vec<String> { put(lap) }).collect();
    }
    let staying: Vec<_> =
        left.iter().filter(|(_, yields)| 0 < *yields).map(|(who, yields)| (*who, yields - 1)).collect();
    laps.iter().for_each(|lap| interleavings(&staying, &format!("{written}{lap}"), all));
}

/// No order is left out and none is run twice, be they tasks or the children of a group.
pub(crate) fn each_order_once() {
    for (yields, as_tasks) in [([0, 1, 2], false), ([1, 1, 1], false), ([0, 1, 2], true), ([2, 0, 2], true)] {
        let children: Vec<_> = ('a'..).zip(yields).collect();
        let mut wanted = BTreeSet::new();
        interleavings(&children, "", &mut wanted);
        let mut found = Vec::new();
        let runs = paused(Schedule::Exhaustive { max: 10_000 }).explore(async || {
            let written = Rc::new(RefCell::new(String::new()));
            let writing = children.iter().map(|(letter, yields)| {
                let (written, letter, yields) = (Rc::clone(&written), *letter, *yields);
                async move {
                    written.borrow_mut().push(letter);
                    for _ in 0..yields {
                        yield_now().await;
                        written.borrow_mut().push(letter);
                    }
                }
            });
            if as_tasks {
                // They are polled when the root is not, so that it adds nothing to choose from.
                let tasks: Vec<_> = writing.map(spawn).collect();
                sleep(Duration::from_secs(1)).await;
                drop(tasks);
            } else {
                join_all(writing).await;
            }
            found.push(written.take());
        });
        assert_eq!((runs, found.len()), (wanted.len(), wanted.len()), "{yields:?}");
        assert_eq!(BTreeSet::from_iter(found), wanted);
    }
}

/// What a lap of a group left over comes before those who were woken since.
pub(crate) fn groups_keep_their_laps() {
    let found = RefCell::new(BTreeSet::new());
    paused(Schedule::Exhaustive { max: 10_000 }).explore(async || {
        let written = RefCell::new(String::new());
        let mut group = Group::new();
        for (first, then) in [('B', Some('b')), ('A', None), ('C', Some('c'))] {
            let written = &written;
            group.insert(async move {
                written.borrow_mut().push(first);
                if let Some(then) = then {
                    yield_now().await;
                    written.borrow_mut().push(then);
                }
            });
        }
        while group.join_next().await.is_some() {
            yield_now().await; // the lap is over, and those behind the one that ended have not run
        }
        drop(group);
        found.borrow_mut().insert(written.take());
    });
    let found = found.take();
    let laps: BTreeSet<(&str, &str)> = found.iter().map(|order| order.split_at(3)).collect();
    let (first, second): (BTreeSet<&str>, BTreeSet<&str>) = laps.into_iter().unzip();
    assert_eq!(first, BTreeSet::from(["ABC", "ACB", "BAC", "BCA", "CAB", "CBA"]), "{found:?}");
    assert_eq!(second, BTreeSet::from(["bc", "cb"]), "{found:?}");
}

/// Children that come in the middle of a lap, as those of a scope do, have their first turn in any order, too.
pub(crate) fn scopes_begin_in_any_order() {
    let found = RefCell::new(BTreeSet::new());
    let runs = paused(Schedule::Exhaustive { max: 100 }).explore(async || {
        let written = RefCell::new(String::new());
        scope(async |s| {
            ['a', 'b', 'c'].map(|letter| {
                drop(s.spawn({
                    let written = &written;
                    async move { written.borrow_mut().push(letter) }
                }))
            })
        })
        .await;
        found.borrow_mut().insert(written.take());
    });
    assert_eq!((runs, found.take().len()), (6, 6));
}
