//! Turns a recorded run of the loop into one page to look at: what the thread did, and each task, moment by moment.
//!
//! The page holds its viewer and its data, opens from a file, and asks nobody for anything. The same recording can be had as
//! JSON for Perfetto and Chrome's `about:tracing`, and as a still picture.
//!
//! ```
//! use std::time::Duration;
//! use wheelwright::{Runtime, record, time::sleep};
//! use wheelwright_timeline::Timeline;
//!
//! let runtime = Runtime::builder().recorded(record::CAPACITY).build()?;
//! runtime.block_on(async { sleep(Duration::from_millis(1)).await });
//! let recording = record::take().expect("the runtime was recorded");
//! let page = Timeline::new(&recording).titled("one sleep").html();
//! assert!(page.starts_with("<!doctype html>"));
//! # Ok::<(), std::io::Error>(())
//! ```
#![warn(clippy::print_stdout)] // what stdout is for is the program's to say

mod chrome; // for other people's viewers
mod lanes; // slices of the thread and of the tasks
mod page; // the viewer and its data, in one file
mod picture; // a still picture
mod trace; // the data, packed

use std::io;
use std::path::Path;

use wheelwright::record::Recording;

use lanes::Lanes;

/// A recording, ready to be looked at.
///
/// ```
/// use wheelwright::{Runtime, record};
/// use wheelwright_timeline::Timeline;
///
/// let runtime = Runtime::builder().paused().recorded(100).build()?;
/// runtime.block_on(async { wheelwright::spawn_named("child", async {}).await.unwrap() });
/// let recording = record::take().unwrap();
/// let timeline = Timeline::new(&recording);
/// assert!(timeline.chrome_json().contains("'child'"));
/// assert!(timeline.svg().contains("</svg>"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Timeline<'a> {
    recording: &'a Recording,
    title: String,
    lanes: Lanes,
}

impl<'a> Timeline<'a> {
    /// Reads a recording.
    #[must_use]
    pub fn new(recording: &'a Recording) -> Self {
        Self { recording, title: "a run of the loop".into(), lanes: Lanes::new(recording) }
    }

    /// Sets what stands above it.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The page: one file of HTML with viewer and data, that opens without a server or a network.
    ///
    /// Where the files of the source lines that the recording names can be read from the current directory, the lines are
    /// shown.
    #[must_use]
    pub fn html(&self) -> String {
        page::html(self)
    }

    /// Events in the format of Chrome's tracing, which Perfetto reads: the loop as a thread, a thread for each task, arrows
    /// for wakes, and a counter of those who are ready.
    #[must_use]
    pub fn chrome_json(&self) -> String {
        chrome::json(self)
    }

    /// A still picture of the whole run, 830 pixels wide as a README is, light or dark as the reader's page is.
    #[must_use]
    pub fn svg(&self) -> String {
        picture::svg(self)
    }

    /// Writes a file: the page, or what its ending asks for, `.json` or `.svg`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let text = match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => self.chrome_json(),
            Some("svg") => self.svg(),
            _ => self.html(),
        };
        std::fs::write(path, text)
    }

    /// A task in words.
    fn task_name(&self, task: u32) -> String {
        match self.recording.name(task) {
            Some(name) => format!("task {task} '{name}'"),
            None => format!("task {task}"),
        }
    }

    /// A length on the axis in words.
    fn length(&self, length: u64) -> String {
        if self.recording.is_paused() {
            return format!("{length} steps");
        }
        let length = length as f64;
        match length {
            1e9.. => format!("{:.2} s", length / 1e9),
            1e6.. => format!("{:.2} ms", length / 1e6),
            1e3.. => format!("{:.1} µs", length / 1e3),
            _ => format!("{length} ns"),
        }
    }
}
