//! Turns one page of ten queries, which block, into three ways to ask for it.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use support::heartbeat::Heartbeat;
use support::quantile;
use wheelwright::{spawn_blocking, yield_now};

use crate::crossings::{self, Way};

const ROWS: u32 = 500;
const QUERIES: u32 = 10;
const PAGES: u32 = 400;

/// A job that asks has it for itself meanwhile. Nobody ever waits for it here: one query follows the other.
type Database = Arc<Mutex<Connection>>;

struct Measured {
    /// The median.
    page: Duration,
    all_pages: Duration,
    crossings: u64,
    /// How late the heartbeat was meanwhile.
    late: Duration,
}

/// Gives the microseconds of a page in each of the ways.
pub(crate) async fn show() -> Result<[u128; 3], Box<dyn Error>> {
    println!(
        "\nb  From the loop out: {PAGES} pages, one after another, each of {QUERIES} queries to SQLite (a file), which block"
    );
    println!("{:<28}{:>11}{:>21}{:>26}", "", "us per page", "crossings per page", "heartbeat late by, in ms");
    let database = Arc::new(Mutex::new(create()?));
    // Asking on the loop never waits, so that all pages are one turn of it, in which nobody else's turn comes.
    let inline = measure("page on the loop itself", async || page(&database.lock().expect("no query panics"))).await;
    let whole = measure("page on the pool", async || on_the_pool(&database, page).await).await;
    let each = measure("each query on the pool", async || query_by_query(&database).await).await;
    assert_eq!([0, 1, QUERIES.into()], [inline.crossings, whole.crossings, each.crossings], "there and back is one");
    assert!(inline.all_pages / 2 < inline.late, "a loop that blocks does nothing else until the last page is done");
    assert!(whole.late < whole.all_pages / 2 && each.late < each.all_pages / 2, "with the pool at work it is free");
    Ok([inline, whole, each].map(|measured| measured.page.as_micros()))
}

async fn measure(name: &str, ask: impl AsyncFn() -> i64) -> Measured {
    let heartbeat = Heartbeat::start();
    yield_now().await; // so that its first beat is due before the pages are done
    let (begun, made) = (Instant::now(), crossings::made(Way::SpawnBlocking));
    let mut pages = Vec::new();
    for _ in 0..PAGES {
        let begun = Instant::now();
        assert_eq!(ask().await, i64::from(ROWS * (ROWS - 1) / 2), "a page shows all prices");
        pages.push(begun.elapsed());
    }
    let all_pages = begun.elapsed();
    let crossings = (crossings::made(Way::SpawnBlocking) - made) / u64::from(PAGES);
    let (page, late) = (quantile::of(&pages, 0.5), heartbeat.stop().await);
    println!("   {name:<25}{:>11}{crossings:>21}{:>26.1}", page.as_micros(), late.as_secs_f64() * 1e3);
    Measured { page, all_pages, crossings, late }
}

async fn on_the_pool(database: &Database, ask: impl FnOnce(&Connection) -> i64 + Send + 'static) -> i64 {
    let database = Arc::clone(database);
    crossings::note(Way::SpawnBlocking);
    spawn_blocking(move || ask(&database.lock().expect("no query panics"))).await.expect("no query panics")
}

async fn query_by_query(database: &Database) -> i64 {
    let mut sum = 0;
    for shelf in 0..QUERIES {
        sum += on_the_pool(database, move |database| query(database, shelf)).await;
    }
    sum
}

fn page(database: &Connection) -> i64 {
    (0..QUERIES).map(|shelf| query(database, shelf)).sum()
}

fn query(database: &Connection, shelf: u32) -> i64 {
    let sum = "SELECT sum(price) FROM item WHERE shelf = ?1";
    database.query_row(sum, [shelf], |row| row.get(0)).expect("there are items on every shelf")
}

fn create() -> Result<Connection, Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("wheelwright-{}.sqlite", std::process::id()));
    let database = Connection::open(&path)?;
    database.execute_batch("CREATE TABLE item (shelf INTEGER, price INTEGER); BEGIN")?;
    for n in 0..ROWS {
        database.execute("INSERT INTO item VALUES (?1, ?2)", [n % QUERIES, n])?;
    }
    database.execute_batch("COMMIT")?;
    std::fs::remove_file(path)?; // its name: the file itself goes with the connection
    Ok(database)
}
