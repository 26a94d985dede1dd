//! Turns what was found into figures, and into claims that hold.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use crate::arguments::Options;
use crate::crawler::Crawl;
use crate::serve::Counts;

/// So many are named, where naming all would be too much.
const FEW: usize = 5;

/// Every URL that was asked for, and the answer.
pub(crate) type Site = BTreeMap<Url, Answer>;

/// What stands at a URL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// HTML, so many bytes of it.
    Page(usize),
    /// So many bytes of something else.
    File(usize),
    /// The page is at another URL, and that is a link like others.
    Moved,
    /// Nothing: the links that lead here are broken.
    Missing,
    /// Another status, or why there is none.
    Other(String),
}

impl Answer {
    fn bytes_of_page(&self) -> Option<usize> {
        if let Self::Page(bytes) = self { Some(*bytes) } else { None }
    }
}

pub(crate) fn tell(options: &Options, start: &Url, crawl: &Crawl, (most, asked): &Counts, walk: Duration) {
    let Options { concurrency, delay, .. } = options;
    let Crawl { site, took, late, .. } = crawl;
    let ms = delay.as_millis();
    println!("From {}, {concurrency} requests in flight at most, each answered after {ms} ms:\n", start.path());
    let megabytes = site.values().filter_map(Answer::bytes_of_page).sum::<usize>() as f64 / 1e6;
    row("pages", pages(site).to_string(), &format!("{megabytes:.1} MB of HTML"));
    row("other files", count(site, |answer| matches!(answer, Answer::File(_))), "");
    row("redirects", count(site, |answer| *answer == Answer::Moved), "");
    row("broken links", count(site, |answer| *answer == Answer::Missing), "");
    list(crawl, |answer| *answer == Answer::Missing);
    row("other answers", count(site, |answer| matches!(answer, Answer::Other(_))), "");
    list(crawl, |answer| matches!(answer, Answer::Other(_)));

    let (seconds, in_a_row) = (took.as_secs_f64(), delay.as_secs_f64() * site.len() as f64);
    let pace =
        format!("{:.0} pages/s; one after another, the waits alone are {in_a_row:.1} s", pages(site) as f64 / seconds);
    row("time", format!("{seconds:.2} s"), &pace);
    row("most in flight", most.to_string(), "counted by the server");
    let times = asked.values().max().map_or_else(String::new, usize::to_string);
    row("requests for a page", times, "at most, counted by the server");
    let late = format!("{:.1} ms", late.as_secs_f64() * 1e3);
    row("a beat of the loop", late, "late at most, 99 times in 100");
    let walk = format!("{:.2} s", walk.as_secs_f64());
    row("for comparison", walk, "to read the files and find their links in plain code, without server or waits");
}

fn row(name: &str, figure: String, more: &str) {
    println!("{}", format!("  {name:<20}{figure:>9}   {more}").trim_end());
}

pub(crate) fn pages(site: &Site) -> usize {
    site.values().filter_map(Answer::bytes_of_page).count()
}

fn count(site: &Site, is_meant: impl Fn(&Answer) -> bool) -> String {
    site.values().filter(|answer| is_meant(answer)).count().to_string()
}

/// Names the first few URLs with such an answer, and where the links to them stand.
fn list(crawl: &Crawl, is_meant: impl Fn(&Answer) -> bool) {
    let mut meant = crawl.site.iter().filter(|(_, answer)| is_meant(answer));
    for (url, answer) in meant.by_ref().take(FEW) {
        let why = if let Answer::Other(why) = answer { format!(": {why}") } else { String::new() };
        println!("    {}, on {}{why}", url.path(), crawl.seen[url].path());
    }
    let rest = meant.count();
    if 0 < rest {
        println!("    and {rest} more");
    }
}

/// What this program claims.
pub(crate) fn check(options: &Options, crawl: &Crawl, (most, asked): &Counts, walked: &Site) {
    assert!(*most <= options.concurrency, "never more in flight than allowed, by the server's own count");
    let twice: Vec<_> = asked.iter().filter(|(_, times)| **times != 1).take(FEW).collect();
    assert!(twice.is_empty(), "each page is asked for once, by the server's own count: {twice:?}");
    assert!(asked.keys().eq(crawl.site.keys().map(Url::path)), "no answer of the server is lost, and none is made up");
    let lacking = walked.iter().filter(|(page, answer)| crawl.site.get(page) != Some(answer));
    let lacking: Vec<_> = lacking.map(|(page, answer)| (page.path(), answer)).take(FEW).collect();
    assert!(lacking.is_empty(), "the crawl finds whatever the walk finds: {lacking:?}");
    assert_eq!(crawl.site.len(), walked.len(), "and nothing else");
}
