//! Turns as many runtimes as a waker can name, and one more, into a clear error.

use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;

use wheelwright::Runtime;

use crate::descriptors::limited_to;

const RUNTIMES: usize = 4096;

/// Each runtime needs three descriptors.
pub(crate) fn with_enough(command: &mut Command) -> Result<(), String> {
    limited_to(3 * RUNTIMES + 100, command)
}

/// One runtime on each of 4,096 threads; the next is refused until one of them has ended.
pub(crate) fn one_too_many() {
    let (built, release) = (Arc::new(Barrier::new(RUNTIMES + 1)), Arc::new(Barrier::new(RUNTIMES + 1)));
    let threads: Vec<_> = (0..RUNTIMES)
        .map(|_| {
            let (built, release) = (Arc::clone(&built), Arc::clone(&release));
            let hold = move || {
                let runtime = Runtime::builder().build();
                built.wait();
                release.wait();
                runtime.map(drop)
            };
            thread::Builder::new().stack_size(64 * 1024).spawn(hold).expect("a thread")
        })
        .collect();
    built.wait();
    let error = Runtime::builder().build().expect_err("it would be the 4,097th");
    assert!(error.to_string().contains("4,096 runtimes are alive"), "{error}");
    release.wait();
    for thread in threads {
        thread.join().expect("it does not panic").expect("it was one of the 4,096");
    }
    Runtime::builder().build().expect("there is room again");
}
