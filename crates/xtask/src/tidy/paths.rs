//! Turns the name of a folder of the machine a file was written on into a complaint.

use super::Complaint;
use crate::tree::Tree;

/// Folders that mean something on one machine only; in pieces, or this file would find itself.
const FOLDERS: &[[&str; 2]] = &[["/wo", "rk/"], ["/ro", "ot/"], ["/tmp/", "hub"], ["/ho", "me/"]];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let sources = tree.sources.iter().map(|source| (&source.path, &source.text));
    let texts = tree.texts.iter().map(|(path, text)| (path, text));
    sources.chain(texts).flat_map(|(path, text)| in_file(path, text)).collect()
}

fn in_file(path: &str, text: &str) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let named = FOLDERS.iter().map(|pieces| pieces.concat()).find(|folder| names(line, folder));
        if let Some(folder) = named {
            let what = format!("`{folder}` exists on one machine only: write a path from the repository's root");
            complaints.push(Complaint::new(path, number + 1, what));
        }
    }
    complaints
}

/// Whether `folder` begins a path in `line`; inside a URL or a longer path it does not.
fn names(line: &str, folder: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || "._-~/}".contains(letter);
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(inside))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::planted::tells;

    #[test]
    fn a_path_of_this_machine_is_found() {
        for pieces in super::FOLDERS {
            let fault = format!("# Title\n\nSee `{}notes`.\n", pieces.concat());
            tells(check, "README.md", "https://example.org/work/ ../work/a", &fault, (3, &pieces.concat()));
            tells(check, "a.rs", "// ../work/", &fault, (3, &pieces.concat()));
        }
    }
}
