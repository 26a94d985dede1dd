//! Turns a folder into a server that counts what it is asked for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderName, LOCATION};
use http::{Response, StatusCode};
use support::process::released;
use wheelwright::{fs, spawn_blocking, time::sleep};
use wheelwright_http::{Body, Server};

use crate::folder::{Folder, Found, content_type};

/// The most requests that were in flight at once, and how often each path was asked for.
pub(crate) type Counts = (usize, BTreeMap<String, usize>);

/// The pages of a folder, and what was asked for.
pub(crate) struct Pages {
    folder: Folder,
    /// The time that each answer takes, as if the server were far away or busy.
    delay: Duration,
    in_flight: Cell<usize>,
    counts: RefCell<Counts>,
}

impl Pages {
    pub(crate) fn new(folder: Folder, delay: Duration) -> Self {
        Self { folder, delay, in_flight: Cell::default(), counts: RefCell::default() }
    }

    /// Prints its URL, serves until whoever started this process has had enough, and prints its counts.
    pub(crate) async fn serve(self) -> io::Result<()> {
        let server = Server::bind("127.0.0.1:0")?;
        println!("http://{}/", server.local_addr());
        let pages = Rc::new(self);
        let running = server.serve({
            let pages = Rc::clone(&pages);
            move |request| {
                let pages = Rc::clone(&pages);
                async move { pages.answer(request.uri().path()).await }
            }
        });
        released().await;
        running.shutdown(Duration::ZERO).await;
        println!("{}", serde_json::to_string(&*pages.counts.borrow())?);
        Ok(())
    }

    async fn answer(&self, path: &str) -> Response<Body> {
        let _leaves = self.enter(path);
        sleep(self.delay).await;
        let (folder, wanted) = (self.folder.clone(), path.to_owned());
        let found = spawn_blocking(move || folder.find(&wanted)).await.expect("a look at the disk does not panic");
        match found {
            Some(Found::File(name)) => match fs::read(&name).await {
                Ok(bytes) => response(StatusCode::OK, CONTENT_TYPE, content_type(&name), bytes),
                Err(_) => missing(),
            },
            Some(Found::Moved(to)) => response(StatusCode::PERMANENT_REDIRECT, LOCATION, &to, Body::empty()),
            None => missing(),
        }
    }

    fn enter(&self, path: &str) -> Leaves<'_> {
        let (most, asked) = &mut *self.counts.borrow_mut();
        *asked.entry(path.to_owned()).or_default() += 1;
        self.in_flight.set(self.in_flight.get() + 1);
        *most = self.in_flight.get().max(*most);
        Leaves(&self.in_flight)
    }
}

/// Takes a request out of the count, also if its client goes away before the answer.
struct Leaves<'a>(&'a Cell<usize>);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

fn missing() -> Response<Body> {
    response(StatusCode::NOT_FOUND, CONTENT_TYPE, "text/plain", "There is nothing here.\n")
}

fn response(status: StatusCode, name: HeaderName, value: &str, body: impl Into<Body>) -> Response<Body> {
    let response = Response::builder().status(status).header(name, value.as_bytes()).body(body.into());
    response.expect("what may stand in a URL may stand in a header")
}
