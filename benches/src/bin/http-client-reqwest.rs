//! Turns one reqwest client into GETs: futures side by side in one task, at most so many at once.

use std::io::{self, Write};

use futures_util::{StreamExt, stream};
use tokio::runtime::{Builder, LocalOptions};
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
    let urls = &leg.urls();
    let gets = stream::iter(0..leg.requests).for_each_concurrent(leg.concurrency, |number| async move {
        let response = client.get(&urls[number % urls.len()]).send().await.expect("the server answers");
        assert_eq!(response.status(), reqwest::StatusCode::OK, "the server has what is asked for");
        let body = response.bytes().await.expect("the body comes whole");
        assert_eq!(body.len(), BODY, "the server sends as many bytes as were asked for");
    });
    gets.await;
}
