//! Turns the commands and paths that chapters print into complaints about those that name what is not there.

use std::process::Command;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::build::Text;
use crate::directives::Sources;

/// The folders of the repository that a path in a chapter may begin with.
const FOLDERS: [&str; 4] = ["book/", "benches/", "crates/", "examples/"];

/// What cargo can build here: the packages of the workspace, as `cargo metadata` tells them.
struct Packages(Vec<Value>);

pub(super) fn complaints(sources: &Sources, texts: &[Text]) -> Result<Vec<String>, String> {
    let packages = Packages::read(sources)?;
    let mut complaints = Vec::new();
    for text in texts {
        let printed = printed(&text.written);
        let faults = printed.iter().filter_map(|code| fault(sources, &packages, code).map(|what| (code, what)));
        complaints.extend(faults.map(|(code, what)| format!("book/src/{}: `{code}`: {what}", text.path.display())));
    }
    Ok(complaints)
}

/// The lines of fences of `sh`, and all code within sentences.
fn printed(markdown: &str) -> Vec<String> {
    let (mut printed, mut is_shell) = (Vec::new(), false);
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => is_shell = &*info == "sh",
            Event::End(TagEnd::CodeBlock) => is_shell = false,
            Event::Text(text) if is_shell => {
                let whole = text.replace("\\\n", " ");
                let commands = whole.lines().filter_map(|line| line.split(" #").next());
                printed.extend(commands.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
            Event::Code(code) => printed.push(code.into_string()),
            _ => {}
        }
    }
    printed
}

fn fault(sources: &Sources, packages: &Packages, code: &str) -> Option<String> {
    let words: Vec<&str> = code.split(' ').take_while(|word| *word != "--").collect();
    let is_lost = |path: &&&str| {
        FOLDERS.iter().any(|folder| path.starts_with(folder))
            && !path.contains('…')
            && !sources.root.join(path).exists()
    };
    if let Some(path) = words.iter().find(is_lost) {
        return Some(format!("there is no {path}"));
    }
    match words.as_slice() {
        ["cargo", "run" | "test", ..] => packages.fault(&words),
        _ => None,
    }
}

impl Packages {
    fn read(sources: &Sources) -> Result<Self, String> {
        let mut cargo = Command::new("cargo");
        let asked = cargo.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]);
        let output = asked.current_dir(&sources.root).output().map_err(|error| format!("cargo metadata: {error}"))?;
        let told: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
        told["packages"].as_array().cloned().map(Self).ok_or("cargo metadata: tells of no packages".to_owned())
    }

    /// What is wrong with a command of cargo's that runs an example or a program, or tests a package.
    fn fault(&self, words: &[&str]) -> Option<String> {
        let after = |option: &str| words.iter().skip_while(|word| **word != option).nth(1).copied();
        let package = after("-p");
        if let Some(name) = package.filter(|name| !self.0.iter().any(|package| package["name"] == *name)) {
            return Some(format!("no package is named {name}"));
        }
        let wanted = [("example", after("--example")), ("bin", after("--bin")), ("test", after("--test"))];
        let (kind, name) = wanted.into_iter().find_map(|(kind, name)| name.map(|name| (kind, name)))?;
        let Some((owner, target)) = self.target(kind, name, package) else {
            return Some(format!("there is no {kind} {name}"));
        };
        let given: Vec<&str> = after("--features").map(|list| list.split(',').collect()).unwrap_or_default();
        let needs = target["required-features"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let missing =
            needs.filter(|feature| !given.contains(feature)).map(|feature| format!("it needs --features {feature}"));
        let unknown = given.iter().filter(|feature| owner["features"].get(feature).is_none());
        missing.chain(unknown.map(|feature| format!("it has no feature {feature}"))).next()
    }

    fn target(&self, kind: &str, name: &str, package: Option<&str>) -> Option<(&Value, &Value)> {
        let owners = self.0.iter().filter(|owner| package.is_none_or(|package| owner["name"] == package));
        let targets = owners
            .flat_map(|owner| owner["targets"].as_array().into_iter().flatten().map(move |target| (owner, target)));
        targets.into_iter().find(|(_, target)| target["kind"][0] == kind && target["name"] == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(code: &str) -> Option<String> {
        let packages = Packages(vec![serde_json::json!({
            "name": "examples", "features": { "sqlite": [], "tls": [] },
            "targets": [
                { "kind": ["example"], "name": "gather" },
                { "kind": ["test"], "name": "ch01" },
                { "kind": ["example"], "name": "web_app", "required-features": ["sqlite"] },
            ],
        })]);
        fault(&Sources { root: "/nowhere".into() }, &packages, code)
    }

    #[test]
    fn commands_are_found_in_fences_and_in_sentences() {
        let text = "Run `cargo a`:\n\n```sh\ncargo b \\\n  c   # why\ncargo d\n```\n\n```text\ncargo e\n```\n";
        assert_eq!(printed(text), ["cargo a", "cargo b c", "cargo d"]);
    }

    #[test]
    fn what_a_command_names_has_to_be_there() {
        assert_eq!(fault_of("cargo run --release --example gather"), None);
        assert_eq!(fault_of("cargo run --example gather -- --example other"), None);
        assert_eq!(fault_of("cargo run --example father").as_deref(), Some("there is no example father"));
        assert_eq!(fault_of("cargo run -p nobody --bin gather").as_deref(), Some("no package is named nobody"));
        assert_eq!(fault_of("cargo test -p examples --test ch01"), None);
        assert_eq!(fault_of("cargo test -p examples --test ch99").as_deref(), Some("there is no test ch99"));
        assert_eq!(fault_of("python3 book/python/lost.py").as_deref(), Some("there is no book/python/lost.py"));
    }

    #[test]
    fn features_are_given_where_they_are_needed_and_nowhere_else() {
        assert_eq!(fault_of("cargo run --example web_app --features sqlite"), None);
        assert_eq!(fault_of("cargo run --example web_app").as_deref(), Some("it needs --features sqlite"));
        assert_eq!(fault_of("cargo run --example gather --features gzip").as_deref(), Some("it has no feature gzip"));
    }
}
