//! Turns Ctrl-C, broken pipes and outputs that cannot be had into ends that say what happened.

use crate::program::{Run, fetch};
use crate::server::Server;

const TO_STDOUT: [&str; 4] = ["--urls", "-", "--out", "-"];

#[test]
fn after_ctrl_c_calls_in_flight_finish_and_every_line_has_its_record() {
    let server = Server::start();
    let mut run = Run::start(&[&TO_STDOUT[..], &["--concurrency", "5"]].concat(), &server.list("slow/100", 200));
    let first: Vec<_> = (0..10).map(|_| run.record()).collect();
    run.press_ctrl_c();
    let finished = run.finish();
    let records = [first, finished.records()].concat();
    let cancelled = records.iter().filter(|record| record["error"] == "Cancelled");
    let (cancelled, calls) = (cancelled.count(), server.heads().len());
    assert_eq!((finished.code, records.len()), (Some(130), 200));
    assert_eq!(cancelled + calls, 200, "what was started was finished");
    assert!(0 < cancelled && finished.stderr.contains(&format!("{cancelled} of 200 lines were left out")));
    let mut lines: Vec<_> = records.iter().map(|record| record["line"].as_u64()).collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 200);
}

#[test]
fn calls_that_do_not_end_within_the_grace_are_cancelled() {
    let server = Server::start();
    let list = server.list("page/1", 1) + &server.list("silent", 3);
    let mut run = Run::start(&[&TO_STDOUT[..], &["--concurrency", "2"]].concat(), &list);
    assert_eq!(run.record()["line"], 1);
    run.press_ctrl_c();
    let finished = run.finish();
    assert_eq!(finished.code, Some(130));
    assert_eq!(finished.records().iter().filter(|record| record["error"] == "Cancelled").count(), 3);
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let server = Server::start();
    let list = server.list("page/1", 1) + &server.list("silent", 3);
    let mut run = Run::start(&TO_STDOUT, &list);
    assert_eq!(run.record()["line"], 1);
    run.press_ctrl_c();
    run.wait_until_it_says_that_it_stops();
    run.press_ctrl_c();
    let finished = run.finish();
    assert_eq!(finished.code, Some(130));
    assert_eq!(finished.stdout, "", "the calls in flight were not waited for");
}

#[test]
fn an_output_that_cannot_be_had_ends_it_before_the_first_call() {
    let server = Server::start();
    let list = server.list("page/1", 1);
    for (option, path) in [("--out", "/no/such/folder/records"), ("--body", "/dev/null/bodies")] {
        let finished = Run::start(&["--urls", "-", option, path], &list).finish();
        assert_eq!(finished.code, Some(2));
        assert!(finished.stderr.contains(path), "{}", finished.stderr);
    }
    let finished = Run::start(&["--urls", "/no/such/list"], "").finish();
    assert_eq!((finished.code, server.heads().len()), (Some(2), 0));
}

#[test]
fn a_reader_that_goes_away_ends_it_with_a_word() {
    let server = Server::start();
    let mut run = Run::start(&TO_STDOUT, &server.list("slow/20", 500));
    run.record();
    let finished = run.stop_reading();
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("cannot be written") && !finished.stderr.contains("panicked"),
        "{}",
        finished.stderr
    );
    assert!(server.heads().len() < 500, "there is no sense in going on");
}

#[test]
fn wrong_usage_is_code_2() {
    for wrong in [&["--concurrency", "0"][..], &["--timeout", "5"], &["--rate", "-1"], &["--no-such-option"]] {
        assert_eq!(fetch(wrong, "").code, Some(2), "{wrong:?}");
    }
}
