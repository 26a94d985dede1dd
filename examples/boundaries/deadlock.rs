//! Turns a pool whose threads all wait for the loop, which waits for the pool, into a list of who waits for what.
//!
//! A timeout finds it here. A later version tells of such a circle by itself, in its dump.

use std::io;
use std::time::Duration;

use wheelwright::inspect::{self, TaskInfo, TaskState};
use wheelwright::time::timeout;
use wheelwright::{Handle, Runtime, join_all, spawn_blocking, spawn_named};

use crate::crossings::{self, Way};

const PAGES: usize = 1;
const PATIENCE: Duration = Duration::from_millis(300);

pub(crate) fn show() -> io::Result<()> {
    println!("\nd  Out, in and out again: a job of the pool waits for a task, which waits for another job of the pool");
    for threads in [PAGES, PAGES + 1] {
        let runtime = Runtime::builder().max_blocking_threads(threads).build()?;
        crossings::note(Way::BlockOn);
        runtime.block_on(wait(threads)); // the end of the runtime opens the circle: it drops the task
    }
    Ok(())
}

async fn wait(threads: usize) {
    let pages = join_all((0..PAGES).map(|_| spawn_named("page", page())));
    let outcome = timeout(PATIENCE, pages).await;
    match &outcome {
        Ok(_) => println!("   a pool of {threads}: everything came"),
        Err(_) => {
            let jobs = inspect::live().blocking_jobs;
            println!(
                "   a pool of {threads}: nothing came in {PATIENCE:?}; jobs that began or wait for a thread: {jobs}"
            );
            let parked = |task: &TaskInfo| matches!(task.state, TaskState::Parked { .. });
            inspect::tasks().iter().filter(|task| parked(task)).for_each(|task| println!("      {task}"));
        }
    }
    assert_eq!(outcome.is_err(), threads <= PAGES, "each page holds one thread, and needs another");
}

/// The inner job needs a thread while the outer one holds its own.
async fn page() -> Option<&'static str> {
    let handle = Handle::current();
    crossings::note(Way::SpawnBlocking);
    let outer = spawn_blocking(move || {
        crossings::note(Way::HandleBlockOn);
        let row = handle.block_on(async || {
            crossings::note(Way::SpawnBlocking);
            spawn_blocking(|| "a row").await
        });
        row.ok()?.ok()?.ok()
    });
    outer.await.ok()?
}
