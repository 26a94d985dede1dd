//! Turns a pool whose threads are all taken into refusals that come at once, and into nothing else.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use http::{Response, StatusCode};
use wheelwright::net::ListenOptions;
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{Runtime, inspect, join_all, race, spawn};
use wheelwright_http::{Client, Running, Server};

use super::{AT_ONCE, Held, SIZES, SOON, raise_descriptor_limit};

/// So many handlers run, and as many requests wait for a thread.
const THREADS: usize = 2;
/// So long the loop is away at most while it refuses, if it keeps its promise.
const AWAY: Duration = Duration::from_millis(50);

/// Where handlers block until the test lets them go, which it does however it ends.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<(usize, bool)>, Condvar)>);

impl Gate {
    fn pass(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().expect("nobody panics within");
        state.0 += 1;
        drop(changed.wait_while(state, |state| !state.1).expect("nobody panics within"));
    }

    fn arrived(&self) -> usize {
        self.0.0.lock().expect("nobody panics within").0
    }
}

/// Opens its gate when it is dropped.
struct Opening(Gate);

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.0.0.lock().expect("nobody panics within").1 = true;
        self.0.0.1.notify_all();
    }
}

/// K 188: all threads run handlers that block, and the queue is full: each further request is told 503 while those go on, and the
/// loop is never away for long.
pub(crate) fn no_thread_free() {
    raise_descriptor_limit();
    let builder = Runtime::builder().max_blocking_threads(THREADS).max_blocking_queue(THREADS);
    builder.build().expect("a runtime can be had").block_on(async {
        for count in SIZES {
            let before = Held::now();
            let opening = Opening(Gate::default());
            let running = serve(opening.0.clone());
            let (client, url) = (Client::new(), format!("http://{}/", running.local_addr()));
            let call = || client.get(&url).expect("a URL").send();
            let holders: Vec<_> = (0..2 * THREADS).map(|_| spawn(call())).collect();
            let jobs = before.1.blocking_jobs + 2 * THREADS;
            while inspect::live().blocking_jobs < jobs || opening.0.arrived() < THREADS {
                sleep(Duration::from_millis(1)).await;
            }

            let refused = join_all((0..count).map(async |_| {
                let response = call().await.expect("it is answered");
                assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
                let text = response.text().await.expect("the body comes whole");
                assert!(text.starts_with("Busy"), "{text}");
            }));
            let (refused, away) = watched(timeout(10 * AT_ONCE, refused)).await;
            assert_eq!(refused.expect("it hangs: ten times the bound have passed").len(), count as usize);
            println!("{count} refused: the loop was away for {away:?} at most, and is to be for {AWAY:?}");
            assert!(away < 10 * AWAY, "the loop was away for {away:?}");
            assert_eq!(opening.0.arrived(), THREADS, "no handler was called for them, and none of the others ended");

            drop(opening);
            for holder in holders {
                let response = holder.await.expect("it does not panic").expect("it is answered");
                assert_eq!(response.text().await.expect("the body comes whole"), "done");
            }
            assert_eq!(call().await.expect("it is answered").status(), StatusCode::OK, "there is room again");
            drop(client);
            running.shutdown(SOON).await;
            before.regained().await;
        }
    });
}

fn serve(gate: Gate) -> Running {
    let listener = ListenOptions::new().backlog(4096).bind("127.0.0.1:0").expect("a free port");
    Server::from_listener(listener).expect("it is bound").serve_blocking(move |_| {
        gate.pass();
        Response::new("done")
    })
}

/// Runs `work` beside a task that wakes each millisecond, and returns by how much that came late at most.
async fn watched<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let (last, most) = (Cell::new(now()), Cell::new(Duration::ZERO));
    let late = || (now() - last.replace(now())).saturating_sub(Duration::from_millis(1));
    let heart = async {
        loop {
            sleep(Duration::from_millis(1)).await;
            most.set(most.get().max(late()));
        }
    };
    let output = race(work, heart).await;
    // The work may have ended in the very lap that was long.
    (output, most.get().max(late()))
}
