//! Turns figures that a program printed, or that were measured, into bars below each other, as long as the figures are large.

/// The figures of one unit are compared: this is what each other unit is in it.
const UNITS: [(&str, f64); 11] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("bytes", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("MiB", 1_048_576.0),
    ("GB", 1e9),
    ("", 1.0),
];

/// A table with a row for each label and its figure in words (`5.01 s`), and a bar between the two.
///
/// # Errors
/// If a figure is none.
pub(crate) fn figure(title: &str, rows: &[(String, String)]) -> Result<String, String> {
    let sizes: Result<Vec<f64>, String> = rows.iter().map(|(_, figure)| size(figure)).collect();
    let sizes = sizes?;
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let rows = rows.iter().zip(sizes).map(|((label, figure), size)| {
        // Nothing to see would look like nothing measured.
        let length = if largest <= 0.0 { 0.0 } else { (100.0 * size / largest).max(0.4) };
        format!(
            "<tr><th scope=\"row\">{}</th><td class=\"bar\"><span style=\"width: {length:.1}%\"></span></td><td>{}</td></tr>\n",
            escaped(label.trim()),
            escaped(figure)
        )
    });
    Ok(format!(
        "<figure class=\"bars\">\n<figcaption>{}</figcaption>\n<table><tbody>\n{}</tbody></table>\n</figure>",
        escaped(title),
        rows.collect::<String>()
    ))
}

/// Whether figures of this unit have a length.
pub(crate) fn is_length(unit: &str) -> bool {
    !unit.is_empty() && UNITS.iter().any(|(known, _)| *known == unit)
}

pub(crate) fn size(figure: &str) -> Result<f64, String> {
    let (number, unit) = figure.split_once(' ').unwrap_or((figure, ""));
    let fault = || format!("`{figure}` is no figure that has a length");
    let (_, factor) = UNITS.iter().find(|(known, _)| *known == unit).ok_or_else(fault)?;
    let number: f64 = number.replace(',', "").trim_end_matches('x').parse().map_err(|_| fault())?;
    Ok(number * factor)
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(figures: &[&str]) -> Vec<(String, String)> {
        figures.iter().map(|figure| ("a & b".to_owned(), (*figure).to_owned())).collect()
    }

    #[test]
    fn a_bar_is_as_long_as_its_figure_is_large_whatever_its_unit() {
        let drawn = figure("waits", &rows(&["5.00 s", "100 ms", "2,500 ms", "1 us"])).unwrap();
        let lengths: Vec<&str> =
            drawn.split("width: ").skip(1).filter_map(|rest| Some(rest.split_once('%')?.0)).collect();
        assert_eq!(lengths, ["100.0", "2.0", "50.0", "0.4"]);
        assert_eq!(drawn.matches("<th scope=\"row\">a &amp; b</th>").count(), 4);
    }

    #[test]
    fn what_is_no_figure_has_no_bar() {
        assert!(figure("waits", &rows(&["5.00 s", "soon"])).unwrap_err().starts_with("`soon`"));
        assert!(figure("waits", &rows(&["5 parsecs"])).is_err());
    }
}
