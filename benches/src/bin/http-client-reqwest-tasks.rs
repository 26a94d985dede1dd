//! Turns one reqwest client into GETs the way most programs do: a task for each URL, and a semaphore.

use std::io::{self, Write};
use std::sync::Arc;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::Semaphore;
use wheelwright_benches::client::{BODY, Course, Leg};

fn main() -> io::Result<()> {
    let mut course = Course::from_command_line();
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let client = reqwest::Client::new();
        while let Some(leg) = course.next_leg() {
            fetch(&client, &leg).await;
        }
        writeln!(io::stdout(), "{}", course.end())
    })
}

async fn fetch(client: &reqwest::Client, leg: &Leg) {
    let permits = Arc::new(Semaphore::new(leg.concurrency));
    let urls = leg.urls();
    let start =
        |number: usize| tokio::spawn(get(client.clone(), urls[number % urls.len()].clone(), Arc::clone(&permits)));
    let tasks: Vec<_> = (0..leg.requests).map(start).collect();
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
