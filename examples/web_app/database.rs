//! Turns a file of SQLite into an order book. Whatever is called here blocks, so it is for threads of the pool.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, Result};

/// A page shows so many, the latest first.
const SHOWN: u32 = 20;

pub(crate) struct Order {
    pub(crate) number: i64,
    pub(crate) customer: String,
    pub(crate) work: String,
}

/// An order book; its clones are of the same file.
#[derive(Clone)]
pub(crate) struct Database {
    file: PathBuf,
    /// Connections that nobody uses at the moment; at most one for each thread that ever asked at once.
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Database {
    pub(crate) fn open(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        let journal = "PRAGMA journal_mode = WAL"; // so that who reads and who writes do not wait for each other
        connection.query_row(journal, [], |_| Ok(()))?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, customer TEXT NOT NULL, work TEXT NOT NULL)",
        )?;
        Ok(Self { file: file.into(), idle: Arc::new(Mutex::new(vec![connection])) })
    }

    pub(crate) fn add(&self, customer: &str, work: &str) -> Result<()> {
        let insert = "INSERT INTO orders (customer, work) VALUES (?1, ?2)";
        self.with(|connection| connection.execute(insert, [customer, work])).map(drop)
    }

    pub(crate) fn latest(&self) -> Result<Vec<Order>> {
        let select = "SELECT number, customer, work FROM orders ORDER BY number DESC LIMIT ?1";
        let order =
            |row: &rusqlite::Row<'_>| Ok(Order { number: row.get(0)?, customer: row.get(1)?, work: row.get(2)? });
        self.with(|connection| connection.prepare(select)?.query_map([SHOWN], order)?.collect())
    }

    /// How many orders there are.
    pub(crate) fn count(&self) -> Result<i64> {
        self.with(|connection| connection.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)))
    }

    /// Stands for a query that takes its time: it counts, for about 50 ms.
    pub(crate) fn slow(&self) -> Result<i64> {
        let count =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT max(i) FROM n";
        self.with(|connection| connection.query_row(count, [], |row| row.get(0)))
    }

    /// Lends a connection of its own to each that asks.
    fn with<R>(&self, ask: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
        let idle = self.idle.lock().expect("nobody panics with it").pop();
        let connection = idle.map_or_else(|| Connection::open(&self.file), Ok)?;
        let answer = ask(&connection);
        self.idle.lock().expect("nobody panics with it").push(connection);
        answer
    }
}
