//! Turns fifty questions into the wait for one, and work into work for all cores.

use std::time::Duration;

use wheelwright::{spawn, spawn_blocking, time::sleep};

/// A service, and how long it takes to answer.
pub type Service = (&'static str, Duration);

async fn ask((name, after): Service) -> String {
    sleep(after).await;
    format!("{name} answers")
}

/// Asks all of them, and gives the answers in the order of the services.
pub async fn ask_all(services: Vec<Service>) -> Vec<String> {
    let tasks: Vec<_> = services.into_iter().map(|service| spawn(ask(service))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("it does not panic"));
    }
    answers
}

/// Computes with each number, and gives the results in the order of the numbers.
pub async fn compute_all<T: Send + 'static>(numbers: Vec<u64>, compute: fn(u64) -> T) -> Vec<T> {
    let jobs: Vec<_> = numbers.into_iter().map(|number| spawn_blocking(move || compute(number))).collect();
    let mut results = Vec::new();
    for job in jobs {
        results.push(job.await.expect("it does not panic"));
    }
    results
}
