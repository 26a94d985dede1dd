//! Turns fifty questions into the wait for one, and work into work for all cores.

use std::time::Duration;

use wheelwright::time::sleep;

/// A service, and how long it takes to answer.
pub type Service = (&'static str, Duration);

async fn ask((name, after): Service) -> String {
    sleep(after).await;
    format!("{name} answers")
}

/// Asks all of them, and gives the answers in the order of the services.
///
/// It takes the sum of their times. Make it take the time of the slowest, on this one thread.
pub async fn ask_all(services: Vec<Service>) -> Vec<String> {
    let mut answers = Vec::new();
    for service in services {
        answers.push(ask(service).await);
    }
    answers
}

/// Computes with each number, and gives the results in the order of the numbers.
///
/// Whatever `compute` does, it does it on the thread of the loop, one number after the other. Make it run elsewhere, for all
/// numbers at once, while other tasks go on.
pub async fn compute_all<T: Send + 'static>(numbers: Vec<u64>, compute: fn(u64) -> T) -> Vec<T> {
    numbers.into_iter().map(compute).collect()
}
