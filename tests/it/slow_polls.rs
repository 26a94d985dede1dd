//! Turns polls that keep the loop too long into reports, and trouble into a call of the flight recorder.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use wheelwright::record::{self, Event, Kind, Trouble};
use wheelwright::slow::{self, Report, Why};
use wheelwright::{Runtime, spawn, spawn_named, time, yield_now};

const THRESHOLD: Duration = Duration::from_millis(20);

type Heard = Rc<RefCell<Vec<Report>>>;

/// A runtime that looks for slow polls, and what it finds; but for quick polls that a busy machine keeps from running.
fn watching() -> (Runtime, Heard) {
    let heard = Heard::default();
    let runtime = Runtime::builder().slow_poll(THRESHOLD).build().expect("a runtime");
    let listener = Rc::clone(&heard);
    slow::listen(move |report| {
        if report.why() != Why::TakenOff {
            listener.borrow_mut().push(report.clone());
        }
    });
    (runtime, heard)
}

/// For so long that waiting for the CPU is little beside it.
fn block() {
    thread::sleep(5 * THRESHOLD);
}

#[test]
fn a_slow_poll_is_told_with_the_lines_before_and_after_it() {
    let (runtime, heard) = watching();
    runtime.block_on(async {
        let task = spawn_named("feed", async {
            yield_now().await;
            block();
            time::sleep(Duration::from_millis(1)).await;
        });
        task.await.expect("it ends");
    });
    let heard = heard.borrow();
    let [report] = heard.as_slice() else { panic!("one poll was slow: {heard:?}") };
    assert_eq!((report.name(), report.polls(), report.task()), (Some("feed"), 1, 2));
    assert!(5 * THRESHOLD <= report.took());
    let [spawned, from, to] =
        [report.spawned_at(), report.from(), report.to()].map(|line| line.expect("it is known").line());
    assert_eq!((from, to), (spawned + 1, spawned + 3));
    let text = report.to_string();
    assert!(text.starts_with("wheelwright: slow poll: task 2 'feed' held the loop for "), "{text}");
    assert!(
        text.contains("(its turn) and got to ") && text.contains("(timer): what took so long is between"),
        "{text}"
    );
}

#[test]
fn a_poll_that_is_the_first_or_the_last_of_its_task_says_so() {
    let (runtime, heard) = watching();
    runtime.block_on(async {
        spawn(async {
            block();
            yield_now().await;
            block();
        })
        .await
        .expect("it ends");
        block(); // the root's last
    });
    let texts: Vec<String> = heard.borrow().iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 3);
    assert!(texts[0].contains("    it began and got to "), "{texts:?}");
    assert!(texts[1].contains("(its turn) and ended"), "{texts:?}");
    assert!(texts[2].contains("task 1 ") && texts[2].contains("(join of task 2) and ended"), "{texts:?}");
}

#[test]
fn a_poll_that_slept_and_one_that_computed_are_told_apart() {
    let (runtime, heard) = watching();
    let all = Rc::clone(&heard);
    slow::listen(move |report| all.borrow_mut().push(report.clone()));
    runtime.block_on(async {
        spawn(async { block() }).await.expect("it ends");
        let begun = Instant::now();
        while begun.elapsed() < 5 * THRESHOLD {}
    });
    let why: Vec<Why> = heard.borrow().iter().map(Report::why).collect();
    if std::path::Path::new("/proc/thread-self/schedstat").exists() {
        assert_eq!(why[0], Why::Blocked);
        // It does not sleep; on a busy machine others take the CPU from it.
        assert!(matches!(why[why.len() - 1], Why::BurnedCpu | Why::TakenOff), "{why:?}");
    }
    assert!(2 <= why.len());
}

#[test]
fn a_lap_of_many_short_polls_is_told_as_one_when_it_is_over() {
    let (runtime, heard) = watching();
    let all = Rc::clone(&heard);
    slow::listen(move |report| all.borrow_mut().push(report.clone()));
    let in_time = runtime.block_on(async {
        let tasks: Vec<_> = (0..6).map(|_| spawn(async { thread::sleep(THRESHOLD / 4) })).collect();
        // The next lap comes with the timer.
        time::sleep(Duration::from_millis(1)).await;
        assert!(tasks.iter().all(wheelwright::JoinHandle::is_finished));
        heard.borrow().len()
    });
    let heard = heard.borrow();
    // On a busy machine one of the six may be slow by itself; then the others are still a slow lap, or short of it.
    if heard.iter().all(|report| report.polls() != 1) {
        let [report] = heard.as_slice() else { panic!("the lap was slow: {heard:?}") };
        assert!(THRESHOLD <= report.took() && 6 <= report.polls() && report.longest() < THRESHOLD);
        assert!(report.to_string().starts_with("wheelwright: slow lap: "), "{report}");
        assert_eq!(in_time, 1);
    }
}

#[test]
fn without_a_threshold_nobody_hears_of_anything() {
    let runtime = Runtime::builder().build().expect("a runtime");
    slow::listen(|report| panic!("nobody asked: {report}"));
    runtime.block_on(async { block() });
    drop(runtime);
    let runtime = Runtime::builder().slow_poll(Duration::from_secs(600)).build().expect("a runtime");
    slow::listen(|report| panic!("it was quick: {report}"));
    runtime.block_on(async { block() });
}

#[test]
fn a_listener_that_panics_is_called_no_more_and_takes_nobody_along() {
    let runtime = Runtime::builder().slow_poll(THRESHOLD).build().expect("a runtime");
    let calls = Rc::new(Cell::new(0));
    let counter = Rc::clone(&calls);
    slow::listen(move |_| {
        counter.set(counter.get() + 1);
        panic!("planned");
    });
    runtime.block_on(async {
        for _ in 0..3 {
            block();
            yield_now().await;
        }
    });
    assert_eq!(calls.get(), 1);
}

#[test]
fn a_listener_may_use_the_loop_and_leave_its_place_to_another() {
    let (runtime, heard) = watching();
    let later = Rc::clone(&heard);
    slow::listen(move |_| {
        drop(spawn(async {}));
        drop(record::state());
        let later = Rc::clone(&later);
        slow::listen(move |report| later.borrow_mut().push(report.clone()));
    });
    runtime.block_on(async {
        for _ in 0..3 {
            block();
            yield_now().await;
        }
    });
    assert!(2 <= heard.borrow().len());
}

#[test]
fn a_slow_poll_is_an_event_of_the_recording() {
    let runtime = Runtime::builder().slow_poll(THRESHOLD).recorded(1000).build().expect("a runtime");
    runtime.block_on(async { spawn(async { block() }).await.expect("it ends") });
    drop(runtime);
    let recording = record::take().expect("it was recorded");
    let is_it = |event: &Event| event.kind == Kind::Slow && event.flags != Why::TakenOff as u8;
    let slow: Vec<usize> = (0..recording.events().len()).filter(|at| is_it(&recording.events()[*at])).collect();
    let [at] = slow.as_slice() else { panic!("one poll was slow") };
    let event = recording.events()[*at];
    assert!(5 * THRESHOLD <= Duration::from_nanos(event.a));
    assert_eq!((event.task, event.b, recording.state_after(*at).running), (2, 1, Some(2)));
    assert_eq!(recording.state_after(*at), recording.state_after(*at + 1), "it changes nothing of the loop");
}

/// A flight recorder that notes what happened, and how many events it was given.
fn flying() -> Rc<RefCell<Vec<(String, usize)>>> {
    let flown = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&flown);
    record::flight_recorder(move |trouble: Trouble, recording| {
        let text = trouble.to_string();
        noted.borrow_mut().push((text.lines().next().unwrap_or_default().to_owned(), recording.events().len()));
    });
    flown
}

#[test]
fn the_flight_recorder_is_given_the_run_in_trouble() {
    let runtime = Runtime::builder().slow_poll(THRESHOLD).build().expect("a runtime");
    let flown = flying();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            record::deliver();
            for _ in 0..3 {
                block(); // of one cause but for the first, so told of twice
                yield_now().await;
            }
            panic!("planned");
        });
    }));
    assert!(ended.is_err());
    let flown = flown.borrow();
    let told = flown.iter().map(|(text, _)| text.as_str()).filter(|text| !text.ends_with(&Why::TakenOff.to_string()));
    let told: Vec<&str> = told.collect();
    let [asked, first, second, panic] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((*asked, *panic), ("the program asked for it", "a panic came out of block_on"));
    assert!([first, second].iter().all(|text| text.starts_with("wheelwright: slow poll: task 1 ")), "{told:?}");
    assert!(flown.is_sorted_by_key(|(_, events)| events) && 2 < flown[0].1, "{flown:?}");
    // It can be used again.
    runtime.block_on(async {});
}

#[test]
fn a_flight_recorder_that_panics_while_a_panic_is_under_way_takes_nobody_along() {
    let runtime = Runtime::builder().build().expect("a runtime");
    let calls = Rc::new(Cell::new(0));
    let counter = Rc::clone(&calls);
    record::flight_recorder(move |_, recording| {
        // Nothing is borrowed: the loop can be asked.
        drop(record::state());
        drop(recording);
        record::deliver();
        counter.set(counter.get() + 1);
        panic!("planned");
    });
    for _ in 0..2 {
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { panic!("the first") })));
        assert_eq!(*ended.expect_err("it panics").downcast::<&str>().expect("text"), "the first");
    }
    assert_eq!(calls.get(), 1);
}

#[test]
fn a_recording_that_nobody_has_taken_does_not_grow_while_a_later_runtime_is_watched() {
    let runtime = Runtime::builder().recorded(1000).build().expect("a runtime");
    runtime.block_on(async { yield_now().await });
    let events = record::snapshot().expect("it was recorded").events().len();
    drop(runtime);
    let ended = record::snapshot().expect("it is kept").events().len();
    assert!(events <= ended);
    Runtime::builder().slow_poll(THRESHOLD).build().expect("a runtime").block_on(async { yield_now().await });
    assert_eq!(record::take().expect("it is kept").events().len(), ended);
}
