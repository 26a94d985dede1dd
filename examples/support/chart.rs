//! Turns lines of points into a picture, an SVG file: one panel for each quantity, side by side, all axes logarithmic.

mod panel; // the lines of one quantity -> a part of the picture
mod scale; // values -> places along an axis, and words

use panel::{Line, Panel, escaped, text};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 288.0;
const MARGIN: f64 = 16.0;

/// The background is the picture's own, so that it is legible on any page; both follow the reader's wish for light or dark.
const STYLE: &str = "
  svg { --paper: #ffffff; --ink: #24292f; --faint: #57606a; --grid: #dfe3e8; }
  .line0 { color: #b54708; } .line1 { color: #175cd3; } .line2 { color: #1a7f37; } .line3 { color: #8250df; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #16191d; --ink: #e6e9ed; --faint: #a7b0ba; --grid: #343a41; }
    .line0 { color: #f7a35c; } .line1 { color: #7ab8ff; } .line2 { color: #6fdd8b; } .line3 { color: #d2a8ff; }
  }
  .paper { fill: var(--paper); }
  .grid { stroke: var(--grid); }
  polyline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
  circle { fill: currentColor; }
  text { font: 12px system-ui, 'DejaVu Sans', sans-serif; fill: var(--faint); }
  text.ink, text.line { font-weight: 600; fill: var(--ink); }
  text.line { fill: currentColor; }
";

/// Panels side by side, in each of which the same named lines go over the same axis.
///
/// Lines have colours by their order, four at most; values are larger than zero, and have units without a prefix.
///
/// ```
/// let mut chart = support::chart::Chart::new("Waits & sizes", "users");
/// chart.panel("latency", "s", &[("one", vec![(1.0, 0.0004), (100.0, 0.25)]), ("two", vec![(1.0, 0.001)])]);
/// let svg = chart.svg();
/// assert!(svg.contains("Waits &amp; sizes") && svg.contains(">users</text>"));
/// assert_eq!(svg.matches("<circle").count(), 3, "a dot for each point");
/// assert!(svg.contains(">250 ms</text>"), "a line's last value stands at its end");
/// ```
#[derive(Debug)]
pub struct Chart {
    title: String,
    across: String,
    panels: Vec<Panel>,
}

impl Chart {
    /// An empty one, with what its horizontal axes count.
    pub fn new(title: &str, across: &str) -> Self {
        Self { title: title.to_owned(), across: across.to_owned(), panels: Vec::new() }
    }

    /// Adds a quantity to the right of the others, and its lines: of each, the name and the points from left to right.
    pub fn panel(&mut self, name: &str, unit: &str, lines: &[(&str, Vec<(f64, f64)>)]) {
        let lines = lines.iter().map(|(name, points)| Line { name: (*name).to_owned(), points: points.clone() });
        self.panels.push(Panel { name: name.to_owned(), unit: unit.to_owned(), lines: lines.collect() });
    }

    /// The picture.
    pub fn svg(&self) -> String {
        let width = (WIDTH - MARGIN) / self.panels.len() as f64;
        let title = text("ink", "start", (MARGIN, 24.0), &self.title);
        let lefts = (0..).map(|place| MARGIN + width * f64::from(place));
        let panels: String =
            lefts.zip(&self.panels).map(|(left, panel)| panel.drawn(left, width, &self.across)).collect();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
             {title}{panels}</svg>\n",
            escaped(&self.title)
        )
    }
}
