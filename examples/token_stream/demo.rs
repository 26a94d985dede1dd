//! Turns four readers at once into a table of what each of them had, and when, beside what was made by then.

use std::io;

use support::usage::os_threads;
use wheelwright::try_join_all;
use wheelwright_http::Error;

use crate::model::{PACE, TOKENS};
use crate::reader::{Order, Reader};
use crate::record::Record;
use crate::serve;

/// What the readers ask for, and after how many tokens they go away.
const READERS: [(&str, usize); 4] = [
    ("/tokens?prompt=rain", usize::MAX),
    ("/tokens?prompt=snow", usize::MAX),
    ("/text?prompt=wind", usize::MAX),
    ("/tokens?prompt=fog", 5),
];

pub(crate) async fn run() -> io::Result<()> {
    let (running, record) = serve::start(0)?;
    let url = format!("http://{}", running.local_addr());
    show(&url, &record).await.map_err(io::Error::other)
}

async fn show(url: &str, record: &Record) -> Result<(), Error> {
    println!("four readers at once, {TOKENS} tokens for each; a token takes {} ms\n", PACE.as_millis());
    println!("                         first came   made by then     last came   made for nobody");
    let order = Order::default();
    let readers = READERS.map(|(path, enough)| Reader::new(url, path, record, &order).read(enough));
    let readers = try_join_all(readers).await?;
    readers.iter().for_each(Reader::report);
    let turns = order.borrow().windows(2).filter(|two| two[0] != two[1]).count();
    assert!(order.borrow().len() < 2 * turns, "answers come beside each other, not one behind the other");
    assert!(os_threads().is_none_or(|threads| threads == 1), "server and readers take one thread");
    println!(
        "\nOf {TOKENS} tokens the first was read when {} was made; four answers took turns on one thread; a reader left after \
         {}, and {} more were made for nobody.",
        readers[0].made, READERS[3].1, readers[3].in_vain
    );
    Ok(())
}
