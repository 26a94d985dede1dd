//! Turns ten thousand random cancels into the check that everything is back where it was.
//!
//! Under each seed the tasks of a round do one thing each, chosen at random among all that the runtime has to wait for, all on
//! the same few locks, channels and sockets; most are aborted after a random number of laps or milliseconds. The same seed
//! shuffles who runs next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use wheelwright::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use wheelwright::stream::{self, StreamExt};
use wheelwright::sync::{
    Barrier, CancellationToken, Event, Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, mpsc, oneshot, remote,
    watch,
};
use wheelwright::time::{RateLimiter, interval, sleep, timeout};
use wheelwright::{
    Group, JoinHandle, Runtime, Schedule, TaskGroup, fs, inspect, join_all, map_concurrent, race, scope, select,
    shield, spawn, spawn_blocking, with_resource, yield_now,
};

const SEEDS: u64 = 80;
const ROUNDS: usize = 25;
const TASKS: usize = 16;
const WANTED: usize = 10_000;
/// How many different things a task may do.
const ACTS: u32 = 36;
const MOMENT: Duration = Duration::from_millis(1);

/// A value that is counted for as long as it lives.
#[derive(Debug)]
struct Counted(Rc<Cell<isize>>);

impl Counted {
    fn new(count: &Rc<Cell<isize>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// What all tasks share.
struct World {
    alive: Rc<Cell<isize>>,
    semaphore: Rc<Semaphore>,
    mutex: Mutex<u64>,
    lock: RwLock<u64>,
    event: Event,
    notify: Notify,
    barrier: Barrier,
    cell: RefCell<Rc<OnceCell<u32>>>,
    token: CancellationToken,
    limiter: RateLimiter,
    tx: mpsc::Sender<Counted>,
    rx: Mutex<mpsc::Receiver<Counted>>,
    far_tx: remote::Sender<u32>,
    far_rx: Mutex<remote::Receiver<u32>>,
    watched: watch::Sender<Counted>,
    told: broadcast::Sender<Counted>,
    listener: TcpListener,
    udp: UdpSocket,
}

impl World {
    fn new() -> Self {
        let alive = Rc::new(Cell::new(0));
        let (tx, rx) = mpsc::channel(2);
        let (far_tx, far_rx) = remote::channel(2);
        Self {
            semaphore: Rc::new(Semaphore::new(3)),
            mutex: Mutex::new(0),
            lock: RwLock::new(0),
            event: Event::new(),
            notify: Notify::new(),
            barrier: Barrier::new(3),
            cell: RefCell::default(),
            token: CancellationToken::new(),
            limiter: RateLimiter::per_second(500.0),
            tx,
            rx: Mutex::new(rx),
            far_tx,
            far_rx: Mutex::new(far_rx),
            watched: watch::channel(Counted::new(&alive)).0,
            told: broadcast::channel(2).0,
            listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
            udp: UdpSocket::bind("127.0.0.1:0").expect("a port"),
            alive,
        }
    }

    /// Nobody waits, every permit is back, every value is gone but the watched one and what lies in the channels.
    fn check(&self) {
        let waiting = [
            format!("{:?}", self.semaphore),
            format!("{:?}", self.mutex),
            format!("{:?}", self.lock),
            format!("{:?}", self.event),
            format!("{:?}", self.notify),
            format!("{:?}", self.barrier),
            format!("{:?}", self.token),
            format!("{:?}", self.tx),
        ];
        for text in &waiting {
            assert!(text.contains("waiting: 0"), "somebody is left in line: {text}");
        }
        assert_eq!(self.semaphore.available_permits(), 3);
        assert!(self.mutex.try_lock().is_some() && self.lock.try_write().is_some());
        let mut rx = self.rx.try_lock().expect("nobody holds it");
        while rx.try_recv().is_ok() {}
        assert!((0..2).all(|_| self.tx.try_send(Counted::new(&self.alive)).is_ok()), "the room of the channel is back");
        while rx.try_recv().is_ok() {}
        assert_eq!(self.told.receiver_count(), 0);
    }
}

/// Does one thing, and holds what it got for a lap.
async fn act(world: Rc<World>, which: u32, rng: u64) {
    match which {
        0..12 => wait_for_others(&world, which).await,
        12..22 => pass_values(&world, which).await,
        22..29 => combine(&world, which, rng).await,
        _ => go_outside(&world, which).await,
    }
}

async fn wait_for_others(world: &World, which: u32) {
    match which {
        0 => drop((world.semaphore.acquire().await, yield_now().await)),
        1 => drop((world.semaphore.acquire_many(3).await, yield_now().await)),
        2 => drop((world.semaphore.acquire_owned().await, sleep(MOMENT).await)),
        3 => drop((world.mutex.lock().await, sleep(MOMENT).await)),
        4 => drop((world.lock.read().await, sleep(MOMENT).await)),
        5 => drop((world.lock.write().await, yield_now().await)),
        6 => {
            world.event.wait().await;
            world.event.clear();
        }
        7 => world.notify.notified().await,
        8 => drop(world.barrier.wait().await),
        9 => make_once(world).await,
        10 => world.limiter.acquire().await,
        _ => {
            world.event.set();
            world.notify.notify_one();
            world.notify.notify_waiters();
        }
    }
}

/// The cell is made anew once it is full, so that there is always somebody to make it.
async fn make_once(world: &World) {
    let cell = Rc::clone(&world.cell.borrow());
    cell.get_or_init(async || {
        yield_now().await;
        1
    })
    .await;
    *world.cell.borrow_mut() = Rc::default();
}

async fn pass_values(world: &World, which: u32) {
    let value = || Counted::new(&world.alive);
    match which {
        12 | 13 => drop(world.tx.send(value()).await),
        14 | 15 => drop(world.rx.lock().await.recv().await),
        16 => drop(world.far_tx.send(1).await),
        17 => drop(world.far_rx.lock().await.recv().await),
        18 => drop(world.watched.send(value())),
        19 => drop(world.watched.subscribe().changed().await),
        20 => {
            let _nobody_listens = world.told.send(value());
            drop(world.told.subscribe().recv().await);
        }
        _ => {
            let (answer, question) = oneshot::channel();
            let asked = spawn(async move { drop(question.await) });
            yield_now().await;
            drop(answer.send(value()));
            drop(asked.await);
        }
    }
}

/// Acts within acts: a cancel of the whole is one of every part.
async fn combine(world: &Rc<World>, which: u32, rng: u64) {
    let mut rng = Rng::with_seed(rng);
    let mut other = || Box::pin(act(Rc::clone(world), rng.u32(0..22), 0));
    match which {
        22 => drop(join_all([other(), other(), other()]).await),
        23 => drop(select(other(), other()).await),
        24 => race(other(), other()).await,
        25 => drop(timeout(2 * MOMENT, world.token.run_until_cancelled(other())).await),
        26 => {
            let mut group = TaskGroup::new();
            (0..3).for_each(|_| {
                group.spawn(other());
            });
            while group.join_next().await.is_some() {}
        }
        27 => {
            scope(async |s| {
                let child = s.spawn(other());
                drop((s.spawn(other()), child.await));
            })
            .await;
        }
        _ => {
            let mut group = Group::new();
            (0..3).for_each(|_| {
                group.insert(other());
            });
            group.join_next().await;
            drop(map_concurrent(2, 0..4, async |_| yield_now().await).await);
        }
    }
}

async fn go_outside(world: &Rc<World>, which: u32) {
    match which {
        29 => drop(spawn_blocking(|| ()).await),
        30 => drop(fs::read("/no/such/file").await),
        31 => {
            let address = world.listener.local_addr().expect("it is bound");
            let (accepted, connected) = wheelwright::join(world.listener.accept(), TcpStream::connect(address)).await;
            drop((accepted, connected.expect("somebody listens").read(&mut [0; 8]).await));
        }
        32 => {
            let (mut near, far) = UnixStream::pair().expect("two ends");
            drop((near.read(&mut [0; 8]).await, far));
        }
        33 => drop(world.udp.recv_from(&mut [0; 8]).await),
        34 => stream_in_time().await,
        _ => {
            let shielded = shield(sleep(MOMENT));
            let used = with_resource(
                async { Ok::<_, String>(1) },
                async |_| {
                    yield_now().await;
                    Ok(())
                },
                async |_| {
                    yield_now().await;
                    Ok(())
                },
                5 * MOMENT,
            );
            drop((shielded.await, used.await));
        }
    }
}

/// Ticks and words, side by side, some late.
async fn stream_in_time() {
    let ticks = interval(MOMENT).take(3).map(|_| async { yield_now().await });
    let words = stream::generator(|y| async move {
        for word in 0..5 {
            sleep(MOMENT).await;
            y.yield_(word).await;
        }
    });
    let both = ticks.buffer_unordered(2).map(|()| 9).merge(words.chunks(2).map(|some| some.len()));
    let _all: Vec<usize> = both.timeout(MOMENT).map(|item| item.unwrap_or(0)).collect().await;
}

/// A round: tasks that act, most of which are cancelled. How many were.
async fn round(world: &Rc<World>, rng: &mut Rng) -> usize {
    let start = |rng: &mut Rng| spawn(act(Rc::clone(world), rng.u32(0..ACTS), rng.u64(..)));
    let mut tasks: Vec<JoinHandle<()>> = (0..TASKS).map(|_| start(rng)).collect();
    rng.shuffle(&mut tasks);
    let mut cancelled = 0;
    for task in tasks {
        match rng.u32(0..4) {
            0 => {}
            1 => sleep(MOMENT).await,
            laps => {
                for _ in 0..laps {
                    yield_now().await;
                }
            }
        }
        task.abort();
        cancelled += usize::from(task.await.is_err_and(|error| error.is_cancelled()));
    }
    cancelled
}

/// One seed. How many cancels there were.
fn run_under(seed: u64) -> usize {
    let runtime = Runtime::builder().paused().schedule(Schedule::Random(seed)).build().expect("descriptors");
    runtime.block_on(async {
        // What all share is registered with the kernel once, before the count.
        let world = Rc::new(World::new());
        drop(timeout(MOMENT, world.udp.recv_from(&mut [0; 8])).await);
        drop(timeout(MOMENT, world.listener.accept()).await);
        let before = inspect::live();
        let mut rng = Rng::with_seed(seed);
        let mut cancelled = 0;
        for _ in 0..ROUNDS {
            cancelled += round(&world, &mut rng).await;
            // Aborted children, closings that go on and blocking jobs end by themselves.
            while inspect::live() != before {
                sleep(MOMENT).await;
            }
            world.check();
        }
        let alive = Rc::clone(&world.alive);
        drop(world);
        assert_eq!(alive.get(), 0, "every value was dropped");
        cancelled
    })
}

pub(crate) fn ten_thousand() {
    let descriptors = || std::fs::read_dir("/proc/self/fd").expect("Linux shows them").count();
    let before = descriptors();
    let cancelled: usize = (0..SEEDS).map(run_under).sum();
    assert!(WANTED <= cancelled, "there were {cancelled} cancels only");
    assert_eq!(descriptors(), before, "every descriptor is closed");
}
