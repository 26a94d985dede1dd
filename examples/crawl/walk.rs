//! Turns a page into all that it leads to by reading one file after another: no server, no loop, nothing at once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeSet, VecDeque};

use url::Url;

use crate::folder::{Folder, Found, content_type};
use crate::links;
use crate::report::{Answer, Site};

/// Walks breadth first: what was found first is read first.
pub(crate) fn run(folder: &Folder, start: &Url) -> Site {
    let within = links::folder_of(start);
    let mut site = Site::new();
    let mut waiting = VecDeque::from([start.clone()]);
    while let Some(page) = waiting.pop_front() {
        let Entry::Vacant(place) = site.entry(page) else { continue };
        let (answer, links) = read(folder, place.key(), &within);
        waiting.extend(links);
        place.insert(answer);
    }
    site
}

fn read(folder: &Folder, page: &Url, within: &str) -> (Answer, BTreeSet<Url>) {
    let name = match folder.find(page.path()) {
        Some(Found::File(name)) => name,
        Some(Found::Moved(to)) => return (Answer::Moved, links::target(page, &to, within).into_iter().collect()),
        None => return (Answer::Missing, BTreeSet::new()),
    };
    match std::fs::read(&name) {
        Ok(html) if content_type(&name).starts_with("text/html") => {
            (Answer::Page(html.len()), links::find(page, &html, within))
        }
        Ok(bytes) => (Answer::File(bytes.len()), BTreeSet::new()),
        Err(_) => (Answer::Missing, BTreeSet::new()),
    }
}
