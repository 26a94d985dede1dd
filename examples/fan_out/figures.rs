//! Turns a process into figures: its time, its threads, its memory.

use std::time::Instant;

use serde_json::Value;
use support::usage::{cpu_time, peak_memory_kb};

use crate::ways::Way;

/// What a way of making calls came to. `None` is what this system does not tell.
pub(crate) struct Figures {
    pub(crate) way: Way,
    pub(crate) requests: u64,
    pub(crate) ok: u64,
    pub(crate) failed: u64,
    pub(crate) bytes: u64,
    pub(crate) wall_ms: f64,
    pub(crate) cpu_ms: f64,
    pub(crate) max_in_flight: Option<u64>,
    pub(crate) connections: Option<u64>,
    pub(crate) peak_rss_kb: Option<u64>,
    pub(crate) os_threads: Option<u64>,
}

impl Figures {
    /// The figures of this process, at the end of its work.
    pub(crate) fn of_this_process(way: Way, begun: Instant, os_threads: Option<u64>) -> Self {
        Self {
            way,
            requests: 0,
            ok: 0,
            failed: 0,
            bytes: 0,
            wall_ms: begun.elapsed().as_secs_f64() * 1e3,
            cpu_ms: cpu_time().as_secs_f64() * 1e3,
            max_in_flight: None,
            connections: None,
            peak_rss_kb: peak_memory_kb(),
            os_threads,
        }
    }

    /// One JSON object.
    pub(crate) fn to_json(&self) -> String {
        let known = |figure: Option<u64>| figure.map_or_else(|| "null".into(), |figure| figure.to_string());
        format!(
            r#"{{"way":"{}","requests":{},"ok":{},"failed":{},"bytes":{},"wall_ms":{:.3},"cpu_ms":{:.3},"max_in_flight":{},"connections":{},"peak_rss_kb":{},"os_threads":{}}}"#,
            self.way.name(),
            self.requests,
            self.ok,
            self.failed,
            self.bytes,
            self.wall_ms,
            self.cpu_ms,
            known(self.max_in_flight),
            known(self.connections),
            known(self.peak_rss_kb),
            known(self.os_threads),
        )
    }

    /// What another process wrote with `to_json`.
    pub(crate) fn from_json(text: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(text).ok()?;
        let count = |name: &str| value[name].as_u64();
        Some(Self {
            way: Way::named(value["way"].as_str()?).ok()?,
            requests: count("requests")?,
            ok: count("ok")?,
            failed: count("failed")?,
            bytes: count("bytes")?,
            wall_ms: value["wall_ms"].as_f64()?,
            cpu_ms: value["cpu_ms"].as_f64()?,
            max_in_flight: count("max_in_flight"),
            connections: count("connections"),
            peak_rss_kb: count("peak_rss_kb"),
            os_threads: count("os_threads"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Figures, Instant, Way};
    use support::usage::os_threads;

    #[test]
    fn figures_survive_the_way_between_two_processes() {
        let figures = Figures { ok: 7, ..Figures::of_this_process(Way::Loop, Instant::now(), os_threads()) };
        let text = figures.to_json();
        assert_eq!(Figures::from_json(text.as_bytes()).expect("what was written").to_json(), text);
        assert!(Figures::from_json(b"{}").is_none());
    }
}
