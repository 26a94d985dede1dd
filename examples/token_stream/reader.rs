//! Turns an answer, as its pieces come, into what its reader had of it, and how much was made by then.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use wheelwright::stream::StreamExt;
use wheelwright::time::{now, sleep};
use wheelwright_http::{Client, Error};

use crate::model::{self, PACE, TOKENS};
use crate::record::{Ended, Record};

/// Whose pieces came, of all readers, one after another.
pub(crate) type Order = RefCell<Vec<&'static str>>;

/// Somebody who asks, and what came.
pub(crate) struct Reader<'a> {
    server: &'a str,
    path: &'static str,
    prompt: &'static str,
    record: &'a Record,
    order: &'a Order,
    asked: Instant,
    text: String,
    pieces: usize,
    first: Duration,
    last: Duration,
    /// How many tokens the server had made when the first piece came.
    pub(crate) made: usize,
    /// How many it made when nobody was there to read.
    pub(crate) in_vain: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(server: &'a str, path: &'static str, record: &'a Record, order: &'a Order) -> Self {
        let (_, prompt) = path.split_once('=').expect("it has a prompt");
        let ([first, last], [pieces, made, in_vain]) = ([Duration::ZERO; 2], [0; 3]);
        let (asked, text) = (now(), String::new());
        Self { server, path, prompt, record, order, asked, text, pieces, first, last, made, in_vain }
    }

    /// Reads the answer; if it has enough before the end, it goes away, and comes back for the rest.
    pub(crate) async fn read(mut self, enough: usize) -> Result<Self, Error> {
        self.read_until(enough).await?;
        if self.pieces == enough {
            self.stay_away().await;
            self.read_until(usize::MAX).await?;
        }
        assert_eq!(self.text, model::answer(self.prompt).collect::<String>(), "every token once, and in order");
        Ok(self)
    }

    async fn read_until(&mut self, enough: usize) -> Result<(), Error> {
        let request = Client::new().get(format!("{}{}", self.server, self.path))?;
        // A browser that comes back says by itself what it had.
        let request = request.header("last-event-id", self.pieces.to_string());
        let mut response = request.send().await?.error_for_status()?;
        if response.headers()["content-type"] != "text/event-stream" {
            while let Some(bytes) = response.chunk().await? {
                self.take(&String::from_utf8_lossy(&bytes));
            }
            return Ok(());
        }
        let mut events = response.events();
        while self.pieces < enough
            && let Some(event) = events.next().await.transpose()?
            && event.name() != "done"
        {
            self.take(event.data());
        }
        Ok(())
    }

    fn take(&mut self, piece: &str) {
        self.last = now() - self.asked;
        if self.pieces == 0 {
            (self.first, self.made) = (self.last, self.record.of(self.prompt).tokens.get());
        }
        self.pieces += 1;
        self.text.push_str(piece);
        self.order.borrow_mut().push(self.prompt);
    }

    /// Waits until the server knows that nobody reads on, and counts what it makes until then.
    async fn stay_away(&mut self) {
        let made = self.record.of(self.prompt);
        let before = made.tokens.get();
        while made.ended.get().is_none() {
            sleep(PACE / 4).await;
        }
        self.in_vain = made.tokens.get() - before;
        assert_eq!(made.ended.get(), Some(Ended::ReaderLeft));
        assert!(self.in_vain <= 2, "the second write to a reader who is gone fails, if not the first");
    }

    pub(crate) fn report(&self) {
        let [first, last] = [self.first, self.last].map(|after| after.as_millis());
        let (path, made, in_vain) = (self.path, self.made, self.in_vain);
        println!("  {path:20}{first:>10} ms  {made:>13}  {last:>9} ms  {in_vain:>16}");
        assert!(made < TOKENS / 2, "the first token is read long before the last is made");
    }
}
