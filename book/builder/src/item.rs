//! Turns the name of an item into its source, as it stands in a compiled file.
//!
//! A name is that of a function, type, constant or module; of a method with or without its type (`Reactor::turn`, `turn`); or
//! of an implementation, with all that is in it (`impl Future for Sleep`, `impl Sleep`).

use std::path::Path;

use proc_macro2::{LineColumn, Span};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, ImplItem, Item, TraitItem, Type};

use crate::directives::read;

/// An item of a file: the names it answers to, and its lines.
struct Named {
    names: Vec<String>,
    /// From the first line to the last, counted from one.
    lines: (usize, usize),
    /// Lines of documentation, which the book has its own words for.
    documentation: Vec<(usize, usize)>,
}

/// The source of one item, without its documentation, moved to the left.
///
/// # Errors
/// If the file cannot be read or is not Rust, and if the name belongs to no item of it, or to several.
pub(crate) fn source(path: &Path, name: &str) -> Result<String, String> {
    of_text(&read(path)?, name).map_err(|error| format!("{}: {error}", path.display()))
}

fn of_text(text: &str, name: &str) -> Result<String, String> {
    let file = syn::parse_file(text).map_err(|error| format!("is not Rust: {error}"))?;
    let mut items = Vec::new();
    collect(&file.items, &mut items);
    let found: Vec<&Named> = items.iter().filter(|item| item.names.iter().any(|known| known == name)).collect();
    match found.as_slice() {
        [item] => Ok(cut(text, item)),
        [] => Err(format!("has no item `{name}`")),
        _ => Err(format!("has {} items `{name}`: say of which type", found.len())),
    }
}

fn cut(text: &str, item: &Named) -> String {
    let (first, last) = item.lines;
    let is_shown = |number: usize| !item.documentation.iter().any(|(from, to)| (*from..=*to).contains(&number));
    let numbered = (1..).zip(text.lines()).skip(first - 1).take(last + 1 - first);
    let lines: Vec<&str> = numbered.filter(|(number, _)| is_shown(*number)).map(|(_, line)| line).collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let margin = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or_default();
    let moved: Vec<&str> = lines.iter().map(|line| line.get(margin..).unwrap_or_default()).collect();
    moved.join("\n")
}

fn collect(items: &[Item], found: &mut Vec<Named>) {
    for item in items {
        match item {
            Item::Impl(block) => {
                let of = last_name(&block.self_ty);
                let trait_name = block.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
                let whole = match trait_name {
                    Some(name) => format!("impl {} for {of}", name.ident),
                    None => format!("impl {of}"),
                };
                found.push(named(vec![whole], block.span(), &block.attrs));
                found.extend(block.items.iter().filter_map(part_of_impl).map(|part| part.of(&of)));
            }
            Item::Trait(item) => {
                let of = item.ident.to_string();
                found.extend(item.items.iter().filter_map(part_of_trait).map(|part| part.of(&of)));
                found.push(named(vec![of], item.span(), &item.attrs));
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    collect(items, found);
                }
                found.push(named(vec![module.ident.to_string()], module.span(), &module.attrs));
            }
            _ => found.extend(plain(item).map(|part| named(vec![part.name], part.span, part.attributes))),
        }
    }
}

/// Something with a name of its own.
struct Part<'a> {
    name: String,
    span: Span,
    attributes: &'a [Attribute],
}

impl<'a> Part<'a> {
    fn new(name: &Ident, item: &impl Spanned, attributes: &'a [Attribute]) -> Self {
        Self { name: name.to_string(), span: item.span(), attributes }
    }

    /// As part of a type.
    fn of(self, of: &str) -> Named {
        named(vec![format!("{of}::{}", self.name), self.name], self.span, self.attributes)
    }
}

fn plain(item: &Item) -> Option<Part<'_>> {
    match item {
        Item::Fn(item) => Some(Part::new(&item.sig.ident, item, &item.attrs)),
        Item::Struct(item) => Some(Part::new(&item.ident, item, &item.attrs)),
        Item::Enum(item) => Some(Part::new(&item.ident, item, &item.attrs)),
        Item::Const(item) => Some(Part::new(&item.ident, item, &item.attrs)),
        Item::Static(item) => Some(Part::new(&item.ident, item, &item.attrs)),
        Item::Type(item) => Some(Part::new(&item.ident, item, &item.attrs)),
        Item::Macro(item) => Some(Part::new(item.ident.as_ref()?, item, &item.attrs)),
        _ => None,
    }
}

fn part_of_impl(part: &ImplItem) -> Option<Part<'_>> {
    match part {
        ImplItem::Fn(method) => Some(Part::new(&method.sig.ident, method, &method.attrs)),
        ImplItem::Const(item) => Some(Part::new(&item.ident, item, &item.attrs)),
        _ => None,
    }
}

fn part_of_trait(part: &TraitItem) -> Option<Part<'_>> {
    match part {
        TraitItem::Fn(method) => Some(Part::new(&method.sig.ident, method, &method.attrs)),
        _ => None,
    }
}

fn last_name(of: &Type) -> String {
    match of {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        Type::Reference(reference) => last_name(&reference.elem),
        _ => String::new(),
    }
}

fn named(names: Vec<String>, span: Span, attributes: &[Attribute]) -> Named {
    let lines = |span: Span| {
        let (LineColumn { line: first, .. }, LineColumn { line: last, .. }) = (span.start(), span.end());
        (first, last)
    };
    let is_documentation = |attribute: &&Attribute| attribute.path().is_ident("doc");
    let documentation = attributes.iter().filter(is_documentation).map(|attribute| lines(attribute.span()));
    Named { names, lines: lines(span), documentation: documentation.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
/// A wheel.
#[doc(alias(
    \"round\",
))]
#[derive(Debug)]
struct Wheel {
    /// How many.
    spokes: u32,
}

impl Wheel {
    /// Turns.
    fn turn(&mut self) {
        // One.
        self.spokes += 1;
    }
}

impl Drop for Wheel {
    fn drop(&mut self) {}
}

mod inside {
    fn turn() {}
    fn alone() {}
}
";

    #[test]
    fn an_item_is_found_by_its_name_and_shown_without_its_documentation() {
        let wheel = of_text(TEXT, "Wheel").unwrap();
        assert_eq!(wheel, "#[derive(Debug)]\nstruct Wheel {\n    /// How many.\n    spokes: u32,\n}");
        let turn = "fn turn(&mut self) {\n    // One.\n    self.spokes += 1;\n}";
        assert_eq!(of_text(TEXT, "Wheel::turn").unwrap(), turn);
        assert_eq!(of_text(TEXT, "alone").unwrap(), "fn alone() {}");
        assert!(of_text(TEXT, "impl Drop for Wheel").unwrap().ends_with("fn drop(&mut self) {}\n}"));
    }

    #[test]
    fn a_name_of_nobody_or_of_several_is_refused() {
        assert_eq!(of_text(TEXT, "Axle").unwrap_err(), "has no item `Axle`");
        assert_eq!(of_text(TEXT, "turn").unwrap_err(), "has 2 items `turn`: say of which type");
        assert!(of_text("fn", "turn").unwrap_err().starts_with("is not Rust"));
    }
}
