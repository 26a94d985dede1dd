//! Turns public items whose documentation leaves something out into complaints.
//!
//! Asked of each: a first line that fits beside its name in a list, an example of what is called or made, a word about
//! errors where there can be some and about panics where there is one in sight, `#[must_use]` on futures.

use super::Complaint;
use crate::tree::{Source, Tree, closing, identifier, words_in};

const CRATES: &[&str] = &["crates/wheelwright/src/", "crates/wheelwright-http/src/"];

/// Its modules whose documentation is hidden: what they hold is public for tests alone.
const HIDDEN: &[&str] = &["crates/wheelwright-http/src/proto", "crates/wheelwright-http/src/url"];

/// A scope waits for its children in any case, so their handles may be dropped without a word.
const MAY_BE_DROPPED: &[&str] = &["ScopedHandle"];

const KINDS: &[&str] = &["fn", "struct", "enum", "trait", "type"];

/// The first line of an item's documentation has fewer characters.
const TOO_LONG: usize = 80;

pub(super) fn check(tree: &Tree) -> Vec<Complaint> {
    let lies_in = |source: &Source, places: &[&str]| places.iter().any(|place| source.path.starts_with(place));
    let ours = tree.sources.iter().filter(|source| lies_in(source, CRATES) && !lies_in(source, HIDDEN));
    ours.flat_map(|source| items(source).flat_map(move |item| item.complaints(source))).collect()
}

/// A public function, type or trait.
struct Item<'s> {
    at: usize,
    kind: &'s str,
    /// Of a module, and not of a type.
    is_free: bool,
    /// From `pub` to the brace or semicolon that ends the declaration.
    declaration: &'s str,
    body: &'s str,
    docs: String,
    /// Between the documentation and `pub`.
    attributes: &'s str,
}

fn items(source: &Source) -> impl Iterator<Item = Item<'_>> {
    let methods = source.code.match_indices("pub trait ").flat_map(|(at, _)| methods(source, at));
    let public = source.words("pub").chain(methods);
    public.filter(|&at| !source.in_test(at)).filter_map(|at| item(source, at))
}

/// The methods of the trait at `at`, which are as public as it is.
fn methods(source: &Source, at: usize) -> impl Iterator<Item = usize> {
    let open = source.body(at).unwrap_or(at);
    let inside = open..closing(&source.code, open);
    source.words("fn").filter(move |at| inside.contains(at) && source.code[..*at].ends_with("\n    "))
}

fn item(source: &Source, at: usize) -> Option<Item<'_>> {
    let rest = source.code[at..].trim_start_matches("pub ");
    let keyword = identifier(rest.trim_start_matches("async ").trim_start_matches("const "))?;
    let kind = KINDS.iter().find(|kind| **kind == keyword)?;
    let docs = source.docs_above(at);
    if docs.is_empty() {
        return None;
    }
    let open = source.body(at)?;
    let begin = source.text[..at].rfind("///").unwrap_or(0);
    Some(Item {
        at,
        kind,
        is_free: source.text[..at].ends_with('\n'),
        declaration: &source.code[at..open],
        body: &source.code[open..closing(&source.code, open).min(source.code.len())],
        docs,
        attributes: &source.code[begin..at],
    })
}

impl Item<'_> {
    fn complaints(&self, source: &Source) -> Vec<Complaint> {
        let found = [
            (self.is_long(), "a first line of 80 characters or more: lists show it beside the name"),
            (self.lacks_example(), "no example: what is called shows how, what is made links to what makes it"),
            (self.hides_errors(), "gives a `Result`: an `# Errors` section says when it fails"),
            (self.hides_panics(), "panics: a `# Panics` section says when"),
            (self.may_be_forgotten(source), "a future without `#[must_use]`: it does nothing until awaited"),
        ];
        found.iter().filter(|(is_so, _)| *is_so).map(|(_, what)| Complaint::at(source, self.at, *what)).collect()
    }

    fn is_long(&self) -> bool {
        let first = self.docs.lines().next().unwrap_or_default();
        TOO_LONG <= shown(first.trim()).chars().count()
    }

    fn lacks_example(&self) -> bool {
        let links = self.kind != "fn" && self.docs.contains("[`");
        self.is_free && !self.docs.contains("```") && !links
    }

    fn hides_errors(&self) -> bool {
        let declaration = self.declaration.split("where").next().unwrap_or_default();
        let returned = declaration.rsplit_once("->").map_or("", |(_, returned)| returned.trim_start());
        let fails = returned.starts_with("Result<") || returned.starts_with("io::Result<");
        self.kind == "fn" && fails && !self.docs.contains("# Errors")
    }

    fn hides_panics(&self) -> bool {
        let mut calls =
            ["assert", "assert_eq", "panic", "unreachable"].iter().flat_map(|call| words_in(self.body, call));
        self.kind == "fn" && calls.any(|at| self.body[at..].contains('!')) && !self.docs.contains("# Panics")
    }

    fn may_be_forgotten(&self, source: &Source) -> bool {
        let name = self.declaration.split_whitespace().nth(2).and_then(identifier).unwrap_or_default();
        let is_future = source.words("Future").any(|at| {
            let target = source.code[at..].strip_prefix("Future for ").unwrap_or_default();
            identifier(target) == Some(name)
        });
        self.kind == "struct" && is_future && !MAY_BE_DROPPED.contains(&name) && !self.attributes.contains("must_use")
    }
}

/// A line of documentation as a reader sees it: of a link, its text.
fn shown(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((text, further)) = after.split_once(']') else { break };
        shown.push_str(before);
        shown.push_str(text);
        rest = match further.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, behind)) => behind,
            None => further,
        };
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::{check, shown};
    use crate::tidy::planted::tells;

    const PATH: &str = "crates/wheelwright/src/time.rs";

    #[test]
    fn a_first_line_that_is_too_long_is_found() {
        let of = |letters: usize| format!("/// {}\n///\n/// ```\n/// ```\npub fn a() {{}}", "a".repeat(letters));
        tells(check, PATH, &of(79), &of(80), (5, "first line"));
        assert_eq!(shown("See [`a`](crate::a) and [`b`], or [c"), "See `a` and `b`, or [c");
    }

    #[test]
    fn a_method_of_a_trait_is_as_public_as_the_trait() {
        let of = |letters: usize| {
            format!("/// See [`b`].\npub trait A {{\n    /// {}\n    fn a();\n}}", "a".repeat(letters))
        };
        tells(check, PATH, &of(79), &of(80), (4, "first line"));
    }

    #[test]
    fn a_free_function_or_a_type_without_an_example_is_found() {
        let sound = "/// Waits.\n/// ```\n/// ```\npub fn a() {}\n/// Made by [`a`].\npub struct A;\nimpl A {\n    /// It.\n    pub fn b() {}\n}";
        tells(check, PATH, sound, "/// Waits, see [`b`].\npub fn a() {}", (2, "no example"));
        tells(check, PATH, sound, "/// Waits.\n#[derive(Debug)]\npub struct A;", (3, "no example"));
    }

    #[test]
    fn a_function_that_may_fail_and_does_not_say_so_is_found() {
        let of = |docs: &str, ends: &str| format!("impl A {{\n/// Reads.\n{docs}    pub fn a(){ends}\n}}");
        let sound = of("/// # Errors\n/// Always.\n", " -> io::Result<()> {}");
        tells(check, PATH, &sound, &of("", " -> io::Result<()> {}"), (3, "`# Errors`"));
        let sound = of("/// # Panics\n/// Always.\n", " { assert!(false) }");
        tells(check, PATH, &sound, &of("", " { panic!() }"), (3, "`# Panics`"));
    }

    #[test]
    fn a_future_that_may_be_forgotten_is_found() {
        let of = |marked: &str| format!("/// Of [`a`].\n{marked}pub struct A<T>(T);\nimpl<T> Future for A<T> {{}}");
        tells(check, PATH, &of("#[must_use = \"x\"]\n"), &of("#[derive(Debug)]\n"), (3, "must_use"));
    }
}
