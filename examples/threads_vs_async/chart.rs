//! Turns rows into a picture, an SVG file: one small chart for each quantity, side by side.

use crate::comparison::Row;
use crate::panel::Panel;
use crate::quantities::QUANTITIES;
use crate::work::Work;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 288.0;
const MARGIN: f64 = 16.0;

/// The background is the picture's own, so that it is legible on any page; both follow the reader's wish for light or dark.
const STYLE: &str = "
  svg { --paper: #ffffff; --ink: #24292f; --faint: #57606a; --grid: #dfe3e8; --threads: #b54708; --loop: #175cd3; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #16191d; --ink: #e6e9ed; --faint: #a7b0ba; --grid: #343a41; --threads: #f7a35c; --loop: #7ab8ff; }
  }
  .paper { fill: var(--paper); }
  .grid { stroke: var(--grid); }
  .threads { fill: var(--threads); stroke: var(--threads); }
  .loop { fill: var(--loop); stroke: var(--loop); }
  polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
  text { font: 12px system-ui, 'DejaVu Sans', sans-serif; fill: var(--faint); stroke: none; }
  .title, .name, text.threads, text.loop { font-weight: 600; }
  .title, .name { fill: var(--ink); }
  text.threads { fill: var(--threads); stroke: none; }
  text.loop { fill: var(--loop); stroke: none; }
";

pub(crate) fn of(rows: &[Row]) -> String {
    let Work { exchanges, wait, .. } = Work::waiting(1);
    let wait = wait.as_millis();
    let title =
        format!("A thread for each connection, or one loop: {exchanges} exchanges, {wait} ms before each answer");
    let step = (WIDTH - MARGIN) / QUANTITIES.len() as f64;
    let shifts = std::iter::successors(Some(MARGIN), |shift| Some(shift + step));
    let panels: String =
        QUANTITIES.iter().zip(shifts).map(|(quantity, shift)| Panel::new(quantity, rows).drawn(shift)).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"24\">{title}</text>\n{panels}</svg>\n"
    )
}
