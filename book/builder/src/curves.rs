//! Turns figures that a program printed into curves above each other: how several things change as another one grows.

use std::fmt::Write;

use crate::bars::{escaped, size};

/// Of a drawing, in the units of book/pictures: what is left of the curves and right of them, and how high each is.
const LEFT: f64 = 24.0;
const RIGHT: f64 = 372.0;
const HEIGHT: f64 = 64.0;
/// From the top of one curve's part to the next, and to where its own highest point is.
const PART: f64 = 124.0;
const TOP: f64 = 44.0;

/// A curve: what it shows, and a figure for each place along the axis.
pub(crate) type Curve = (String, Vec<String>);

/// A drawing with one axis to the right and a curve for each kind of figure. Twice as much is as far everywhere.
///
/// # Errors
/// If a figure is none, or is zero, which has no place where twice as much is as far.
pub(crate) fn figure(title: &str, along: &[String], curves: &[Curve]) -> Result<String, String> {
    let columns = scaled(along, LEFT, RIGHT)?;
    let bottom = PART * curves.len() as f64;
    let mut drawing = format!(
        "<figure class=\"picture\">\n<figcaption>{}</figcaption>\n<svg class=\"drawing\" viewBox=\"0 0 400 {}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(title),
        bottom + 20.0,
        escaped(&spoken(along, curves))
    );
    for (x, mark) in columns.iter().zip(along) {
        let _ = writeln!(drawing, "<text class=\"note\" x=\"{x:.1}\" y=\"{}\">{}</text>", bottom + 14.0, escaped(mark));
    }
    for (part, (label, figures)) in curves.iter().enumerate() {
        draw(&mut drawing, PART * part as f64, label, &columns, figures)?;
    }
    drawing.push_str("</svg>\n</figure>");
    Ok(drawing)
}

fn draw(drawing: &mut String, top: f64, label: &str, columns: &[f64], figures: &[String]) -> Result<(), String> {
    let rows = scaled(figures, top + TOP + HEIGHT, top + TOP)?;
    let points: Vec<String> = columns.iter().zip(&rows).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    let _ = writeln!(drawing, "<text class=\"head left\" x=\"8\" y=\"{}\">{}</text>", top + 18.0, escaped(label));
    let _ = writeln!(drawing, "<path class=\"way\" d=\"M{}\"/>", points.join("L"));
    for x in columns {
        let _ = writeln!(drawing, "<path class=\"guide\" d=\"M{x:.1} {}v{HEIGHT}\"/>", top + TOP);
    }
    for ((x, y), figure) in columns.iter().zip(&rows).zip(figures) {
        let number = figure.split(' ').next().unwrap_or_default();
        let _ = writeln!(drawing, "<circle class=\"bar\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>");
        let _ = writeln!(drawing, "<text class=\"note\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>", y - 8.0, escaped(number));
    }
    Ok(())
}

/// Where figures stand between the place of the smallest and that of the largest.
fn scaled(figures: &[String], smallest: f64, largest: f64) -> Result<Vec<f64>, String> {
    let sizes: Result<Vec<f64>, String> = figures.iter().map(|figure| size(figure)).collect();
    let doublings: Vec<f64> = sizes?.into_iter().map(f64::log2).collect();
    if let Some(place) = doublings.iter().position(|doubling| !doubling.is_finite()) {
        return Err(format!("`{}` has no place on a scale of doublings", figures[place]));
    }
    let (least, most) =
        doublings.iter().fold((f64::MAX, f64::MIN), |(least, most), it| (least.min(*it), most.max(*it)));
    let share = |doubling: f64| if least < most { (doubling - least) / (most - least) } else { 0.0 };
    Ok(doublings.into_iter().map(|doubling| smallest + (largest - smallest) * share(doubling)).collect())
}

/// For those who cannot see it.
fn spoken(along: &[String], curves: &[Curve]) -> String {
    let curve = |(label, figures): &Curve| {
        let points: Vec<String> =
            along.iter().zip(figures).map(|(mark, figure)| format!("{figure} at {mark}")).collect();
        format!("{label}: {}", points.join(", "))
    };
    curves.iter().map(curve).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(figures: &[&str]) -> Vec<String> {
        figures.iter().map(|figure| (*figure).to_owned()).collect()
    }

    #[test]
    fn twice_as_much_is_as_far_wherever_it_stands() {
        let places = scaled(&words(&["1 ms", "2 ms", "8 ms", "1 s"]), 0.0, 100.0).unwrap();
        assert!((places[1] * 3.0 - places[2]).abs() < 1e-9, "{places:?}");
        assert_eq!((places[0], places[3]), (0.0, 100.0));
        assert_eq!(scaled(&words(&["5", "5"]), 0.0, 100.0).unwrap(), [0.0, 0.0]);
        assert!(scaled(&words(&["0 ms"]), 0.0, 100.0).is_err());
        assert!(scaled(&words(&["soon"]), 0.0, 100.0).is_err());
    }

    #[test]
    fn each_curve_has_its_points_and_is_told_in_words() {
        let curves = [("calls/s".to_owned(), words(&["10", "20"])), ("wait".to_owned(), words(&["1 ms", "4 ms"]))];
        let drawn = figure("A knee", &words(&["1", "2"]), &curves).unwrap();
        assert_eq!(drawn.matches("<circle").count(), 4);
        assert!(drawn.contains("calls/s: 10 at 1, 20 at 2; wait: 1 ms at 1, 4 ms at 2"), "{drawn}");
        assert!(!drawn.contains("\n\n"), "a blank line would end the block of HTML");
    }
}
