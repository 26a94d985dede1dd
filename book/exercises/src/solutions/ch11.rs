//! Turns the stubs of chapter 11 into one way to write them.

use std::pin::pin;
use std::time::Duration;

use wheelwright::join;
use wheelwright::sync::Semaphore;
use wheelwright::time::timeout;

/// Makes a call, with at most as many at once as `limit` has permits.
pub async fn limited<T, E>(limit: &Semaphore, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let _permit = limit.acquire().await.expect("nobody closes it");
    call.await
}

/// Has the answer of `fetch`; if that takes longer than `patience`, it is noted in the journal meanwhile.
pub async fn fetch_or_note<T>(
    fetch: impl Future<Output = T>,
    patience: Duration,
    note: impl AsyncFnOnce(&'static str),
) -> T {
    let mut fetch = pin!(fetch);
    if let Ok(answer) = timeout(patience, &mut fetch).await {
        return answer;
    }
    let (answer, ()) = join(fetch, note("it takes long")).await;
    answer
}
