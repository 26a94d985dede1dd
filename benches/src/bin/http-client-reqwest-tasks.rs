//! Turns one reqwest client into GETs the way most programs do: a task for each URL, and a semaphore.

use std::io::{self, Write};
use std::sync::Arc;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::Semaphore;
use wheelwright_benches::client::{BODY, Job};
use wheelwright_benches::measure::Stopwatch;

fn main() -> io::Result<()> {
    let job = Job::from_command_line();
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let client = reqwest::Client::new();
        fetch(&client, &job, job.warm_up()).await;
        let watch = Stopwatch::start();
        fetch(&client, &job, job.requests).await;
        writeln!(io::stdout(), "{}", watch.stop(job.requests as u64))
    })
}

async fn fetch(client: &reqwest::Client, job: &Job, requests: usize) {
    let permits = Arc::new(Semaphore::new(job.concurrency));
    let start = |_| tokio::spawn(get(client.clone(), job.url(), Arc::clone(&permits)));
    let tasks: Vec<_> = (0..requests).map(start).collect();
    for task in tasks {
        task.await.expect("no request fails");
    }
}

async fn get(client: reqwest::Client, url: String, permits: Arc<Semaphore>) {
    let _permit = permits.acquire().await.expect("nobody closes the semaphore");
    let response = client.get(url).send().await.expect("the server answers");
    assert_eq!(response.status(), reqwest::StatusCode::OK, "the server has what is asked for");
    let body = response.bytes().await.expect("the body comes whole");
    assert_eq!(body.len(), BODY, "the server sends as many bytes as were asked for");
}
