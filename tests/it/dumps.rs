//! Turns a loop at a moment into the page that a dump prints, and holds it against what the program did.

use std::rc::Rc;
use std::time::Duration;

use wheelwright::inspect::{self, TaskInfo, TaskState};
use wheelwright::net::{TcpListener, TcpStream, UdpSocket};
use wheelwright::record::Cause;
use wheelwright::sync::{Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, mpsc, oneshot};
use wheelwright::time::sleep;
use wheelwright::{
    Handle, JoinHandle, Runtime, TaskId, block_on, join_all, spawn, spawn_blocking, spawn_named, yield_now,
};

use crate::support::parked;

mod pages;

/// What a task waits for.
async fn wait_of(id: TaskId) -> String {
    let tasks = parked().await;
    let task = tasks.iter().find(|task| task.id == id).expect("it is there");
    let TaskState::Parked { what, .. } = &task.state else { panic!("{task} is not parked") };
    what.clone()
}

/// It, without the number of the primitive, which is its thread's.
async fn words_of<T>(task: &JoinHandle<T>, kind: &str) -> String {
    let words = wait_of(task.id()).await;
    let rest = words.strip_prefix(kind).unwrap_or_else(|| panic!("{words} does not begin with {kind}"));
    rest.trim_start().trim_start_matches(|letter: char| letter.is_ascii_digit()).to_owned()
}

#[test]
fn a_mutex_is_said_to_be_held_by_the_task_that_has_it_now() {
    wheelwright::test(async || {
        let mutex = Rc::new(Mutex::new(0));
        let hold = |name: &str| {
            let mutex = Rc::clone(&mutex);
            spawn_named(name, async move {
                let _guard = mutex.lock().await;
                sleep(Duration::from_secs(10)).await;
            })
        };
        let (first, second, third) = (hold("first"), hold("second"), hold("third"));
        assert_eq!(words_of(&third, "mutex").await, format!(" held by task {}", first.id()));
        let edge =
            |info: &TaskInfo| matches!(info.state, TaskState::Parked { on: Some(owner), .. } if owner == first.id());
        assert_eq!(inspect::tasks().iter().filter(|info| edge(info)).count(), 2);
        sleep(Duration::from_secs(15)).await;
        assert_eq!(words_of(&third, "mutex").await, format!(" held by task {}", second.id()));
        // One who leaves the line changes nobody else's owner.
        let fourth = hold("fourth");
        parked().await;
        third.abort();
        assert_eq!(words_of(&fourth, "mutex").await, format!(" held by task {}", second.id()));
        second.abort();
        sleep(Duration::from_secs(1)).await;
        let by = inspect::tasks().into_iter().filter(|task| task.to_string().contains("mutex")).count();
        assert_eq!(by, 0, "the fourth has it, and nobody waits");
    });
}

#[test]
fn a_lock_that_was_granted_and_not_taken_has_no_owner_yet() {
    wheelwright::test(async || {
        let mutex = Rc::new(Mutex::new(0));
        let guard = mutex.lock().await;
        let ask = |mutex: &Rc<Mutex<i32>>| {
            let mutex = Rc::clone(mutex);
            spawn(async move { drop(mutex.lock().await) })
        };
        let (first, second) = (ask(&mutex), ask(&mutex));
        parked().await;
        drop(guard);
        let tasks = inspect::tasks();
        let of = |id| tasks.iter().find(|task: &&TaskInfo| task.id == id).expect("it is there");
        assert!(matches!(of(first.id()).state, TaskState::Ready));
        assert!(of(second.id()).to_string().contains(", granted to the next in line"), "{}", of(second.id()));
    });
}

#[test]
fn a_lock_has_one_owner_or_none_that_is_named() {
    wheelwright::test(async || {
        let lock = Rc::new(RwLock::new(0));
        let (one, other) = (lock.read().await, lock.read().await);
        let theirs = Rc::clone(&lock);
        let writer = spawn(async move {
            let _guard = theirs.write().await;
            sleep(Duration::from_secs(10)).await;
        });
        assert_eq!(words_of(&writer, "lock").await, " read by 2");
        drop(one);
        parked().await;
        assert_eq!(words_of(&writer, "lock").await, " read by 1", "the last to come may be the one who left");
        drop(other);
        let theirs = Rc::clone(&lock);
        let reader = spawn(async move { drop(theirs.read().await) });
        assert_eq!(words_of(&reader, "lock").await, format!(" held by task {}", writer.id()));
        let theirs = Rc::clone(&lock);
        let next = spawn(async move { drop(theirs.write().await) });
        parked().await;
        writer.abort();
        reader.abort();
        let last = spawn(async move { drop(lock.write().await) });
        // The reader is gone and the lock is the next one's, which has not run since.
        let said = |id| inspect::tasks().into_iter().find(|task| task.id == id).map(|task| task.to_string());
        while !said(next.id()).is_some_and(|said| said.ends_with("ready")) {
            yield_now().await;
        }
        let said = said(last.id()).expect("it is there");
        assert!(said.contains(", granted to the next in line"), "{said}");
    });
}

#[test]
fn channels_say_how_full_they_are_and_who_sends() {
    wheelwright::test(async || {
        let (sender, mut receiver) = broadcast::channel::<u8>(2);
        let hearing = spawn(async move { receiver.recv().await.is_ok() });
        let more = sender.clone();
        assert_eq!(words_of(&hearing, "a value from channel").await, " (0 queued, 2 senders)");
        drop(more);
        assert_eq!(words_of(&hearing, "a value from channel").await, " (0 queued, 1 sender)");

        let (sender, mut receiver) = mpsc::channel::<u8>(2);
        let receiving = spawn(async move { receiver.recv().await.map(|_| receiver) });
        assert_eq!(words_of(&receiving, "a value from channel").await, " (0 queued, 1 sender)");
        let more = (sender.clone(), sender.clone());
        assert_eq!(words_of(&receiving, "a value from channel").await, " (0 queued, 3 senders)");
        drop(more);
        assert_eq!(words_of(&receiving, "a value from channel").await, " (0 queued, 1 sender)");
        for _ in 0..3 {
            sender.send(1).await.unwrap();
        }
        let full = spawn(async move { sender.send(2).await });
        let _receiver = receiving.await.unwrap();
        assert_eq!(words_of(&full, "room in channel").await, " (2 of 2 taken, 1 in line)");
    });
}

#[test]
fn limits_and_cells_say_how_much_is_free_and_who_is_there() {
    wheelwright::test(async || {
        let limit = Rc::new(Semaphore::new(20));
        let held = limit.acquire_many(20).await.unwrap();
        let ask = || {
            let limit = Rc::clone(&limit);
            spawn(async move { drop(limit.acquire().await) })
        };
        let asking: Vec<_> = (0..32).map(|_| ask()).collect();
        assert_eq!(words_of(&asking[0], "permit of semaphore").await, " (0 of 20 free, 32 in line)");
        asking[1].abort();
        assert_eq!(words_of(&asking[0], "permit of semaphore").await, " (0 of 20 free, 31 in line)");
        limit.add_permits(1);
        let theirs = Rc::clone(&limit);
        let greedy = spawn(async move { theirs.acquire_many(30).await.is_ok() });
        assert_eq!(words_of(&greedy, "permit of semaphore").await, " (1 of 21 free, 1 in line)");
        held.forget();
        assert_eq!(words_of(&greedy, "permit of semaphore").await, " (1 of 1 free, 1 in line)");

        let cell = Rc::new(OnceCell::new());
        let ours = Rc::clone(&cell);
        let maker = spawn(async move { *ours.get_or_init(async || sleep(Duration::from_secs(9)).await).await });
        parked().await;
        let waiting = spawn(async move { *cell.get_or_init(async || ()).await });
        assert_eq!(words_of(&waiting, "the value of cell").await, format!(" held by task {}", maker.id()));
    });
}

#[test]
fn timers_and_joins_say_when_and_whom() {
    wheelwright::test(async || {
        let sleeper = spawn(sleep(Duration::from_millis(2500)));
        let id = sleeper.id();
        let joiner = spawn(sleeper);
        let endless = spawn(sleep(Duration::MAX));
        parked().await;
        assert_eq!(wait_of(id).await, "timer in 2.5 s");
        assert_eq!(wait_of(joiner.id()).await, format!("join of task {id}"));
        let is_edge = |task: &TaskInfo| {
            task.id == joiner.id() && matches!(task.state, TaskState::Parked { on: Some(to), .. } if to == id)
        };
        assert!(inspect::tasks().iter().any(is_edge));
        sleep(Duration::from_millis(1300)).await;
        assert_eq!(wait_of(id).await, "timer in 1.2 s");
        assert_eq!(wait_of(endless.id()).await, "timer that never comes");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn sockets_say_who_is_at_the_other_end() {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ours = TcpStream::connect(address).await.unwrap();
        let (mut theirs, peer) = listener.accept().await.unwrap();
        let reader = spawn(async move { theirs.read(&mut [0; 8]).await });
        let acceptor = spawn(async move { listener.accept().await });
        assert_eq!(words_of(&reader, "readable fd").await, format!(" <- {peer}"));
        assert_eq!(words_of(&acceptor, "accept on fd").await, format!(" ({address})"));
        drop(ours);
    });
}

#[test]
fn who_woke_a_task_and_how_often_it_was_polled_is_told() {
    wheelwright::test(async || {
        let notify = Rc::new(Notify::new());
        let theirs = Rc::clone(&notify);
        let task = spawn(async move {
            theirs.notified().await;
            sleep(Duration::from_secs(1)).await;
            sleep(Duration::from_secs(1)).await;
        });
        let told = async || parked().await.into_iter().find(|info| info.id == task.id()).expect("it is there");
        let before = told().await;
        assert_eq!((before.polls, before.woken_by), (1, None));
        notify.notify_one();
        let woken = told().await;
        let by = woken.woken_by.expect("it was woken");
        assert_eq!((woken.polls, by.cause), (2, Cause::Task));
        let me = inspect::tasks().into_iter().find(|task| matches!(task.state, TaskState::Running)).expect("it is me");
        assert_eq!(by.task, Some(me.id));
        sleep(Duration::from_millis(1500)).await;
        let woken = told().await;
        let by = woken.woken_by.expect("it was woken");
        assert_eq!((woken.polls, by.cause, by.task), (3, Cause::Timer, None));
    });
    block_on(async {
        let task = spawn(async {
            spawn_blocking(|| ()).await.unwrap();
            sleep(Duration::from_secs(100)).await;
        });
        let woken = loop {
            let told = parked().await.into_iter().find(|info| info.id == task.id()).expect("it is there");
            if let Some(by) = told.woken_by {
                break by;
            }
        };
        assert_eq!((woken.cause, woken.task), (Cause::Thread, None), "{woken:?}");
    });
}

#[test]
fn what_goes_to_threads_and_comes_from_them_is_counted_by_its_line() {
    block_on(async {
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let gate = std::sync::Arc::new(std::sync::Mutex::new(gate));
        let line = line!() + 3;
        let jobs = (0..3).map(|_| {
            let gate = std::sync::Arc::clone(&gate);
            spawn_blocking(move || gate.lock().unwrap().recv().is_ok())
        });
        let jobs: Vec<_> = jobs.collect();
        let of = |way: &str, line: u32| {
            let is_it = |crossing: &inspect::Crossing| {
                crossing.way == way && crossing.at.line() == line && crossing.at.file().ends_with("dumps.rs")
            };
            inspect::dump().crossings.into_iter().find(is_it).expect("it is counted")
        };
        let sent = of("spawn_blocking", line);
        assert_eq!((sent.count, sent.queued + sent.running), (3, 3));
        (0..3).for_each(|_| go.send(()).unwrap());
        assert!(join_all(jobs).await.into_iter().all(|job| job.unwrap()));
        let sent = of("spawn_blocking", line);
        assert_eq!((sent.count, sent.queued, sent.running), (3, 0, 0));
        assert!(!sent.total.is_zero());

        let (handle, line) = (Handle::current(), line!() + 1);
        let back = spawn_blocking(move || handle.block_on(async || spawn(async { 7 }).await.unwrap()));
        assert_eq!(back.await.unwrap().unwrap().unwrap(), 7);
        let back = of("Handle::block_on", line);
        assert_eq!((back.count, back.queued, back.running), (1, 0, 0));
        let page = inspect::dump().to_string();
        assert!(page.contains("Handle::block_on at ") && page.contains(": 1 sent, 0 queued, 0 running, "), "{page}");
    });
}

#[test]
fn facts_are_gone_when_nobody_waits() {
    wheelwright::test(async || {
        let (sender, receiver) = oneshot::channel::<()>();
        let mutex = Rc::new(Mutex::new(()));
        for round in 0..3 {
            let guard = mutex.lock().await;
            let theirs = Rc::clone(&mutex);
            let asks = spawn(async move { drop(theirs.lock().await) });
            let me =
                inspect::tasks().into_iter().find(|task| matches!(task.state, TaskState::Running)).expect("it is me");
            assert_eq!(words_of(&asks, "mutex").await, format!(" held by task {}", me.id), "round {round}");
            drop(guard);
            asks.await.unwrap();
        }
        drop((sender, receiver));
    });
}

#[test]
fn each_lock_has_facts_of_its_own_however_often_somebody_waits() {
    wheelwright::test(async || {
        let (first, second) = (Rc::new(Mutex::new(())), Rc::new(Mutex::new(())));
        let ask = |lock: &Rc<Mutex<()>>| {
            let lock = Rc::clone(lock);
            spawn(async move { drop(lock.lock().await) })
        };
        let guard = first.lock().await;
        let asks = ask(&first);
        parked().await;
        drop(guard);
        asks.await.unwrap();
        // Again, and then for another one.
        let theirs = Rc::clone(&first);
        let holder = spawn(async move {
            let _guard = theirs.lock().await;
            sleep(Duration::from_secs(10)).await;
        });
        parked().await;
        let again = ask(&first);
        parked().await;
        let _guard = second.lock().await;
        let _other = ask(&second);
        assert_eq!(words_of(&again, "mutex").await, format!(" held by task {}", holder.id()));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn sockets_of_every_kind_say_who_is_there_unless_they_are_many() {
    block_on(async {
        let listener = TcpListener::bind("[::1]:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut ours = TcpStream::connect(address).await.unwrap();
        let (_theirs, _) = listener.accept().await.unwrap();
        let writer = spawn(async move { while ours.write_all(&[0; 65_536]).await.is_ok() {} });
        while !wait_of(writer.id()).await.starts_with("writable") {}
        assert_eq!(words_of(&writer, "writable fd").await, format!(" -> {address}"));
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let here = socket.local_addr().unwrap();
        let open = spawn(async move { socket.recv(&mut [0; 8]).await });
        assert_eq!(words_of(&open, "readable fd").await, "", "nobody is at its other end");
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(here).unwrap();
        let bound = spawn(async move { socket.recv(&mut [0; 8]).await });
        assert_eq!(words_of(&bound, "readable fd").await, format!(" <- {here}"));
        let many: Vec<_> = (0..500)
            .map(|_| UdpSocket::bind("127.0.0.1:0").unwrap())
            .map(|socket| spawn(async move { socket.recv(&mut [0; 8]).await.is_ok() }))
            .collect();
        parked().await;
        assert_eq!(words_of(&bound, "readable fd").await, "", "it would take long");
        drop(many);
    });
}

#[test]
fn a_job_that_is_cancelled_in_its_queue_waits_no_longer() {
    let runtime = Runtime::builder().max_blocking_threads(1).build().unwrap();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let line = runtime.block_on(async {
        drop(spawn_blocking(move || gate.recv().is_ok()));
        drop(spawn_blocking(|| ()));
        line!() - 1
    });
    // The end of the runtime cancels what is queued, and waits for the other.
    let opener = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        drop(go);
    });
    drop(runtime);
    opener.join().unwrap();
    let all = block_on(async { inspect::dump().crossings });
    let it = all.iter().find(|it| it.at.line() == line && it.at.file().ends_with("dumps.rs")).expect("it is counted");
    assert_eq!((it.count, it.queued, it.running, it.total), (1, 0, 0, Duration::ZERO));
}
