//! Turns a seed into a recorded run of a random program, with steps of every kind.

use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use wheelwright::record::{self, Recording};
use wheelwright::sync::Semaphore;
use wheelwright::time::{sleep, timeout};
use wheelwright::{JoinHandle, Runtime, Schedule, join_all, spawn, spawn_named, yield_now};

/// Who looks at the loop, at random moments and at the end of each task.
pub(crate) type Look = Rc<dyn Fn()>;

/// Runs the program of a seed on a ring of so many events; every other one under a random schedule.
pub(crate) fn run(seed: u64, capacity: usize, look: Look) -> Recording {
    let schedule = if seed.is_multiple_of(2) { Schedule::Random(seed) } else { Schedule::Fifo };
    let runtime = Runtime::builder().paused().schedule(schedule).recorded(capacity).build().expect("a runtime");
    runtime.block_on(wander(Rng::with_seed(seed), look, 0, Rc::new(Semaphore::new(2))));
    drop(runtime);
    record::take().expect("it was recorded")
}

async fn wander(mut rng: Rng, look: Look, depth: u32, semaphore: Rc<Semaphore>) {
    let mut children: Vec<JoinHandle<()>> = Vec::new();
    for _ in 0..rng.u32(1..8) {
        if rng.u32(..3) == 0 {
            look();
        }
        match rng.u32(..9) {
            0 => yield_now().await,
            1 => sleep(Duration::from_micros(rng.u64(..5000))).await,
            2 if depth < 3 => {
                children.push(spawn(Box::pin(wander(rng.fork(), Rc::clone(&look), depth + 1, Rc::clone(&semaphore)))));
            }
            3 => drop(children.pop().inspect(JoinHandle::abort)),
            4 => drop(timeout(Duration::from_micros(rng.u64(..2000)), sleep(Duration::from_millis(1))).await),
            5 => {
                let _permit = semaphore.acquire().await;
                sleep(Duration::from_millis(rng.u64(..3))).await;
            }
            6 => drop(join_all((0..3).map(|n| sleep(Duration::from_millis(n)))).await),
            7 if rng.u32(..8) == 0 => spawn(async { panic!("planned") }).detach(),
            _ => spawn_named("short <&>", async {}).detach(),
        }
    }
    for child in children {
        let _ = child.await;
    }
    look();
}
