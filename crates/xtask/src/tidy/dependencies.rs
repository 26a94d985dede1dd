//! Turns a dependency tree that is too large, or that holds another runtime, into complaints.

use super::Complaint;
use crate::tree::identifier;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What two crates of ours and everything they pull in may come to.
const MOST_CRATES: usize = 18;

/// Other runtimes, and what would pull one in.
const STRANGERS: &[&str] = &[
    "tokio",
    "hyper",
    "smol",
    "reqwest",
    "async-std",
    "async-io",
    "async-executor",
    "monoio",
    "glommio",
    "compio",
    "actix-rt",
    "futures-executor",
    "h2",
    "tower",
];

const LIBRARIES: &[&str] = &["-p", "wheelwright", "-p", "wheelwright-http", "--edges", "normal,build"];

const ALL_BUT_BENCHES: &[&str] = &[
    "--workspace",
    "--exclude",
    "wheelwright-benches",
    "--exclude",
    "wheelwright-benches-book",
    "--exclude",
    "wheelwright-benches-interop",
    "--edges",
    "normal,build,dev",
    "--all-features",
];

pub(super) fn check(root: &Path) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    match cargo_tree(root, LIBRARIES) {
        Ok(listing) => complaints.extend(too_many(&listing)),
        Err(error) => complaints.push(Complaint::new("Cargo.toml", 1, error)),
    }
    match cargo_tree(root, ALL_BUT_BENCHES) {
        Ok(listing) => complaints.extend(strangers(&listing)),
        Err(error) => complaints.push(Complaint::new("Cargo.toml", 1, error)),
    }
    complaints
}

fn cargo_tree(root: &Path, options: &[&str]) -> Result<String, String> {
    let mut command = Command::new("cargo");
    command.args(["tree", "--locked", "--prefix", "none", "--format", "{p}"]).args(options).current_dir(root);
    let output = command.output().map_err(|error| format!("cargo tree does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree fails: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The names in a listing of one crate a line.
fn crates(listing: &str) -> BTreeSet<&str> {
    listing
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| identifier(name).is_some())
        .collect()
}

fn too_many(listing: &str) -> Option<Complaint> {
    let names = crates(listing);
    (MOST_CRATES < names.len()).then(|| {
        let all: Vec<&str> = names.iter().copied().collect();
        let what = format!(
            "wheelwright and wheelwright-http come to {} crates, {MOST_CRATES} at most: a small tree is what they are for ({})",
            names.len(),
            all.join(", ")
        );
        Complaint::new("Cargo.lock", 1, what)
    })
}

fn strangers(listing: &str) -> Vec<Complaint> {
    let found = crates(listing).into_iter().filter(|name| {
        STRANGERS
            .iter()
            .any(|stranger| name == stranger || name.strip_prefix(stranger).is_some_and(|rest| rest.starts_with('-')))
    });
    let what = |name: &str| format!("`{name}` outside benches/: everything else runs on our loop, its tests included");
    found.map(|name| Complaint::new("Cargo.lock", 1, what(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::{strangers, too_many};

    #[test]
    fn the_nineteenth_crate_is_found() {
        let listing = |count: usize| {
            (0..count).map(|n| format!("crate-{n} v1.0.0\ncrate-{n} v1.0.0 (*)\n\n")).collect::<String>()
        };
        assert_eq!(too_many(&listing(18)), None);
        assert!(too_many(&listing(19)).is_some_and(|complaint| complaint.what.contains("19 crates")));
    }

    #[test]
    fn another_runtime_is_found() {
        assert_eq!(strangers("wheelwright v0.1.0 (path)\nsmoltcp v1.0.0\nmio v1.2.0\n"), []);
        for name in ["tokio", "tokio-util", "hyper", "reqwest", "smol"] {
            assert_eq!(strangers(&format!("mio v1.2.0\n{name} v1.0.0\n")).len(), 1, "{name}");
        }
    }
}
