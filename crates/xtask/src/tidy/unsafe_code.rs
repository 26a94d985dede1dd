//! Turns `unsafe` outside its two files, or without its argument, into complaints.

use super::Complaint;
use crate::tree::{Source, Tree};

/// The files of the crates that may hold `unsafe`; see the decision page.
const ALLOWED: &[&str] = &["crates/wheelwright/src/waker.rs", "crates/wheelwright/src/task.rs"];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    tree.sources.iter().flat_map(|source| source.words("unsafe").filter_map(|at| judge(source, at))).collect()
}

fn judge(source: &Source, at: usize) -> Option<Complaint> {
    let of_a_crate = source.path.starts_with("crates/") && !source.is_test;
    if of_a_crate && !ALLOWED.contains(&source.path.as_str()) {
        let what = "`unsafe` stands in waker.rs and task.rs only: what can break memory fits two short files";
        return Some(Complaint::at(source, at, what));
    }
    // `unsafe fn` asks its callers for a promise and makes none; `unsafe fn(…)` is but a type.
    let only_asks = source.code[at + 6..].trim_start().starts_with("fn");
    let what = "`unsafe` without `// SAFETY:` naming the invariant and who upholds it";
    (!only_asks && !argued(source, source.line(at))).then(|| Complaint::at(source, at, what))
}

/// Whether the comment on this line, or the one that ends above its statement, gives the argument.
fn argued(source: &Source, line: usize) -> bool {
    let lines: Vec<&str> = source.text.lines().collect();
    if lines[line - 1].contains("SAFETY:") {
        return true;
    }
    for above in lines[..line - 1].iter().rev().map(|above| above.trim()) {
        let is_comment = above.starts_with("//");
        if is_comment && (above.contains("SAFETY:") || above.contains("# Safety")) {
            return true;
        }
        // The statement may have begun on an earlier line; an attribute may stand between.
        let goes_on = above.ends_with(['=', '(', ',', ']']);
        if !is_comment && !goes_on {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::planted::tells;

    const ARGUED: &str =
        "fn a() {\n    // SAFETY: it is pinned,\n    // by its owner.\n    let b =\n        unsafe { c() };\n}";

    #[test]
    fn unsafe_outside_its_files_is_found() {
        tells(check, "crates/wheelwright/src/net.rs", "const A: &str = \"unsafe\"; // unsafe", ARGUED, (5, "only"));
        tells(check, "crates/wheelwright-http/src/task.rs", "#![deny(unsafe_code)]", ARGUED, (5, "only"));
    }

    #[test]
    fn unsafe_without_its_argument_is_found() {
        let bare = "fn a() {\n    // SAFETY: of another.\n    b();\n    unsafe { c() }\n}";
        tells(check, "crates/wheelwright/src/task.rs", ARGUED, bare, (4, "SAFETY"));
        tells(check, "tests/it/hostile.rs", ARGUED, bare, (4, "SAFETY"));
        let asks = "impl A for B {\n    unsafe fn a() {}\n}";
        tells(check, "benches/a.rs", asks, "unsafe impl A for B {\n    unsafe fn a() {}\n}", (1, "SAFETY"));
    }
}
