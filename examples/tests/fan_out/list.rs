//! Turns lists into records: one for each line that asks for something, and a summary of them.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Folder, Run, fetch, records};
use crate::server::{Server, body};

#[test]
fn every_line_that_asks_for_something_gives_one_record() {
    let server = Server::start();
    let url = |path| server.url(path);
    let list = ["# a comment", &url("page/5"), "", "no url", &url("status/404"), "  ", &url("page/5"), "ftp://a/"];
    let finished = fetch(&[], &list.join("\r\n"));
    let mut records = finished.records();
    records.sort_by_key(|record| record["line"].as_u64());
    let told = |name: &str| records.iter().map(|record| record[name].clone()).collect::<Vec<Value>>();
    assert_eq!(told("line"), [2, 4, 5, 7, 8]);
    assert_eq!(told("status"), [json!(200), json!(null), json!(404), json!(200), json!(null)]);
    assert_eq!(told("error"), [json!(null), json!("BadUrl"), json!(null), json!(null), json!("BadUrl")]);
    assert_eq!(told("bytes"), [5, 0, 0, 5, 0]);
    assert_eq!(told("attempts"), [1, 0, 1, 1, 0]);
    assert_eq!(records[0]["url"], url("page/5"));
    assert!(records.iter().all(|record| record["ms"].is_u64()));
    assert_eq!(finished.code, Some(1), "some failed");
    assert_eq!(server.heads().len(), 3, "a URL that stands twice is fetched twice");
}

#[test]
fn a_record_is_out_before_the_next_call_ends() {
    let server = Server::start();
    let list = [server.url("held"), server.url("page/1")].join("\n");
    let mut run = Run::start(&["--urls", "-", "--out", "-"], &list);
    assert_eq!(run.record()["line"], 2);
    server.release();
    assert_eq!(run.record()["line"], 1);
    assert_eq!(run.finish().code, Some(0));
}

#[test]
fn bodies_are_saved_byte_for_byte() {
    let server = Server::start();
    let folder = Folder::new("bodies");
    let sizes = [0, 1, 65_536, 65_537, 3_000_000];
    let list: Vec<String> = sizes.iter().map(|size| server.url(&format!("page/{size}"))).collect();
    let finished = fetch(&["--body", folder.path().to_str().unwrap()], &list.join("\n"));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(folder.names(), ["1", "2", "3", "4", "5"]);
    for (line, size) in (1..).zip(sizes) {
        assert!(fs::read(folder.path().join(line.to_string())).unwrap() == body(size), "line {line}");
    }
}

#[test]
fn the_summary_goes_where_no_record_goes() {
    let server = Server::start();
    let folder = Folder::new("summary");
    let out = folder.path().join("records");
    let list = server.list("page/3", 4);
    let finished = Run::start(&["--urls", "-", "--json", "--out", out.to_str().unwrap()], &list).finish();
    summarised(&finished.stdout);
    assert_eq!(records(&fs::read_to_string(out).unwrap()).len(), 4);

    let finished = fetch(&["--json"], &list);
    summarised(&finished.stderr);
    assert_eq!(finished.records().len(), 4);
}

fn summarised(text: &str) {
    let summary: Value = serde_json::from_str(text).unwrap();
    assert_eq!((&summary["requests"], &summary["ok"], &summary["failed"]), (&json!(4), &json!(4), &json!(0)));
    assert_eq!((&summary["way"], &summary["bytes"]), (&json!("loop"), &json!(12)));
    for name in ["wall_ms", "cpu_ms", "max_in_flight", "connections", "peak_rss_kb", "os_threads"] {
        assert!(summary[name].is_number(), "{name} is {}", summary[name]);
    }
}

#[test]
fn without_files_and_names_there_is_one_thread() {
    let server = Server::start();
    let finished = Run::start(&["--urls", "-", "--json"], &server.list("slow/20", 40)).finish();
    let summary: Value = serde_json::from_str(&finished.stdout).unwrap();
    // Where the system does not tell there is nothing to compare.
    let threads = summary["os_threads"].as_u64().unwrap_or(1);
    assert_eq!((threads, finished.code), (1, Some(0)));
}

#[test]
fn an_empty_list_is_all_well() {
    let finished = fetch(&[], "# nothing\n");
    assert_eq!((finished.stdout.as_str(), finished.code), ("", Some(0)));
}
