//! Turns the files of figures into README's tables, so that no number in them is typed by hand.

use super::clients;
use super::results::FOLDER;
use super::rows::{OURS, ROWS, Row};
use crate::marked::Section;

use serde_json::Value;
use std::fs;

const PAGE: &str = "README.md";
const SECTION: Section =
    Section { page: PAGE, begin: "<!-- figures: written by `cargo xtask bench` -->", end: "<!-- /figures -->" };

/// Writes the tables of the files that are there into README.
pub(super) fn write() -> Result<(), String> {
    let page = fs::read_to_string(PAGE).map_err(|error| format!("cannot read {PAGE}: {error}"))?;
    let page = renewed(&page, |path| fs::read_to_string(path).ok())?;
    fs::write(PAGE, page).map_err(|error| format!("cannot write {PAGE}: {error}"))
}

/// Whether README shows what the files hold; the error says what to do.
pub(crate) fn check(readme: &str, file: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    match renewed(readme, file)? == readme {
        true => Ok(()),
        false => Err(format!("its tables are not those of {FOLDER}: `cargo xtask bench --table` writes them anew")),
    }
}

fn renewed(page: &str, file: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut table =
        String::from("| one operation | ours | tokio | ratio (quartiles) | to reach |\n|---|---|---|---|---|\n");
    // What recording costs stands in the page about measuring.
    for row in ROWS.iter().filter(|row| row.judged() == OURS) {
        let text = file(&format!("{FOLDER}/{}.json", row.name));
        if let Some(figures) = text.and_then(|text| serde_json::from_str(&text).ok()) {
            table.push_str(&line(row, &figures));
        }
    }
    clients::SECTION.renewed(&SECTION.renewed(page, &table)?, &clients::table(file))
}

fn line(row: &Row, figures: &Value) -> String {
    let of = |name: &str| figures["peers"].as_array().and_then(|all| all.iter().find(|peer| peer["peer"] == name));
    let time =
        |name: &str| of(name).map_or(String::new(), |peer| super::table::time(number(&peer["cpu_ns"]["median"])));
    let base = match row.base() {
        "tokio" => time("tokio"),
        other => format!("{} ({other} on it)", time(other)),
    };
    let ratio = of(OURS).map_or(&Value::Null, |peer| &peer["ratio"]);
    let goals = figures["to_reach"].as_array().map_or(&[][..], Vec::as_slice).iter().map(goal).collect::<Vec<_>>();
    format!(
        "| {} | {} | {} | {:.2} ({:.2} to {:.2}) | {} |\n",
        row.what,
        time(OURS),
        base,
        number(&ratio["median"]),
        number(&ratio["low"]),
        number(&ratio["high"]),
        goals.join("; ")
    )
}

fn goal(goal: &Value) -> String {
    let verdict = if goal["reached"] == true { "reached" } else { "missed" };
    match goal["beside"].as_str() {
        Some("tokio") | None => format!("{}: {verdict}", goal["ratio"]),
        Some(peer) => format!("{} of {peer}: {verdict} with {:.2}", goal["ratio"], number(&goal["measured"]["median"])),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_not_that_of_the_files_is_found() {
        let file = |path: &str| {
            let text = r#"{"peers": [{"peer": "wheelwright", "cpu_ns": {"median": 5.0}, "ratio": {"median": 0.5, "low": 0.4, "high": 0.6}}]}"#;
            path.ends_with("/yield.json").then(|| text.to_owned())
        };
        let marks = [SECTION.begin, SECTION.end, clients::SECTION.begin, clients::SECTION.end];
        let page = renewed(&format!("# Front\n{}\nmore\n", marks.join("\n")), file).expect("the markers are there");
        assert!(page.contains("one task | 5.0 ns |  | 0.50 (0.40 to 0.60) |"), "{page}");
        assert_eq!(check(&page, file), Ok(()));
        assert!(check(&page.replace("0.50", "0.40"), file).is_err());
        assert!(check("# Front\n", file).is_err());
    }
}
