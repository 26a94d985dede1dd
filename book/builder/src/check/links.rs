//! Turns the pages into complaints about where they lead: to files or ids that are not there, or to others for what they show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use html5gum::{Token, Tokenizer};

use crate::directives::read;

/// What a page has and wants.
#[derive(Default)]
struct Page {
    ids: BTreeSet<String>,
    /// What readers may follow.
    links: Vec<String>,
    /// What a browser loads by itself.
    loads: Vec<String>,
}

pub(super) fn check(pages: &Path) -> Result<Vec<String>, String> {
    let mut found = BTreeMap::new();
    for file in files(pages)? {
        if file.extension().is_some_and(|ending| ending == "html") {
            let text = read(&file)?;
            found.insert(file, page(&text));
        }
    }
    let mut complaints = Vec::new();
    for (file, page) in &found {
        let shown = file.strip_prefix(pages).unwrap_or(file).display().to_string();
        let outside = page.loads.iter().filter(|target| is_outside(target));
        complaints.extend(outside.map(|target| format!("{shown}: loads {target} from outside")));
        let inside = page.links.iter().chain(&page.loads).filter(|target| !is_outside(target));
        complaints.extend(
            inside.filter_map(|target| dead(pages, file, target, &found)).map(|what| format!("{shown}: {what}")),
        );
    }
    Ok(complaints)
}

fn dead(pages: &Path, from: &Path, target: &str, all: &BTreeMap<PathBuf, Page>) -> Option<String> {
    let (path, id) = target.split_once('#').unwrap_or((target, ""));
    let path = path.split('?').next().unwrap_or_default();
    let file = match path {
        "" => from.to_owned(),
        _ => normal(&from.parent().unwrap_or(pages).join(path)),
    };
    let file = if file.is_dir() { file.join("index.html") } else { file };
    if !file.exists() {
        return Some(format!("{target} leads to nothing"));
    }
    let is_known = id.is_empty() || all.get(&file).is_none_or(|page| page.ids.contains(id));
    (!is_known).then(|| format!("{target} leads to an id that is not there"))
}

/// A path without its `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut whole, part| {
        match part {
            std::path::Component::ParentDir => drop(whole.pop()),
            std::path::Component::CurDir => {}
            part => whole.push(part),
        }
        whole
    })
}

fn is_outside(target: &str) -> bool {
    target.starts_with("//")
        || target.split_once(':').is_some_and(|(scheme, _)| scheme != "data" && !scheme.contains('/'))
}

fn page(html: &str) -> Page {
    let mut page = Page::default();
    for token in Tokenizer::new(html).flatten() {
        let Token::StartTag(tag) = token else { continue };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let attribute =
            |name: &[u8]| tag.attributes.iter().find(|(known, _)| known.0 == name).map(|(_, value)| text(value));
        page.ids.extend(attribute(b"id"));
        match &tag.name[..] {
            b"a" => page.links.extend(attribute(b"href")),
            b"link" => page.loads.extend(attribute(b"href")),
            b"script" | b"img" | b"iframe" | b"source" => page.loads.extend(attribute(b"src")),
            _ => {}
        }
    }
    page
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let listing = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut found = Vec::new();
    for entry in listing.flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_is_what_has_a_scheme_or_a_host() {
        assert!(is_outside("https://a/b") && is_outside("//a/b") && is_outside("mailto:a"));
        assert!(!is_outside("../a.html#b:c") && !is_outside("a.html") && !is_outside("data:image/png;base64,"));
    }

    #[test]
    fn links_ids_and_loads_are_read() {
        let page = page("<p id=one><a href='#two'>x</a><img src=\"a.png\"><script src=b.js></script>");
        assert_eq!((page.links, page.loads), (vec!["#two".to_owned()], vec!["a.png".to_owned(), "b.js".to_owned()]));
        assert!(page.ids.contains("one"));
    }
}
