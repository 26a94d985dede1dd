//! Turns the working copy into a list of files, each Rust file with its code and its comments told apart.

mod lexer; // which byte is code, which is comment, which is literal
mod source; // one Rust file, with the questions that checks ask of it

pub(crate) use source::{Function, Source, closing, identifier, words_in};

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every file that git tracks or would track, read once.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Rust files, in the order of their paths.
    pub(crate) sources: Vec<Source>,
    /// Every other text file: its path from the root and its contents.
    pub(crate) texts: Vec<(String, String)>,
}

impl Tree {
    /// Reads the working copy at `root`; files that are not text are left out.
    pub(crate) fn load(root: &Path) -> io::Result<Tree> {
        let mut files = Vec::new();
        for path in tracked(root)? {
            if let Ok(text) = std::fs::read_to_string(root.join(&path)) {
                files.push((path, text));
            }
        }
        Ok(Tree::of(files))
    }

    /// Sorts files that are already in memory; the tests of the checks start here.
    pub(crate) fn of(files: impl IntoIterator<Item = (String, String)>) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            if path.ends_with(".rs") {
                tree.sources.push(Source::new(path, text));
                continue;
            }
            tree.texts.push((path, text));
        }
        tree.mark_test_files();
        tree
    }

    /// A file that is only declared under `#[cfg(test)]` is test code from its first line to its last, and so are the
    /// files below it.
    fn mark_test_files(&mut self) {
        let declared: Vec<String> = self.sources.iter().flat_map(Source::test_modules).collect();
        let is_below = |path: &str, file: &str| {
            path.strip_prefix(file.trim_end_matches(".rs")).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        for source in &mut self.sources {
            source.is_test |= declared.iter().any(|file| is_below(&source.path, file));
        }
    }

    /// The text of one file that is not Rust.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.iter().find(|(name, _)| name == path).map(|(_, text)| text.as_str())
    }
}

/// The root of the workspace that this tool belongs to.
pub(crate) fn root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.ancestors().nth(2).expect("the crate lies two folders below the root").to_path_buf()
}

/// Tracked files, and those that a `git add` would take.
fn tracked(root: &Path) -> io::Result<Vec<String>> {
    let listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let output = Command::new("git").args(listing).current_dir(root).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let mut paths: Vec<String> =
        String::from_utf8_lossy(&output.stdout).split_terminator('\0').map(str::to_owned).collect();
    paths.sort();
    Ok(paths)
}
