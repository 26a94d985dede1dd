//! Turns a list that comes page by page into a stream: the next page is on its way while this one is read.
//!
//! `cargo run --release --example streams` runs under the paused clock: it waits for more than a second in no time.
//! The same in Python is `book/python/streams.py`, with tokio `benches/book/streams.rs`; the three print the same.
//! A body larger than the memory it takes is the topic of `download`.
//!
//! Try: let an item take 50 ms to read. Who waits for whom now? What does a page ahead save then, and what at 10 ms?

use std::cell::RefCell;
use std::io;
use std::time::{Duration, Instant};

use support::timeline;
use wheelwright::stream::{self, Stream, StreamExt};
use wheelwright::time::{self, sleep};
use wheelwright::{Runtime, join};

const PAGES: [&str; 4] = ["abc", "def", "ghi", "jkl"];
const FETCH: usize = 100;
const READ: usize = 30;
/// What a sign of the chart stands for.
const SIGN: usize = 10;

fn main() -> io::Result<()> {
    println!("4 pages of 3 items: a page takes {FETCH} ms to come, an item {READ} ms to read; a sign is {SIGN} ms");
    timeline::run(Runtime::builder().paused(), async {
        let (count, each) = (PAGES.len(), 3 * READ);
        let chart = Chart::new();
        one_at_a_time(&chart).await;
        let sum = chart.show("each page when it is wanted");
        assert_eq!(sum, count * (FETCH + each), "fetching and reading take turns");

        let chart = Chart::new();
        one_ahead(&chart).await;
        let overlapped = chart.show("one page ahead");
        assert_eq!(overlapped, FETCH + (count - 1) * FETCH.max(each) + each, "the longer of the two hides the other");
        println!(
            "\nAn async generator runs only while it is asked: asked one page ahead, it fetches while we read, \
             and all is read after {overlapped} ms instead of {sum} ms."
        );
    })?;
    Ok(())
}

/// The pages of a list, each fetched when it is asked for. Until the next one is asked for, the block stands still.
fn pages(chart: &Chart) -> impl Stream<Item = &'static str> + Unpin {
    stream::generator(async move |y| {
        let mut next = Some(0);
        while let Some(page) = next {
            let items;
            (items, next) = fetch(page, chart).await;
            y.yield_(items).await;
        }
    })
}

async fn one_at_a_time(chart: &Chart) {
    let mut pages = pages(chart);
    while let Some(items) = pages.next().await {
        read(items, chart).await;
    }
}

/// To be several pages ahead, a task would send them into a channel that has room for so many.
async fn one_ahead(chart: &Chart) {
    let mut pages = pages(chart);
    let mut page = pages.next().await;
    while let Some(items) = page {
        (page, ()) = join(pages.next(), read(items, chart)).await;
    }
}

/// Stands for a service with a long list: it gives a page, and tells which one comes next.
async fn fetch(page: usize, chart: &Chart) -> (&'static str, Option<usize>) {
    chart.spend(FETCH, &(page + 1).to_string(), &chart.service).await;
    (PAGES[page], (page + 1 < PAGES.len()).then_some(page + 1))
}

async fn read(items: &str, chart: &Chart) {
    for item in items.chars() {
        chart.spend(READ, &item.to_string(), &chart.reader).await;
    }
}

/// Who is busy when, and with what.
struct Chart {
    begun: Instant,
    service: RefCell<String>,
    reader: RefCell<String>,
}

impl Chart {
    fn new() -> Self {
        Self { begun: time::now(), service: RefCell::default(), reader: RefCell::default() }
    }

    fn ms(&self) -> usize {
        (time::now() - self.begun).as_millis() as usize
    }

    async fn spend(&self, ms: usize, sign: &str, lane: &RefCell<String>) {
        let from = self.ms() / SIGN;
        sleep(Duration::from_millis(ms as u64)).await;
        let mut lane = lane.borrow_mut();
        *lane = format!("{lane:from$}{}", sign.repeat(self.ms() / SIGN - from));
    }

    /// Prints it, and tells how long all took.
    fn show(&self, title: &str) -> usize {
        let (service, reader, took) = (self.service.borrow(), self.reader.borrow(), self.ms());
        let (first, last) = ((reader.len() - reader.trim_start().len()) * SIGN, service.len() * SIGN);
        println!("\n{title}: first item after {first} ms, last page after {last} ms, all read after {took} ms");
        println!("  service  {service}\n  reader   {reader}");
        let mut items: Vec<char> = reader.replace(' ', "").chars().collect();
        items.dedup();
        assert_eq!(String::from_iter(items), PAGES.concat(), "every item once, and in order");
        assert!(reader.find('a') < service.find('4'), "the first item is read before the last page is asked for");
        took
    }
}
