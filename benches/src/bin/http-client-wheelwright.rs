//! Turns this project's client into GETs: futures side by side in one task, each made when its permit is free.

use std::io::{self, Write};

use wheelwright::for_each_concurrent;
use wheelwright_benches::client::{BODY, Job};
use wheelwright_benches::measure::Stopwatch;
use wheelwright_http::Client;

fn main() -> io::Result<()> {
    let job = Job::from_command_line();
    wheelwright::block_on(async {
        let client = Client::new();
        fetch(&client, &job, job.warm_up()).await;
        let watch = Stopwatch::start();
        fetch(&client, &job, job.requests).await;
        writeln!(io::stdout(), "{}", watch.stop(job.requests as u64))
    })
}

async fn fetch(client: &Client, job: &Job, requests: usize) {
    let url = job.url();
    let gets = for_each_concurrent(job.concurrency, 0..requests, |_| async {
        let response = client.get(&url).expect("the URL is valid").send().await.expect("the server answers");
        assert_eq!(response.status(), 200, "the server has what is asked for");
        let body = response.bytes().await.expect("the body comes whole");
        assert_eq!(body.len(), BODY, "the server sends as many bytes as were asked for");
    });
    gets.await;
}
