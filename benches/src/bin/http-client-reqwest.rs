//! Turns one reqwest client into GETs: futures side by side in one task, at most so many at once.

use std::io::{self, Write};

use futures_util::{StreamExt, stream};
use tokio::runtime::{Builder, LocalOptions};
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
    let url = job.url();
    let gets = stream::iter(0..requests).for_each_concurrent(job.concurrency, |_| async {
        let response = client.get(&url).send().await.expect("the server answers");
        assert_eq!(response.status(), reqwest::StatusCode::OK, "the server has what is asked for");
        let body = response.bytes().await.expect("the body comes whole");
        assert_eq!(body.len(), BODY, "the server sends as many bytes as were asked for");
    });
    gets.await;
}
