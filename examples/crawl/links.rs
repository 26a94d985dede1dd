//! Turns a page's HTML into the pages that it leads to.

use std::collections::BTreeSet;

use html5gum::{DefaultEmitter, Token, Tokenizer};
use url::Url;

/// The folder below which a crawl stays that begins at this page.
pub(crate) fn folder_of(start: &Url) -> String {
    start.join(".").expect("a page of a server has a folder").into()
}

/// Where the `a` and `area` elements of a page lead, as far as that is below `within`.
///
/// These are the links that a reader can follow. `img`, `link` and `script` name parts of the page, which lead nowhere.
pub(crate) fn find(page: &Url, html: &[u8], within: &str) -> BTreeSet<Url> {
    let mut emitter = DefaultEmitter::default();
    // Then what looks like a tag within a script is none.
    emitter.naively_switch_states(true);
    let mut base = None;
    let mut found = BTreeSet::new();
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        let Token::StartTag(tag) = token else { continue };
        let Some(href) = tag.attributes.get(b"href".as_slice()) else { continue };
        let href = String::from_utf8_lossy(href);
        match tag.name.as_slice() {
            b"a" | b"area" => found.extend(target(base.as_ref().unwrap_or(page), &href, within)),
            b"base" => base = base.or_else(|| page.join(&href).ok()),
            _ => {}
        }
    }
    found
}

/// The page that a link leads to, if it is below `within`.
///
/// A fragment is a place on the page, and to a page that is a file the query says nothing.
pub(crate) fn target(base: &Url, href: &str, within: &str) -> Option<Url> {
    let mut page = base.join(href).ok()?;
    page.set_fragment(None);
    page.set_query(None);
    page.as_str().starts_with(within).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::{Url, find, folder_of};

    fn found(html: &str) -> Vec<String> {
        let page = Url::parse("http://localhost:1/a/page.html").expect("a URL");
        find(&page, html.as_bytes(), &folder_of(&page)).into_iter().map(Into::into).collect()
    }

    #[test]
    fn links_that_are_written_differently_are_one() {
        let html = "<A HREF=' b.html#x'>b</A> <a href=./b.html?y> <area href='/a/../a/%2e/b.html'><a href=&#98;.html>";
        assert_eq!(found(html), ["http://localhost:1/a/b.html"]);
    }

    #[test]
    fn what_no_reader_can_follow_is_no_link() {
        let html =
            "<script>'<a href=x>'</script><!-- <a href=x> --><img src=x><link href=x></a href=x><a name=x data-href=x>";
        assert_eq!(found(html), [""; 0]);
    }

    #[test]
    fn a_crawl_stays_below_the_folder_and_with_the_server() {
        let html =
            "<a href=/b.html> <a href=../b> <a href=//localhost:2/a/b> <a href=ftp://localhost/a/> <a href=mailto:b>";
        assert_eq!(found(html), [""; 0]);
        assert_eq!(found("<base href=c/><base href=d/><a href=b.html>"), ["http://localhost:1/a/c/b.html"]);
    }
}
