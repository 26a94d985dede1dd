//! Turns the lines of one quantity into a part of a picture: axes, lines, and their names at their ends.

use super::scale::{Scale, in_words};

// The sides of the plot; the right one leaves room for the names of the lines.
const LEFT: f64 = 52.0;
const NAMES: f64 = 72.0;
const TOP: f64 = 66.0;
const BOTTOM: f64 = 236.0;

/// From the name of one line to that of the next, at least.
const APART: f64 = 34.0;

#[derive(Debug)]
pub(super) struct Panel {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) lines: Vec<Line>,
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

impl Panel {
    /// The elements, `left` from the edge of the picture.
    pub(super) fn drawn(&self, left: f64, width: f64, across: &str) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let scales = [
            Scale::holding(points().map(|point| point.0), [LEFT, width - NAMES]),
            Scale::holding(points().map(|point| point.1), [BOTTOM, TOP]),
        ];
        let title = text("ink", "start", (0.0, 48.0), &self.name);
        let parts = [title, self.axes(&scales, width - NAMES, across), self.lines(&scales), self.names(&scales)];
        format!("<g transform=\"translate({left:.0})\">\n{}</g>\n", parts.concat())
    }

    fn axes(&self, [across, up]: &[Scale; 2], right: f64, title: &str) -> String {
        let levels = up.powers().map(|(value, y)| {
            let grid = format!("<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right:.1}\"/>");
            grid + &text("", "end", (LEFT - 8.0, y + 4.0), &in_words(value, &self.unit))
        });
        let counts = across.powers().map(|(count, x)| text("", "middle", (x, BOTTOM + 18.0), &in_words(count, "")));
        let title = text("", "middle", (f64::midpoint(LEFT, right), BOTTOM + 36.0), title);
        levels.chain(counts).chain([title]).collect()
    }

    fn lines(&self, [across, up]: &[Scale; 2]) -> String {
        let drawn = |(order, line): (usize, &Line)| {
            let places = line.points.iter().map(|&(x, y)| (across.place(x), up.place(y)));
            let points: String = places.clone().map(|(x, y)| format!("{x:.1},{y:.1} ")).collect();
            let dots: String = places.map(|(x, y)| format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>")).collect();
            format!("<g class=\"line{order}\"><polyline points=\"{}\"/>{dots}</g>\n", points.trim_end())
        };
        self.lines.iter().enumerate().map(drawn).collect()
    }

    /// The name and the last value of each line, at its end; where ends are close, the names push each other away.
    fn names(&self, [across, up]: &[Scale; 2]) -> String {
        let end =
            |(order, line): (usize, &Line)| line.points.last().map(|&(x, value)| (up.place(value), order, x, value));
        let mut ends: Vec<(f64, usize, f64, f64)> = self.lines.iter().enumerate().filter_map(end).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let count = ends.len();
        // In many small steps, for a push brings a name closer to the next one.
        for below in (0..20).flat_map(|_| 1..count) {
            let push = ((APART - (ends[below].0 - ends[below - 1].0)) / 2.0).max(0.0);
            ends[below - 1].0 -= push;
            ends[below].0 += push;
        }
        let name = |(y, order, x, value): (f64, usize, f64, f64)| {
            let x = across.place(x) + 9.0;
            let name = text(&format!("line line{order}"), "start", (x, y - 1.0), &self.lines[order].name);
            name + &text("", "start", (x, y + 13.0), &in_words(value, &self.unit))
        };
        ends.into_iter().map(name).collect()
    }
}

pub(super) fn text(class: &str, anchor: &str, (x, y): (f64, f64), words: &str) -> String {
    let words = escaped(words);
    format!("<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>\n")
}

pub(super) fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;")
}
