//! Turns the files of the HTTP rows into README's table of clients: one line for each, its time, memory and counts.

use super::results::FOLDER;
use super::table::time;
use crate::marked::Section;

use serde_json::Value;

pub(super) const SECTION: Section =
    Section { page: "README.md", begin: "<!-- clients: written by `cargo xtask bench` -->", end: "<!-- /clients -->" };

const HEAD: &str = "\
| client | CPU at 20 in flight | at 1,000 | at 9,900 | memory of each in flight | heap it asked for | instructions | allocations | system calls |
|---|---|---|---|---|---|---|---|---|
";

/// The peers, and what they are.
const CLIENTS: [(&str, &str); 7] = [
    ("mio", "mio by hand"),
    ("tokio", "tokio's sockets by hand"),
    ("wheelwright", "**wheelwright-http**"),
    ("hyper", "hyper, connections by hand"),
    ("hyper-on-wheelwright", "the same on this loop"),
    ("reqwest", "reqwest"),
    ("reqwest-tasks", "reqwest, a task for each URL"),
];

/// The table; what was not measured stays empty.
pub(super) fn table(file: impl Fn(&str) -> Option<String>) -> String {
    let read = |name: &str| -> Value {
        let text = file(&format!("{FOLDER}/{name}.json"));
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    };
    let [few, many, crowd] = ["http_20", "http_1000", "http_9900"].map(read);
    let [counts, held] = ["http_20.counts", "http_9900.counts"].map(read);
    let line = |(peer, what): (&str, &str)| {
        let [few, many, crowd] = [&few, &many, &crowd].map(|figures| of(figures, peer));
        let (counts, held) = (of(&counts, peer), of(&held, peer));
        let cells = [
            what.to_owned(),
            cpu(few),
            cpu(many),
            cpu(crowd),
            cell(&crowd["in_flight_bytes"], |bytes| format!("{bytes:.0} B")),
            cell(&held["held_bytes"], |bytes| format!("{bytes:.0} B")),
            cell(&counts["instructions"], |count| format!("{count:.0}")),
            cell(&counts["allocations"], |count| format!("{count:.1}")),
            cell(&counts["system_calls"], |count| format!("{count:.2}")),
        ];
        format!("| {} |\n", cells.join(" | "))
    };
    HEAD.to_owned() + &CLIENTS.map(line).concat()
}

fn of<'f>(figures: &'f Value, name: &str) -> &'f Value {
    let peers = figures["peers"].as_array();
    peers.and_then(|peers| peers.iter().find(|peer| peer["peer"] == name)).unwrap_or(&Value::Null)
}

/// The time, and its ratio to that of tokio's sockets.
fn cpu(peer: &Value) -> String {
    let ratio = cell(&peer["ratio"]["median"], |ratio| format!(" ({ratio:.2})"));
    cell(&peer["cpu_ns"]["median"], time) + &ratio
}

fn cell(figure: &Value, shown: impl Fn(f64) -> String) -> String {
    figure.as_f64().map(shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn a_client_has_a_line_of_what_was_measured() {
        let table = table(|path| {
            let text = match path {
                "book/results/http_20.json" => {
                    r#"{"peers": [{"peer": "mio", "cpu_ns": {"median": 5400.0}, "ratio": {"median": 0.95}}]}"#
                }
                "book/results/http_20.counts.json" => {
                    r#"{"peers": [{"peer": "mio", "instructions": 1168.7, "allocations": 0.0}]}"#
                }
                _ => return None,
            };
            Some(text.to_owned())
        });
        assert!(table.contains("| mio by hand | 5.40 us (0.95) |  |  |  |  | 1169 | 0.0 |  |\n"), "{table}");
        assert!(table.contains("| reqwest |  |  |  |  |  |  |  |  |\n"), "{table}");
    }
}
