//! Turns a course into GETs by this project's client: futures side by side in one task, each made when its permit is free.

use std::io::{self, Write};

use wheelwright::{Runtime, for_each_concurrent};
use wheelwright_http::Client;

use crate::client::{BODY, Course, Leg};

/// Runs the course of the command line on this runtime and prints what it took.
///
/// # Errors
///
/// Nobody reads the figures.
///
/// # Panics
///
/// Panics if a request fails.
pub fn main(runtime: &Runtime) -> io::Result<()> {
    let mut course = Course::from_command_line();
    runtime.block_on(async {
        let client = Client::new();
        while let Some(leg) = course.next_leg() {
            fetch(&client, &leg).await;
        }
        writeln!(io::stdout(), "{}", course.end())
    })
}

async fn fetch(client: &Client, leg: &Leg) {
    let urls = &leg.urls();
    let gets = for_each_concurrent(leg.concurrency, 0..leg.requests, |number| async move {
        let response =
            client.get(&urls[number % urls.len()]).expect("the URL is valid").send().await.expect("the server answers");
        assert_eq!(response.status(), 200, "the server has what is asked for");
        let body = response.bytes().await.expect("the body comes whole");
        assert_eq!(body.len(), BODY, "the server sends as many bytes as were asked for");
    });
    gets.await;
}
