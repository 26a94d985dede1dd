//! Turns public things that await, and do not say what cancelling them does, into complaints.
//!
//! Found by reading text: each `pub async fn`, and each `pub fn` that returns an `impl Future` or a public future of the
//! same crate. The section may stand at the function or at the future.

use super::Complaint;
use crate::tree::{Source, Tree, closing, identifier, words_in};

const SECTION: &str = "# Cancel safety";

const CRATES: &[&str] = &["crates/wheelwright/src/", "crates/wheelwright-http/src/"];

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    CRATES.iter().flat_map(|folder| of_crate(tree, folder)).collect()
}

fn of_crate(tree: &Tree, folder: &str) -> Vec<Complaint> {
    let sources: Vec<&Source> = tree.sources.iter().filter(|source| source.path.starts_with(folder)).collect();
    let silent: Vec<String> = sources.iter().flat_map(|source| silent_futures(source)).collect();
    sources.iter().flat_map(|source| functions(source, &silent)).collect()
}

/// Futures whose own documentation has no such section.
fn silent_futures(source: &Source) -> Vec<String> {
    let mut names = Vec::new();
    for at in source.words("Future").filter(|&at| !source.in_test(at)) {
        let Some(target) = source.code[at + 6..].strip_prefix(" for ") else { continue };
        let name = identifier(target.trim_start()).unwrap_or_default();
        if !documented(source, name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn documented(source: &Source, name: &str) -> bool {
    let declared =
        ["struct", "enum"].iter().flat_map(|keyword| source.words(keyword).map(|at| (at, at + keyword.len())));
    let mut named = declared.filter(|&(_, after)| identifier(source.code[after..].trim_start()) == Some(name));
    named.any(|(at, _)| source.docs_above(at).contains(SECTION))
}

fn functions(source: &Source, silent: &[String]) -> Vec<Complaint> {
    let public = source.words("pub").filter(|&at| !source.in_test(at));
    let waiting = public.filter(|&at| awaits(&source.code[at + 3..], silent));
    let mute = waiting.filter(|&at| !source.docs_above(at).contains(SECTION));
    let what = "what may be awaited may be cancelled: a `# Cancel safety` section says what is lost then";
    mute.map(|at| Complaint::at(source, at, what)).collect()
}

/// Whether the item after `pub` is an async function, or a function that returns one of the silent futures.
fn awaits(item: &str, silent: &[String]) -> bool {
    let item = item.trim_start();
    if item.starts_with("async fn ") {
        return true;
    }
    if !item.starts_with("fn ") {
        return false;
    }
    let open = item.find('(').unwrap_or(item.len());
    let after = &item[closing(item, open).min(item.len())..];
    let signature = &after[..after.find(['{', ';']).unwrap_or(after.len())];
    let returned = signature.split_once("->").map_or("", |(_, returned)| returned.split("where").next().unwrap_or(""));
    returned.contains("impl Future") || silent.iter().any(|name| words_in(returned, name).next().is_some())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::planted::tells;

    const PATH: &str = "crates/wheelwright/src/time.rs";

    #[test]
    fn an_async_function_that_does_not_say_what_cancelling_does_is_found() {
        let sound = "/// Waits.\n///\n/// # Cancel safety\n///\n/// Safe.\n#[must_use]\npub async fn wait() {}";
        tells(check, PATH, sound, "/// Waits.\npub async fn wait() {}\nasync fn private() {}", (2, "cancelled"));
    }

    #[test]
    fn a_function_that_returns_some_future_without_saying_what_cancelling_does_is_found() {
        let sound = "/// Waits.\n/// # Cancel safety\npub fn a() -> impl Future<Output = u8> {}\npub fn b() -> u8 {}";
        tells(check, PATH, sound, "/// Waits.\npub fn a() -> impl Future<Output = u8> {}", (2, "cancelled"));
    }

    #[test]
    fn a_future_that_does_not_say_what_cancelling_does_is_found_where_it_is_made() {
        let of = |future: &str, made: &str| {
            format!(
                "{future}pub struct Wait;\nimpl Future for Wait {{}}\n/// Makes it.\n{made}pub fn wait(a: u8) -> Wait {{ Wait }}"
            )
        };
        let section = "/// # Cancel safety\n";
        tells(check, PATH, &of(section, ""), &of("", ""), (4, "cancelled"));
        tells(check, PATH, &of("", section), &of("/// A future.\n", ""), (5, "cancelled"));
    }
}
