//! Turns one page into its answer and its links, when its turn has come.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use url::Url;
use wheelwright::spawn_blocking;
use wheelwright::sync::Semaphore;
use wheelwright_http::{Client, Error};

use crate::links;
use crate::report::Answer;

/// Whoever takes longer does not answer.
const LIMIT: Duration = Duration::from_secs(30);

/// What all visits have in common.
pub(crate) struct Visitor {
    client: Client,
    within: String,
    /// A permit for each request in flight. A crawl of several hosts would have one of these for each.
    permits: Semaphore,
}

impl Visitor {
    pub(crate) fn new(within: String, concurrency: usize) -> Result<Rc<Self>, Error> {
        let client = Client::builder().timeout(LIMIT).build()?;
        Ok(Rc::new(Self { client, within, permits: Semaphore::new(concurrency) }))
    }

    /// How many more may be in flight.
    pub(crate) fn free(&self) -> usize {
        self.permits.available_permits()
    }

    pub(crate) async fn visit(self: Rc<Self>, page: Url) -> (Url, Answer, BTreeSet<Url>) {
        // Kept until the links are found: no more pages than permits are in memory.
        let _permit = self.permits.acquire().await.expect("nobody closes the semaphore");
        match self.ask(&page).await {
            Ok((answer, links)) => (page, answer, links),
            Err(error) => (page, Answer::Other(error.kind().to_string()), BTreeSet::new()),
        }
    }

    async fn ask(&self, page: &Url) -> Result<(Answer, BTreeSet<Url>), Error> {
        let response = self.client.get(page)?.send().await?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match response.status() {
            StatusCode::OK if header(CONTENT_TYPE).starts_with("text/html") => {
                let html = response.bytes().await?;
                let (page, within) = (page.clone(), self.within.clone());
                let answer = Answer::Page(html.len());
                // A page of several MB takes 100 ms, too long for the loop, which has others to look after.
                let find = spawn_blocking(move || links::find(&page, &html, &within));
                Ok((answer, find.await.expect("finding links does not panic")))
            }
            StatusCode::OK => Ok((Answer::File(response.bytes().await?.len()), BTreeSet::new())),
            status if status.is_redirection() => {
                Ok((Answer::Moved, links::target(page, header(LOCATION), &self.within).into_iter().collect()))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok((Answer::Missing, BTreeSet::new())),
            status => Ok((Answer::Other(status.to_string()), BTreeSet::new())),
        }
    }
}
