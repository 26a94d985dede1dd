//! Turns a page into all that it leads to, with many requests in flight.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use support::heartbeat::Heartbeat;
use url::Url;
use wheelwright::TaskGroup;
use wheelwright::time::now;
use wheelwright_http::Error;

use crate::links;
use crate::report::{Answer, Site};
use crate::visit::Visitor;

/// What came of a crawl.
pub(crate) struct Crawl {
    pub(crate) site: Site,
    /// Every page that was asked for, and the one that led to it.
    pub(crate) seen: HashMap<Url, Url>,
    pub(crate) took: Duration,
    /// How late the beats of the loop were, 99 of 100 of them.
    pub(crate) late: Duration,
}

pub(crate) async fn run(start: &Url, concurrency: usize) -> Result<Crawl, Error> {
    let heart = Heartbeat::start();
    let begun = now();
    let (site, seen) = crawl(start, concurrency).await?;
    let took = now() - begun;
    Ok(Crawl { site, seen, took, late: heart.stop().await })
}

/// Each visit is a task. When one ends, those of its links that nobody has seen are further visits.
async fn crawl(start: &Url, concurrency: usize) -> Result<(Site, HashMap<Url, Url>), Error> {
    let visitor = Visitor::new(links::folder_of(start), concurrency)?;
    let mut visits = TaskGroup::new();
    visits.spawn(Rc::clone(&visitor).visit(start.clone()));
    // Noted before a visit, not after it: further links to a page come while it waits for its turn.
    let mut seen = HashMap::from([(start.clone(), start.clone())]);
    let mut site = Site::new();
    let bar = bar();
    let mut broken = 0;
    while let Some(visit) = visits.join_next().await {
        let (page, answer, links) = visit.expect("a visit does not panic, and nobody aborts it");
        for link in links {
            if seen.contains_key(&link) {
                continue;
            }
            seen.insert(link.clone(), page.clone());
            visits.spawn(Rc::clone(&visitor).visit(link));
        }
        broken += usize::from(answer == Answer::Missing);
        site.insert(page, answer);
        draw(&bar, [seen.len(), site.len(), concurrency - visitor.free(), broken]);
    }
    bar.finish_and_clear();
    Ok((site, seen))
}

fn draw(bar: &ProgressBar, [seen, done, in_flight, broken]: [usize; 4]) {
    if !bar.is_hidden() {
        let waiting = (seen - done).saturating_sub(in_flight);
        bar.set_length(seen as u64);
        bar.set_position(done as u64);
        bar.set_message(format!("{in_flight} in flight, {waiting} waiting, {broken} broken links"));
    }
}

/// Without a terminal nothing is drawn.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} pages done, {msg}");
    ProgressBar::new(1).with_style(style.expect("a template that was tried"))
}
