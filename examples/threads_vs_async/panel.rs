//! Turns one quantity of the rows into a chart of its own: two lines over the connections, both axes logarithmic.

use crate::comparison::Row;
use crate::figures::Figures;
use crate::quantities::Quantity;
use crate::scale::Scale;

// The sides of the plot.
const LEFT: f64 = 52.0;
const RIGHT: f64 = 162.0;
const TOP: f64 = 66.0;
const BOTTOM: f64 = 236.0;

/// From the label of one line to that of the other, at least.
const APART: f64 = 34.0;

pub(crate) struct Panel {
    name: &'static str,
    show: fn(f64) -> String,
    threads: Line,
    on_loop: Line,
    across: Scale,
    up: Scale,
}

/// Connections, and the quantity.
type Line = Vec<(f64, f64)>;

impl Panel {
    pub(crate) fn new(quantity: &Quantity, rows: &[Row]) -> Self {
        let line = |figures: fn(&Row) -> Option<&Figures>| -> Line {
            let point = |row| Some((connections(row), (quantity.of)(figures(row)?)));
            rows.iter().filter_map(point).collect()
        };
        let threads = line(|row| row.threads.as_ref().ok());
        let on_loop = line(|row| Some(&row.on_loop));
        let across = Scale::holding(rows.iter().map(connections), [LEFT, RIGHT]);
        let up = Scale::holding(threads.iter().chain(&on_loop).map(|point| point.1), [BOTTOM, TOP]);
        Self { name: quantity.name, show: quantity.show, threads, on_loop, across, up }
    }

    /// The elements, `shift` to the right.
    pub(crate) fn drawn(&self, shift: f64) -> String {
        let name = self.name;
        let [axes, lines, labels] = [self.axes(), self.lines(), self.labels()];
        format!(
            "<g transform=\"translate({shift:.0})\">\n<text class=\"name\" y=\"48\">{name}</text>\n{axes}{lines}{labels}</g>\n"
        )
    }

    fn axes(&self) -> String {
        let (below, middle) = (BOTTOM + 18.0, f64::midpoint(LEFT, RIGHT));
        let levels = self.up.powers().map(|(value, y)| {
            let grid = format!("<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>");
            grid + &text("faint", "end", (LEFT - 8.0, y + 4.0), &(self.show)(value))
        });
        let counts = self.across.powers().map(|(count, x)| text("faint", "middle", (x, below), &short(count)));
        let title = text("faint", "middle", (middle, below + 18.0), "connections");
        levels.chain(counts).chain([title]).collect()
    }

    fn lines(&self) -> String {
        let ways = [("threads", &self.threads), ("loop", &self.on_loop)];
        let lines = ways.map(|(way, line)| {
            let places = line.iter().map(|point| self.place(*point));
            let points: String = places.clone().map(|(x, y)| format!("{x:.1},{y:.1} ")).collect();
            let dots: String = places.map(|(x, y)| format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>")).collect();
            format!("<g class=\"{way}\"><polyline points=\"{}\"/>{dots}</g>\n", points.trim_end())
        });
        lines.concat()
    }

    /// The name and the last value of each line, at its end.
    fn labels(&self) -> String {
        let (Some(threads), Some(on_loop)) = (self.threads.last(), self.on_loop.last()) else { return String::new() };
        let ((threads_x, threads_y), (loop_x, loop_y)) = (self.place(*threads), self.place(*on_loop));
        let push = ((APART - (loop_y - threads_y).abs()) / 2.0).max(0.0).copysign(loop_y - threads_y);
        let label = |way, (x, y), value| {
            let name = text(way, "start", (x + 9.0, y - 1.0), way);
            name + &text("faint", "start", (x + 9.0, y + 13.0), &(self.show)(value))
        };
        label("threads", (threads_x, threads_y - push), threads.1) + &label("loop", (loop_x, loop_y + push), on_loop.1)
    }

    fn place(&self, (connections, value): (f64, f64)) -> (f64, f64) {
        (self.across.place(connections), self.up.place(value))
    }
}

fn connections(row: &Row) -> f64 {
    row.work.connections as f64
}

fn text(class: &str, anchor: &str, (x, y): (f64, f64), words: &str) -> String {
    format!("<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>\n")
}

/// 1000 as 1k.
fn short(count: f64) -> String {
    if count < 1e3 { count.to_string() } else { format!("{}k", count / 1e3) }
}
