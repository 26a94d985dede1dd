//! Turns random runs into pages, and asks node whether the viewer rebuilds what the recorder knows, at random events.

#[path = "../../../tests/it/recordings/wander.rs"]
mod wander; // a seed -> a run to be rebuilt

use std::panic::Location;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use wheelwright::record::{self, Recording, State};
use wheelwright::{Runtime, spawn, spawn_named, yield_now};
use wheelwright_timeline::Timeline;

fn run(seed: u64, capacity: usize) -> Recording {
    wander::run(seed, capacity, Rc::new(|| ()))
}

fn shown(recording: &Recording, state: &State, after: usize) -> Value {
    // The page names a file without the way from here to it.
    let file = |line: &Location<'_>| line.file().replace("crates/wheelwright-timeline/tests/../../../", "");
    let at = |place| recording.line(place).map(|line| format!("{}:{}", file(line), line.line()));
    let tasks = state.tasks.iter().map(|(id, task)| {
        let wait = task.wait.map(|wait| json!([wait.on, wait.resource, wait.further, at(wait.place())]));
        json!([id, task.slot, task.parent, task.is_root, at(task.place()), wait])
    });
    let sources = state.sources.iter().map(|(number, source)| json!([number, source.fd, source.ready]));
    json!({
        "after": after,
        "lap": state.lap,
        "running": state.running,
        "ready": state.tasks_of(&state.ready),
        "batch": state.tasks_of(&state.batch),
        "tasks": tasks.collect::<Vec<_>>(),
        "timers": state.timers.iter().collect::<Vec<_>>(),
        "sources": sources.collect::<Vec<_>>(),
        "jobs": state.jobs,
        "parked": state.is_parked,
    })
}

/// Whether the viewer, in node, finds the states at random events of a recording.
fn check_in_node(name: &str, recording: &Recording, rng: &mut Rng, found: &[&str]) {
    let count = recording.events().len();
    let moments = (0..20).map(|_| rng.usize(..=count)).chain([0, count]);
    let states: Vec<Value> = moments.map(|after| shown(recording, &recording.state_after(after), after)).collect();
    let page = Timeline::new(recording).html();
    let file = std::env::temp_dir().join(format!("wheelwright-rebuild-{}-{name}.json", std::process::id()));
    std::fs::write(&file, json!({ "page": page, "states": states, "found": found }).to_string())
        .expect("a temporary file");
    let viewer = concat!(env!("CARGO_MANIFEST_DIR"), "/viewer/rebuild_test.mjs");
    let output = Command::new("node").arg(viewer).arg(&file).output().expect("node can be started");
    std::fs::remove_file(&file).expect("it was written");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

fn has_node() -> bool {
    let found = Command::new("node").arg("--version").output().is_ok();
    assert!(found || std::env::var_os("WHEELWRIGHT_SKIP_NOTHING").is_none(), "node is not there");
    if !found {
        eprintln!("skipped: node is not there");
    }
    found
}

#[test]
fn the_viewer_rebuilds_what_the_recorder_knows() {
    if !has_node() {
        return;
    }
    let mut rng = Rng::with_seed(7);
    for seed in 0..12 {
        check_in_node(&format!("whole-{seed}"), &run(seed, 1 << 20), &mut rng, &[]);
        check_in_node(&format!("last-{seed}"), &run(seed, 100), &mut rng, &[]);
    }
}

#[test]
fn the_viewer_says_who_held_the_thread_and_why() {
    if !has_node() {
        return;
    }
    let blocked = Duration::from_millis(40);
    let runtime = Runtime::builder().slow_poll(blocked / 2).recorded(1 << 20).build().expect("a runtime");
    runtime.block_on(async {
        for (name, times) in [("seldom", 1), ("often", 3)] {
            let task = spawn_named(name, async move {
                for _ in 0..times {
                    yield_now().await;
                    std::thread::sleep(blocked * times);
                }
                yield_now().await; // the poll that ends it, and wakes who joins it, is none of those
            });
            task.await.expect("it ends");
        }
        let short = (0..8).map(|_| spawn(async move { std::thread::sleep(blocked / 12) }));
        for task in short.collect::<Vec<_>>() {
            task.await.expect("it ends");
        }
    });
    drop(runtime);
    let recording = record::take().expect("it was recorded");
    // Those who held it longest come first, each once.
    let told = [" ‘often’ held the thread for ", " ‘seldom’ held the thread for "];
    check_in_node("slow", &recording, &mut Rng::with_seed(1), &told);
    if std::path::Path::new("/proc/thread-self/schedstat").exists() {
        let why = [", and it was blocked in a system call: nobody else was ready. It did so 2 more times, for "];
        check_in_node("why", &recording, &mut Rng::with_seed(1), &why);
    }
}

#[test]
fn equal_runs_give_equal_pages() {
    for seed in 0..8 {
        let (one, other) = (run(seed, 1 << 20), run(seed, 1 << 20));
        assert_eq!(Timeline::new(&one).html(), Timeline::new(&other).html());
        assert_eq!(Timeline::new(&one).svg(), Timeline::new(&other).svg());
        assert_eq!(Timeline::new(&one).chrome_json(), Timeline::new(&other).chrome_json());
    }
}

/// What other people's viewers stumbled over: two threads of one number, and slices that overlap.
#[test]
fn in_the_trace_format_no_two_threads_have_one_number_and_slices_follow_each_other() {
    for seed in 0..8 {
        let trace: Value = serde_json::from_str(&Timeline::new(&run(seed, 1 << 20)).chrome_json()).expect("it is JSON");
        let events = trace["traceEvents"].as_array().expect("there are events");
        let of = |phase: &'static str| events.iter().filter(move |event| event["ph"] == phase);
        let mut named: Vec<_> =
            of("M").filter(|event| event["name"] == "thread_name").map(|event| &event["tid"]).collect();
        let (all, number) = (named.len(), named[0].as_u64());
        assert!(number != Some(0) && number == events[0]["pid"].as_u64(), "the loop is its process's main thread");
        named.sort_by_key(|thread| thread.as_u64());
        named.dedup();
        assert_eq!(named.len(), all, "seed {seed}: two threads have one number");
        for thread in named {
            let ends: Vec<_> = events
                .iter()
                .filter(|event| event["tid"] == *thread && (event["ph"] == "B" || event["ph"] == "E"))
                .map(|event| (event["ph"].as_str().expect("a phase"), event["ts"].as_f64().expect("a time")))
                .collect();
            assert!(ends.chunks(2).all(|slice| slice[0].0 == "B" && slice[1].0 == "E"), "seed {seed}: {thread}");
            assert!(ends.is_sorted_by_key(|(_, time)| *time), "seed {seed}: {thread}");
            for flow in events.iter().filter(|event| event["cat"] == "wake" && event["tid"] == *thread) {
                let at = flow["ts"].as_f64().expect("a time");
                let is_within = ends.chunks(2).any(|slice| slice[0].1 <= at && at <= slice[1].1);
                assert!(is_within, "seed {seed}: no slice has the end of {flow}");
            }
        }
        let ids = |phase| of(phase).map(|flow| flow["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids("s"), ids("f"), "seed {seed}");
        assert!(!ids("s").is_empty() || seed != 0, "the run has wakes");
    }
}

#[test]
fn a_page_asks_nobody_for_anything() {
    let page = Timeline::new(&run(1, 1 << 20)).titled("a </title> & more").html();
    let outside = ["src=", "href=", "url(", "import(", "fetch(", "XMLHttpRequest"];
    let found: Vec<&&str> = outside.iter().filter(|word| page.contains(**word)).collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(page.contains("a &lt;/title&gt; &amp; more") && !page.contains("{{"));
}

#[test]
fn the_viewer_is_small() {
    let run = run(1, 2);
    let timeline = Timeline::new(&run);
    let page = timeline.html();
    let between = |begin: &str, end: &str| {
        let rest = page.split_once(begin).expect("the page has its data").1;
        rest.split_once(end).expect("the data has an end").0.len()
    };
    let data = between("id=\"head\">", "</script>")
        + between("id=\"events\">", "</script>")
        + between("id=\"table\">", "</tbody>")
        + timeline.svg().len();
    assert!(page.len() - data <= 60_000, "{} bytes without its data", page.len() - data);
}
