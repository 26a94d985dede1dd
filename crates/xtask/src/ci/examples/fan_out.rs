//! Turns the promises of the main example into checks of what it prints and writes.

use super::pages;
use super::{Finished, Run};

use serde_json::Value;

pub(super) const RUNS: &[Run] = &[
    Run { arguments: &[], input: no_input, check: table },
    Run { arguments: &["--json"], input: no_input, check: three_ways },
    Run { arguments: &["--urls", "-", "--out", "-"], input: list, check: records },
    Run { arguments: &["--no-such-option"], input: no_input, check: usage },
];

fn no_input() -> Result<String, String> {
    Ok(String::new())
}

fn table(finished: &Finished) -> Result<(), String> {
    ended_with(finished, 0)?;
    let words = ["sequential", "threads", "loop"];
    let missing = words.iter().find(|word| !finished.stdout.contains(*word));
    if let Some(word) = missing {
        return Err(format!("the table has no row for `{word}`"));
    }
    let sentence = finished.stdout.lines().any(|line| line.starts_with("50 calls of 100 ms each took "));
    sentence.then_some(()).ok_or_else(|| "no sentence says what the table shows".into())
}

/// What is told of each way; `null` where the system does not know it.
const FIELDS: &[&str] = &[
    "way",
    "requests",
    "ok",
    "failed",
    "bytes",
    "wall_ms",
    "cpu_ms",
    "max_in_flight",
    "connections",
    "peak_rss_kb",
    "os_threads",
];

/// Fifty calls each way, and on the loop in about the time of one, on one thread.
fn three_ways(finished: &Finished) -> Result<(), String> {
    ended_with(finished, 0)?;
    let summary: Value = serde_json::from_str(&finished.stdout).map_err(|error| format!("no JSON: {error}"))?;
    let way = |name: &str| {
        let ways = summary["ways"].as_array().into_iter().flatten();
        ways.into_iter().find(|way| way["way"] == name).cloned().ok_or_else(|| format!("no way `{name}`"))
    };
    let (sequential, threads, looped) = (way("sequential")?, way("threads")?, way("loop")?);
    for way in [&sequential, &threads, &looped] {
        let missing = FIELDS.iter().find(|field| way.get(**field).is_none());
        expect(missing.is_none(), &format!("every field is told, also {missing:?}"), way)?;
        expect(way["requests"] == 50 && way["ok"] == 50 && way["failed"] == 0, "50 calls, all well", way)?;
    }
    let wall = |way: &Value| way["wall_ms"].as_f64().unwrap_or(f64::NAN);
    expect(looped["os_threads"] == 1, "the loop has one thread", &looped)?;
    expect(looped["max_in_flight"] == 50, "all 50 are in flight at once on the loop", &looped)?;
    expect(sequential["max_in_flight"] == 1, "one after another means one in flight", &sequential)?;
    expect(wall(&looped) * 10.0 < wall(&sequential), "the loop needs a tenth of the time at most", &looped)
}

/// Six lines that count, of which four are fetched well.
fn list() -> Result<String, String> {
    let addr = pages::serve().map_err(|error| error.to_string())?;
    let page = |target: &str| format!("http://{addr}/{target}");
    let lines = [
        "# a comment",
        &page("pages/1"),
        &page("pages/100000"),
        "",
        "no url",
        &page("pages/3"),
        &page("attic"),
        &page("pages/3"),
    ];
    Ok(lines.join("\n"))
}

/// One record for each line that counts, under the line's own number.
fn records(finished: &Finished) -> Result<(), String> {
    ended_with(finished, 1)?;
    let parsed: Result<Vec<Value>, _> = finished.stdout.lines().map(serde_json::from_str).collect();
    let mut records = parsed.map_err(|error| format!("a record is no JSON: {error}"))?;
    records.sort_by_key(|record| record["line"].as_u64());
    let told: Vec<_> = records.iter().map(|record| (&record["line"], &record["status"], &record["bytes"])).collect();
    let numbers: Vec<Option<u64>> = told.iter().map(|(line, ..)| line.as_u64()).collect();
    let all = Value::from(records.clone());
    expect(numbers == [2, 3, 5, 6, 7, 8].map(Some), "each line that counts gives one record", &all)?;
    let sizes: Vec<_> =
        told.iter().filter(|(_, status, _)| **status == 200).filter_map(|(.., bytes)| bytes.as_u64()).collect();
    expect(sizes == [1, 100_000, 3, 3], "the pages come whole", &all)?;
    expect(records[2]["error"] == "BadUrl" && records[2]["status"].is_null(), "a bad line is a BadUrl record", &all)?;
    expect(records[4]["status"] == 404, "a missing page is a record of its status", &all)
}

fn usage(finished: &Finished) -> Result<(), String> {
    ended_with(finished, 2)
}

fn ended_with(finished: &Finished, code: i32) -> Result<(), String> {
    let ended = finished.code;
    (ended == Some(code)).then_some(()).ok_or_else(|| format!("exit code {ended:?}, {code} expected"))
}

fn expect(holds: bool, what: &str, found: &Value) -> Result<(), String> {
    holds.then_some(()).ok_or_else(|| format!("{what}, but: {found}"))
}

#[cfg(test)]
mod tests {
    use super::{Finished, records, three_ways};

    fn finished(stdout: String, code: i32) -> Finished {
        Finished { stdout, stderr: String::new(), code: Some(code) }
    }

    fn ways(loop_ms: u32, loop_threads: u32) -> String {
        let way = |name: &str, wall: u32, threads: u32, most: u32| {
            format!(
                r#"{{"way":"{name}","requests":50,"ok":50,"failed":0,"bytes":1100,"wall_ms":{wall},"cpu_ms":5.1,"max_in_flight":{most},"connections":50,"peak_rss_kb":4000,"os_threads":{threads}}}"#
            )
        };
        let ways = [way("sequential", 5100, 1, 1), way("threads", 120, 51, 50), way("loop", loop_ms, loop_threads, 50)];
        format!(r#"{{"ways":[{}]}}"#, ways.join(","))
    }

    #[test]
    fn a_loop_that_is_slow_or_has_threads_is_found() {
        assert_eq!(three_ways(&finished(ways(110, 1), 0)), Ok(()));
        assert!(three_ways(&finished(ways(600, 1), 0)).is_err());
        assert!(three_ways(&finished(ways(110, 2), 0)).is_err());
        assert!(three_ways(&finished(ways(110, 1), 1)).is_err());
        assert!(three_ways(&finished(ways(110, 1).replace("cpu_ms", "cpu"), 0)).is_err());
    }

    #[test]
    fn a_line_without_its_record_is_found() {
        let record = |line: u32, status: &str, bytes: u32, error: &str| {
            format!(r#"{{"line":{line},"status":{status},"bytes":{bytes},"error":{error}}}"#)
        };
        let mut lines = vec![
            record(8, "200", 3, "null"),
            record(2, "200", 1, "null"),
            record(3, "200", 100_000, "null"),
            record(5, "null", 0, "\"BadUrl\""),
            record(6, "200", 3, "null"),
            record(7, "404", 0, "null"),
        ];
        assert_eq!(records(&finished(lines.join("\n"), 1)), Ok(()));
        lines.pop();
        assert!(records(&finished(lines.join("\n"), 1)).is_err());
    }
}
