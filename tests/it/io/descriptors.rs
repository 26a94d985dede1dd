//! Turns the promises about `AsyncFd` into facts, on pipes, counters and timers of the kernel, and files.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use wheelwright::io::AsyncFd;
use wheelwright::{block_on, inspect, join, spawn, time, yield_now};

use crate::net::run;

fn read_from(mut pipe: &PipeReader) -> io::Result<usize> {
    pipe.read(&mut [0; 8])
}

#[test]
fn a_pipe_is_read_and_written_without_blocking_the_loop() {
    run(async || {
        let (reader, writer) = pipe().expect("a pipe");
        let (reader, writer) = (AsyncFd::new(reader).expect("a pipe"), AsyncFd::new(writer).expect("a pipe"));
        let bytes = vec![3; 500_000];
        let writing = async {
            let mut left = bytes.as_slice();
            while !left.is_empty() {
                let count = writer.write_with(|mut pipe| pipe.write(left)).await.expect("a write");
                left = &left[count..];
            }
            drop(writer);
        };
        let reading = async {
            let (mut total, mut buf) = (0, [0; 4096]);
            while let count @ 1.. = reader.read_with(|mut pipe| pipe.read(&mut buf)).await.expect("a read") {
                total += count;
            }
            total
        };
        assert_eq!(join(writing, reading).await.1, 500_000);
    });
}

#[test]
fn several_wait_to_write_and_each_gets_its_turn() {
    run(async || {
        let (mut reader, writer) = pipe().expect("a pipe");
        let writer = Rc::new(AsyncFd::new(writer).expect("a pipe"));
        while writer.get_ref().write(&[0; 65_536]).is_ok() {}
        let written = Rc::new(Cell::new(0));
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                let (writer, written) = (Rc::clone(&writer), Rc::clone(&written));
                spawn(async move {
                    writer.write_with(|mut pipe| pipe.write(b"x")).await.expect("a write");
                    written.set(written.get() + 1);
                })
            })
            .collect();
        yield_now().await;
        // One gives up its place; the others are not kept from theirs.
        tasks[0].abort();
        time::sleep(Duration::from_millis(2)).await;
        assert_eq!(written.get(), 0, "it is full");
        let _ = reader.read(&mut [0; 65_536]).expect("a read");
        for task in tasks.into_iter().skip(1) {
            task.await.expect("it does not panic");
        }
        assert_eq!(written.get(), 4);
    });
}

#[test]
fn an_operation_that_was_interrupted_is_tried_again() {
    run(async || {
        let (reader, _writer) = pipe().expect("a pipe");
        let reader = AsyncFd::new(reader).expect("a pipe");
        let mut calls = 0;
        let interrupted = reader.read_with(|_| {
            calls += 1;
            if calls < 3 { Err(ErrorKind::Interrupted.into()) } else { Ok(calls) }
        });
        assert_eq!(interrupted.await.expect("no signal is an error"), 3);
    });
}

#[test]
fn a_descriptor_that_is_always_ready_does_not_starve_other_tasks() {
    run(async || {
        let (_reader, writer) = pipe().expect("a pipe");
        let writer = AsyncFd::new(writer).expect("a pipe");
        let laps = Rc::new(Cell::new(0));
        let counting = Rc::clone(&laps);
        let counter = spawn(async move {
            loop {
                counting.set(counting.get() + 1);
                yield_now().await;
            }
        });
        for _ in 0..500 {
            writer.write_with(|_| Ok(())).await.expect("it succeeds at once");
        }
        counter.abort();
        assert!(2 < laps.get(), "{} laps", laps.get());
    });
}

#[test]
fn who_waits_for_room_learns_that_nobody_reads_any_more() {
    run(async || {
        let (reader, writer) = pipe().expect("a pipe");
        let writer = AsyncFd::new(writer).expect("a pipe");
        while writer.get_ref().write(&[0; 65_536]).is_ok() {}
        let writing = writer.write_with(|mut pipe| pipe.write(b"x"));
        // The pipe stays full: the kernel tells of an error, and not of room.
        let gone = async {
            yield_now().await;
            drop(reader);
        };
        assert_eq!(join(writing, gone).await.0.expect_err("nobody reads").kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_counter_and_a_timer_of_the_kernel_are_waited_for() {
    run(async || {
        let counter = AsyncFd::new(eventfd(0, EventfdFlags::empty()).expect("a counter")).expect("it can be watched");
        let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::empty()).expect("a timer");
        let moment = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: moment };
        rustix::time::timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once).expect("it is ours");
        let timer = AsyncFd::new(timer).expect("it can be watched");
        let number = |descriptor: &OwnedFd| {
            let mut bytes = [0; 8];
            rustix::io::read(descriptor, &mut bytes)?;
            Ok(u64::from_ne_bytes(bytes))
        };
        let counting = async {
            assert_eq!(timer.read_with(number).await.expect("a number"), 1, "it fired once");
            let add = |descriptor: &OwnedFd| Ok(rustix::io::write(descriptor, &7_u64.to_ne_bytes())?);
            counter.write_with(add).await.expect("there is room")
        };
        let (added, sum) = join(counting, counter.read_with(number)).await;
        assert_eq!((added, sum.expect("a number")), (8, 7));
    });
}

#[test]
fn a_file_is_refused_with_words_and_so_is_a_second_registration() {
    run(async || {
        let file = File::open(std::env::current_exe().expect("the system knows it")).expect("it is there");
        let error = AsyncFd::new(file).expect_err("a file is always ready");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("wheelwright::fs"), "{error}");
        let (reader, _writer) = pipe().expect("a pipe");
        let first = AsyncFd::new(&reader).expect("a pipe");
        assert_eq!(AsyncFd::new(&reader).expect_err("it is registered").kind(), ErrorKind::AlreadyExists);
        drop(first);
        drop(AsyncFd::new(&reader).expect("it was deregistered"));
        assert_eq!(inspect::live().sources, 0);
    });
    let (reader, _writer) = pipe().expect("a pipe");
    let error = AsyncFd::new(reader).expect_err("there is no loop");
    assert!(error.to_string().contains("block_on"), "{error}");
}

#[test]
fn what_is_given_back_can_be_registered_again() {
    run(async || {
        let (reader, mut writer) = pipe().expect("a pipe");
        let reader = AsyncFd::new(reader).expect("a pipe");
        assert!(time::timeout(Duration::from_millis(2), reader.read_with(read_from)).await.is_err());
        let reader = AsyncFd::new(reader.into_inner()).expect("it is free again");
        writer.write_all(b"x").expect("a write");
        assert_eq!(reader.read_with(read_from).await.expect("a read"), 1);
    });
}

#[test]
fn an_operation_may_use_its_own_descriptor_and_the_runtime() {
    run(async || {
        let (reader, mut writer) = pipe().expect("a pipe");
        writer.write_all(b"two").expect("a write");
        let reader = Rc::new(AsyncFd::new(reader).expect("a pipe"));
        let again = Rc::clone(&reader);
        let outer = reader.read_with(move |pipe| {
            let inner = Rc::clone(&again);
            spawn(async move { inner.read_with(read_from).await }).on_done(drop);
            let mut nested = again.read_with(read_from);
            drop(std::pin::Pin::new(&mut nested).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())));
            drop(nested);
            read_from(pipe).or(Ok(9))
        });
        assert_eq!(outer.await.expect("it ends"), 9, "the nested one took it");
    });
}

#[test]
fn a_descriptor_of_a_runtime_that_ended_gives_a_clear_error() {
    let (reader, _writer) = pipe().expect("a pipe");
    let reader = block_on(async { AsyncFd::new(reader).expect("a pipe") });
    run(async || {
        let error = reader.read_with(read_from).await.expect_err("its runtime has ended");
        assert!(error.to_string().contains("has ended"), "{error}");
    });
    drop(reader);
}
