//! Turns the styles of the book's drawings, of the viewer and of the still picture into a comparison: one thing, one colour, to be told from others.

use std::collections::BTreeMap;

use wheelwright::{Runtime, record};
use wheelwright_timeline::Timeline;

const BOOK: &str = include_str!("../../../book/pictures/style.css");
const VIEWER: &str = include_str!("../viewer/style.css");

/// What drawings are made of, each with a colour of its own.
const THINGS: &[&str] = &["task", "ready", "parked", "waker", "source", "kernel", "failed"];
/// How people see who lack one kind of cones: Machado, Oliveira and Fernandes, 2009, at the highest severity.
const BLINDNESS: [[[f64; 3]; 3]; 3] = [
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
];

/// The colours of a style by name, each in light and in dark.
fn colours(style: &str) -> BTreeMap<&str, [&str; 2]> {
    let lines = style.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": light-dark("));
    lines
        .map(|(name, pair)| {
            let (light, dark) = pair.trim_end_matches(");").split_once(", ").expect("two colours");
            (name, [light, dark])
        })
        .collect()
}

/// Red, green and blue as amounts of light.
fn light_of(colour: &str) -> [f64; 3] {
    [1, 3, 5].map(|at| {
        let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("hexadecimal digits")) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| (0..3).map(|i| row[i] * vector[i]).sum())
}

fn luminance([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// As WCAG has it.
fn contrast(one: &str, other: &str) -> f64 {
    let [one, other] = [one, other].map(|colour| luminance(light_of(colour)) + 0.05);
    one.max(other) / one.min(other)
}

fn lab(light: [f64; 3]) -> [f64; 3] {
    const XYZ: [[f64; 3]; 3] =
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]];
    let xyz = times(XYZ, light.map(|part| part.clamp(0.0, 1.0)));
    let white = [0.95047, 1.0, 1.08883];
    let root = |part: f64| if 0.008856 < part { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 };
    let [x, y, z] = [0, 1, 2].map(|i| root(xyz[i] / white[i]));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(one: [f64; 3], other: [f64; 3]) -> f64 {
    (0..3).map(|i| (one[i] - other[i]).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn a_thing_has_one_colour_in_the_drawings_and_in_the_viewer() {
    let (book, viewer) = (colours(BOOK), colours(VIEWER));
    for name in [THINGS, &["paper", "ink", "soft", "faint"]].concat() {
        assert!(book.contains_key(name) && viewer.get(name) == book.get(name), "{name}: {:?}", viewer.get(name));
    }
}

#[test]
fn a_thing_has_the_same_colour_in_the_still_picture() {
    let runtime = Runtime::builder().paused().recorded(100).build().expect("a runtime");
    runtime.block_on(async {});
    let recording = record::take().expect("it was recorded");
    let svg = Timeline::new(&recording).svg();
    let (light, dark) = svg.split_once("@media(prefers-color-scheme:dark)").expect("two modes");
    let classes = [
        ("run,.done{fill", "task"),
        ("ready{fill", "ready"),
        ("parked{stroke", "parked"),
        ("kernel{fill", "kernel"),
        ("slow,.panicked{fill", "failed"),
        ("cross{stroke", "failed"),
        ("way{stroke", "ink"),
        ("name{fill", "ink"),
        ("line{fill", "faint"),
        ("svg:root{", "paper"),
    ];
    for (class, name) in classes {
        for (style, colour) in [light, dark].into_iter().zip(colours(BOOK)[name]) {
            let rule = style.split_once(class).and_then(|(_, rest)| rest.split_once('}')).map(|(rule, _)| rule);
            assert!(rule.is_some_and(|rule| rule.contains(colour)), "{class} is {rule:?} and {name} {colour}");
        }
    }
}

#[test]
fn what_is_drawn_and_written_stands_out_from_the_page_and_from_a_chosen_row() {
    let colours = colours(VIEWER);
    for (mode, word) in ["light", "dark"].into_iter().enumerate() {
        for ground in ["paper", "chosen"].map(|name| colours[name][mode]) {
            for name in THINGS {
                let contrast = contrast(colours[name][mode], ground);
                assert!(3.0 <= contrast, "{name} on {ground} in {word}: {contrast:.2}");
            }
            for name in ["ink", "soft"] {
                let contrast = contrast(colours[name][mode], ground);
                assert!(4.5 <= contrast, "{name} on {ground} in {word}: {contrast:.2}");
            }
        }
    }
}

#[test]
fn the_colour_blind_can_tell_one_thing_from_another() {
    let colours = colours(BOOK);
    for (mode, word) in ["light", "dark"].into_iter().enumerate() {
        for blindness in BLINDNESS {
            let seen = |name: &str| lab(times(blindness, light_of(colours[name][mode])));
            for (i, one) in THINGS.iter().enumerate() {
                for other in &THINGS[i + 1..] {
                    let distance = distance(seen(one), seen(other));
                    assert!(15.0 <= distance, "{one} and {other} in {word}: {distance:.1}");
                }
            }
        }
    }
}
