//! Turns the key of a measurement into its figure, with the unit that it was taken in.
//!
//! A key is a path through a file of `book/results`: `yield/peers/wheelwright/cpu_ns/median` is `median` of `cpu_ns` of that one
//! of `peers` which says `wheelwright` anywhere; `rows/way=loop,connections=10000/wall_ms` asks two fields of a row.

use std::path::Path;

use serde_json::Value;

use crate::directives::read;

/// The figure in words: `31 ns`, `1.4 s`, `64 MB`, `0.64`.
///
/// # Errors
/// If there is no such file, or nothing or no number at that place of it.
pub(crate) fn figure(results: &Path, key: &str) -> Result<String, String> {
    let (name, path) = key.split_once('/').ok_or_else(|| format!("`{key}` names no file and place"))?;
    let file = results.join(format!("{name}.json"));
    let text = read(&file)?;
    let root: Value =
        serde_json::from_str(&text).map_err(|error| format!("{} is not JSON: {error}", file.display()))?;
    at(&root, path).map_err(|error| format!("{name}.json: {error}"))
}

fn at(root: &Value, path: &str) -> Result<String, String> {
    let (mut value, mut unit) = (root, "");
    for step in path.split('/') {
        value = match value {
            Value::Object(fields) => fields.get(step),
            Value::Array(rows) => one(rows, step)?,
            _ => None,
        }
        .ok_or_else(|| format!("there is no `{step}` in `{path}`"))?;
        unit = step.rsplit_once('_').map_or(unit, |(_, unit)| unit);
    }
    let number = value.as_f64().ok_or_else(|| format!("`{path}` is no number"))?;
    Ok(in_words(number, unit))
}

/// The only row that is meant.
fn one<'a>(rows: &'a [Value], step: &str) -> Result<Option<&'a Value>, String> {
    let is_meant = |row: &&Value| {
        step.split(',').all(|wanted| match wanted.split_once('=') {
            Some((field, wanted)) => row.get(field).is_some_and(|value| says(value, wanted)),
            None => row.as_object().is_some_and(|fields| fields.values().any(|value| says(value, wanted))),
        })
    };
    let mut meant = rows.iter().filter(is_meant);
    let first = meant.next();
    if meant.next().is_some() {
        return Err(format!("`{step}` is said of several rows"));
    }
    Ok(first)
}

fn says(value: &Value, wanted: &str) -> bool {
    match value.as_f64() {
        Some(number) => wanted.parse() == Ok(number),
        None => value == wanted,
    }
}

/// Three digits that count, and the unit that fits.
pub(crate) fn in_words(number: f64, unit: &str) -> String {
    const TIMES: [&str; 4] = ["ns", "µs", "ms", "s"];
    const SIZES: [&str; 4] = ["bytes", "kB", "MB", "GB"];
    let (units, at) = match unit {
        "ns" => (&TIMES, 0),
        "us" => (&TIMES, 1),
        "ms" => (&TIMES, 2),
        "s" => (&TIMES, 3),
        "bytes" => (&SIZES, 0),
        "kb" => (&SIZES, 1),
        _ => return digits(number),
    };
    let (mut number, mut at) = (number, at);
    while 1000.0 <= number && at < 3 {
        (number, at) = (number / 1000.0, at + 1);
    }
    while number < 1.0 && 0 < at && number != 0.0 {
        (number, at) = (number * 1000.0, at - 1);
    }
    format!("{} {}", digits(number), units[at])
}

fn digits(number: f64) -> String {
    match number.abs() {
        100.0.. => grouped(number),
        10.0.. => trimmed(format!("{number:.1}")),
        _ => trimmed(format!("{number:.2}")),
    }
}

/// `12,345`.
fn grouped(number: f64) -> String {
    let whole = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if 0 < index && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn trimmed(text: String) -> String {
    text.strip_suffix(".00").or_else(|| text.strip_suffix(".0")).map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_by_what_its_row_says() {
        let root = serde_json::json!({ "peers": [
            { "peer": "ours", "cpu_ns": { "median": 1234.5 } },
            { "peer": "theirs", "n": 20, "cpu_ns": { "median": 9 } },
        ] });
        assert_eq!(at(&root, "peers/ours/cpu_ns/median").unwrap(), "1.23 µs");
        assert_eq!(at(&root, "peers/peer=theirs,n=20/cpu_ns/median").unwrap(), "9 ns");
        assert_eq!(at(&root, "peers/nobody/cpu_ns").unwrap_err(), "there is no `nobody` in `peers/nobody/cpu_ns`");
        assert_eq!(at(&root, "peers/ours/cpu_ns").unwrap_err(), "`peers/ours/cpu_ns` is no number");
    }

    #[test]
    fn figures_have_three_digits_and_the_unit_that_fits() {
        let said = [(0.64, "ratio"), (31.4689, "ns"), (5012.0, "ms"), (102_400.0, "kb"), (12_345.0, "instructions")];
        assert_eq!(
            said.map(|(number, unit)| in_words(number, unit)),
            ["0.64", "31.5 ns", "5.01 s", "102 MB", "12,345"]
        );
    }
}
