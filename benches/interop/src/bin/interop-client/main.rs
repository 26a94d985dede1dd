//! Turns a server's address and the names of what it can do into exchanges of this project's client, each of them checked.
//!
//! `interop-client URL PART...` ends with a line that says how many there were. Whatever is not as agreed is a panic.

mod answers; // status and body for a status
mod asking; // one exchange after another
mod bodies; // the same bytes in every framing
mod crowd; // many at once, over connections that are kept
mod files; // what servers of files do beside
mod redirects; // answers that point elsewhere
mod secure; // all of it under TLS
mod streams; // events, trailers, what comes before a response
mod uploads; // what is sent, whole and in pieces

use std::io::{self, Write};
use std::rc::Rc;

use asking::Asking;
use wheelwright::{inspect, yield_now};
use wheelwright_http::Client;

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, parts @ ..] = words.as_slice() else { panic!("usage: URL PART...") };
    wheelwright::block_on(async {
        let before = inspect::live();
        let asking = Rc::new(Asking::new(Client::new(), url));
        for part in parts {
            ask(part, &asking).await;
        }
        let exchanges = asking.exchanges();
        drop(asking);
        // What watches over idle connections ends in the next lap.
        yield_now().await;
        assert_eq!(inspect::live(), before, "nothing is left");
        writeln!(io::stdout(), "{exchanges} exchanges")
    })
}

/// One part of what a server may be able to do.
async fn ask(part: &str, asking: &Rc<Asking>) {
    match part {
        "bytes" => bodies::bytes(asking).await,
        "chunks" => bodies::chunks(asking).await,
        "answers" => answers::statuses(asking).await,
        "uploads" => uploads::sums(asking).await,
        "echo" => uploads::echo(asking).await,
        "refused" => uploads::refused(asking).await,
        "crowd" => crowd::many(asking, None).await,
        "tens" => crowd::many(asking, Some(10)).await,
        "once" => crowd::many(asking, Some(1)).await,
        "events" => streams::events(asking).await,
        "trailers" => streams::trailers(asking).await,
        "hints" => streams::hints(asking).await,
        "upgrade" => streams::upgrade(asking).await,
        "ranges" => files::ranges(asking).await,
        "gzip" => files::gzip(asking).await,
        "pages" => files::error_pages(asking).await,
        "idle" => files::idle(asking).await,
        "unframed" => files::unframed(asking).await,
        "redirects" => redirects::followed(asking).await,
        "tls" => secure::tls(asking).await,
        _ => panic!("there is no part `{part}`"),
    }
}
