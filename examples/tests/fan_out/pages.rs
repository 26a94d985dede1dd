//! Turns a folder of pages into a list of URLs, and what was saved of it into a verdict.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::built::is_optimised;
use crate::program::{Folder, say};
use crate::server::body;

/// Pages to serve, and their paths below the folder.
pub(crate) struct Pages {
    pub(crate) root: PathBuf,
    pub(crate) paths: Vec<PathBuf>,
    /// Pages of our own, if there are no others.
    _made: Option<Folder>,
}

impl Pages {
    /// The documentation that is installed with Rust: tens of thousands of pages. Without optimisation a tenth has to do.
    pub(crate) fn of_rust() -> Self {
        let every = if is_optimised() { 1 } else { 10 };
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
        let root = PathBuf::from(String::from_utf8(sysroot.stdout).unwrap().trim()).join("share/doc/rust/html");
        if !root.is_dir() {
            say("Rust's documentation is not installed, pages are made up instead");
            return Self::made_up(2_000);
        }
        let mut paths = Vec::new();
        find(&root, Path::new(""), &mut paths);
        paths.sort();
        Self { root, paths: paths.into_iter().step_by(every).collect(), _made: None }
    }

    pub(crate) fn made_up(count: usize) -> Self {
        let folder = Folder::new(&format!("pages-{count}"));
        let paths: Vec<PathBuf> = (0..count).map(|number| PathBuf::from(format!("page {number}"))).collect();
        for (number, path) in paths.iter().enumerate() {
            fs::write(folder.path().join(path), body(number * number % 100_003)).unwrap();
        }
        Self { root: folder.path().to_owned(), paths, _made: Some(folder) }
    }

    pub(crate) fn list(&self, port: u16) -> String {
        let mut list = String::new();
        for path in &self.paths {
            let _ = writeln!(list, "http://127.0.0.1:{port}/{}", escaped(path.to_str().unwrap()));
        }
        list
    }

    /// How many of the saved bodies are not the page of their line.
    pub(crate) fn differing(&self, saved: &Path) -> usize {
        let differs = |(line, path): &(usize, &PathBuf)| {
            fs::read(self.root.join(path)).unwrap() != fs::read(saved.join(line.to_string())).unwrap_or(b"none".into())
        };
        (1..).zip(&self.paths).filter(differs).count()
    }
}

fn find(root: &Path, below: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = below.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => find(root, &path, paths),
            false => paths.push(path),
        }
    }
}

fn escaped(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(byte.into()),
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}
