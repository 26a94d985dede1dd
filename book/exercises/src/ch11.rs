//! Turns a limit that loses its permits, and a task that waits for itself, into ones that go on.

use std::pin::pin;
use std::time::Duration;

use wheelwright::sync::Semaphore;
use wheelwright::time::timeout;

/// Makes a call, with at most as many at once as `limit` has permits.
///
/// It works until a call fails or is given up. Where is its permit then?
pub async fn limited<T, E>(limit: &Semaphore, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    limit.acquire().await.expect("nobody closes it").forget();
    let answer = call.await?;
    limit.add_permits(1);
    Ok(answer)
}

/// Has the answer of `fetch`; if that takes longer than `patience`, it is noted in the journal meanwhile.
///
/// Both go over the same connection. It hangs, now and then. Mend it, so that it has both, the note and the answer.
pub async fn fetch_or_note<T>(
    fetch: impl Future<Output = T>,
    patience: Duration,
    note: impl AsyncFnOnce(&'static str),
) -> T {
    let mut fetch = pin!(fetch);
    if let Ok(answer) = timeout(patience, &mut fetch).await {
        return answer;
    }
    note("it takes long").await;
    fetch.await
}
