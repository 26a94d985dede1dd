//! Turns the manifest of the examples into a list of them, each with the command that a reader types.

use crate::tree;

pub(crate) const PATH: &str = "examples/Cargo.toml";

/// An example, as the manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// Where its first line stands, from the root.
    pub(crate) path: String,
    /// What it needs beyond the others, comma between two.
    pub(crate) features: Option<String>,
}

impl Listed {
    /// What cargo is told.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        let features = self.features.iter().flat_map(|features| ["--features", features]);
        ["run", "--release", "--example", &self.name].into_iter().chain(features).collect()
    }

    /// The command as one types it.
    pub(crate) fn command(&self) -> String {
        format!("cargo {}", self.arguments().join(" "))
    }
}

/// The examples of this repository.
pub(crate) fn read() -> Result<Vec<Listed>, String> {
    let manifest = std::fs::read_to_string(tree::root().join(PATH)).map_err(|error| error.to_string())?;
    Ok(listed(&manifest))
}

/// The examples of a manifest, in its order.
pub(crate) fn listed(manifest: &str) -> Vec<Listed> {
    let sections = manifest.split("[[example]]").skip(1);
    // A section ends where the next one begins, whatever that is.
    let own = sections.map(|section| section.split("\n[").next().unwrap_or_default());
    own.filter_map(|section| {
        let quoted = |key: &str| {
            let line = section.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='))?;
            let values: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
            (!values.is_empty()).then(|| values.join(","))
        };
        let path = quoted("path")?;
        // Steps of the book lie beside the examples' folder.
        let path = path.strip_prefix("../").map_or_else(|| format!("examples/{path}"), str::to_owned);
        Some(Listed { name: quoted("name")?, path, features: quoted("required-features") })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn an_example_is_listed_with_its_command() {
        let manifest = "[package]\nname = \"a\"\n[[example]]\nname = \"b\"\npath = \"b.rs\"\n\n[[example]]\nname = \"c\"\npath = \"c/main.rs\"\nrequired-features = [\"d\", \"e\"]\n\n[dependencies]\npath = \"f\"\n";
        let found = listed(manifest);
        let commands: Vec<String> = found.iter().map(super::Listed::command).collect();
        assert_eq!(commands, ["cargo run --release --example b", "cargo run --release --example c --features d,e"]);
        assert_eq!(found[1].path, "examples/c/main.rs");
        let step = listed("[[example]]\nname = \"step_d\"\npath = \"../book/steps/d.rs\"\n");
        assert_eq!(step[0].path, "book/steps/d.rs");
    }
}
