//! Turns loops that hold much into pages that a person can read: what is on which line, and in which order.

use std::fmt::{self, Write};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use wheelwright::inspect::{self, Dump, TaskInfo};
use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::sync::{Mutex, Semaphore, mpsc};
use wheelwright::time::{Sleep, sleep};
use wheelwright::{TaskGroup, block_on, join, spawn, spawn_named, yield_now};

use crate::support::parked;

#[test]
fn a_dump_is_a_tree_with_equal_waits_on_one_line() {
    wheelwright::test(async || {
        let server = spawn_named("server", async {
            let (silence, line) = (sleep(Duration::from_secs(50)), line!() + 1);
            let clients: Vec<_> = (0..990).map(|_| spawn(sleep(Duration::from_secs(9)))).collect();
            silence.await;
            drop((clients, line));
        });
        let lonely = spawn(async { spawn(sleep(Duration::from_secs(70))).await });
        parked().await;
        parked().await;
        let polls = |dump: &Dump| dump.tasks.iter().map(|task| task.polls).collect::<Vec<_>>();
        let dump = inspect::dump();
        let page = dump.to_string();
        assert_eq!(polls(&dump), polls(&inspect::dump()), "a dump polls nothing");
        // What other tests send to threads is counted for all of the process.
        let lines: Vec<&str> = page.lines().filter(|line| !line.contains(" sent, ")).collect();
        let at = |what: &str| {
            lines.iter().rposition(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what}: {page}"))
        };
        let depth = |line: usize| lines[line].len() - lines[line].trim_start().len();
        let (server_at, clients_at) = (at("'server'"), at("x990 timer in 9.0 s at "));
        assert_eq!(lines[0], "tasks: 994, timers: 992, sources: 0, blocking jobs: 0");
        assert_eq!((clients_at, depth(clients_at)), (server_at + 1, depth(server_at) + 2), "{page}");
        assert!(lines[clients_at].contains("pages.rs"), "{page}");
        let joiner_at = at(&format!("task {} ", lonely.id()));
        assert!(lines[joiner_at + 1].contains("timer in 70"), "{page}");
        assert_eq!(depth(joiner_at + 1), depth(joiner_at) + 2);
        assert!(lines.len() < 20, "{page}");
        drop(server);
    });
}

#[test]
fn the_tasks_of_a_group_name_its_line_and_their_owner_says_how_many() {
    fn fill(group: &TaskGroup<()>, count: usize) {
        (0..count).for_each(|_| _ = group.spawn(sleep(Duration::from_secs(9))));
    }
    wheelwright::test(async || {
        let line = line!() + 2;
        let owner = spawn_named("owner", async move {
            let mut group = TaskGroup::new();
            fill(&group, 5);
            let other = TaskGroup::new();
            fill(&other, 3);
            let named = group.spawn_named("named", sleep(Duration::from_secs(9)));
            let alone = spawn(sleep(Duration::from_secs(9)));
            join(group.join_next(), alone).await.1.unwrap();
            drop((other, named));
        });
        parked().await;
        parked().await;
        let dump = inspect::dump();
        let group = |info: &TaskInfo| info.group.map(|at| at.line());
        let of = |line| dump.tasks.iter().filter(|info| group(info) == line).count();
        assert_eq!((of(Some(line)), of(Some(line + 2)), of(None)), (6, 3, 3));
        let of_the_owner = dump.tasks.iter().filter(|info| info.parent == owner.id());
        assert_eq!(of_the_owner.count(), 10);

        let page = dump.to_string();
        let lines: Vec<&str> = page.lines().collect();
        let is_told = |begin: &str, of: u32| {
            let group = format!("in the group of {}:{of}:", file!());
            lines.iter().any(|line| line.trim_start().starts_with(begin) && line.contains(&group))
        };
        assert!(is_told("x5 timer", line) && is_told("x3 timer", line + 2), "{page}");
        let named = lines.iter().find(|line| line.contains("'named'")).expect("it is there");
        assert!(named.contains(&format!("in the group of {}:{}:", file!(), line)), "{page}");
        let owner = lines.iter().find(|line| line.contains("'owner'")).expect("it is there");
        assert!(owner.contains(": waits for 6 children of a group at "), "{page}");
        assert!(owner.contains(&format!("{}:{}:", file!(), line)) && owner.contains(" and 1 more"), "{page}");
    });
}

#[test]
fn a_dump_may_be_made_and_written_by_whatever_code() {
    /// Where it is written to, the loop is used.
    struct Page(String);
    impl Write for Page {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let _inner = inspect::dump().to_string();
            drop(spawn(yield_now()));
            self.0.write_str(text)
        }
    }
    /// It is dumped where something is dropped.
    struct Dumps;
    impl Drop for Dumps {
        fn drop(&mut self) {
            drop(inspect::dump().to_string());
            let _dumping = inspect::dump_deep();
        }
    }
    async fn hold(seconds: u64) {
        let _dumps = Dumps;
        sleep(Duration::from_secs(seconds)).await;
    }
    wheelwright::test(async || {
        let (aborted, _ended, _left) = (spawn(hold(9)), spawn(hold(1)), spawn(hold(9)));
        let _dumps = Dumps;
        parked().await;
        aborted.abort();
        sleep(Duration::from_secs(2)).await;
        let mut page = Page(String::new());
        write!(page, "{}", inspect::dump()).unwrap();
        write!(page, "{}", inspect::dump_deep().await).unwrap();
        assert_eq!(page.0.matches("timer in ").count(), 2, "in each is who is left: {}", page.0);
    });
}

#[test]
fn a_chain_of_ten_thousand_parents_is_printed_without_recursion() {
    async fn go_on(depth: u32) {
        if depth != 0 {
            let child: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(go_on(depth - 1));
            let _ = spawn(child).await;
        }
        sleep(Duration::from_secs(1)).await;
    }
    wheelwright::test(async || {
        let _chain = spawn(go_on(10_000));
        while inspect::live().timers == 0 {
            yield_now().await;
        }
        let page = inspect::dump().to_string();
        assert_eq!(page.lines().filter(|line| line.trim_start().starts_with("task ")).count(), 10_002);
        assert!(page.len() < 4_000_000, "{} bytes", page.len());
        let depth = |line: &str| line.len() - line.trim_start().len();
        let depths: Vec<usize> = page.lines().map(depth).collect();
        assert_eq!(depths.iter().max(), Some(&24), "deeper ones stand below each other");
        assert!((0..=24).step_by(2).all(|depth| depths.contains(&depth)));
    });
}

/// What the connections of a server have in common.
struct Server {
    pool: Semaphore,
    cache: Mutex<()>,
    jobs: mpsc::Sender<u32>,
    address: std::net::SocketAddr,
}

/// A connection: some wait for their peer, others for what the server has too little of.
async fn serve(server: Rc<Server>, number: u64) {
    match number % 4 {
        0 if number < 40 => {
            let mut stream = TcpStream::connect(server.address).await.expect("it listens");
            stream.read(&mut [0; 64]).await.expect("it is open");
        }
        0 | 1 => drop(server.pool.acquire().await),
        2 => drop(server.cache.lock().await),
        _ => {
            let query = spawn(sleep(Duration::from_secs(60 + number)));
            query.await.expect("it sleeps");
        }
    }
}

/// Tenants with connections in groups, which have queries; workers that wait for jobs; one who has the lock and waits.
async fn start(server: &Rc<Server>) {
    for tenant in 0..20 {
        let theirs = Rc::clone(server);
        drop(spawn_named(&format!("tenant {tenant}"), async move {
            let mut connections = TaskGroup::new();
            for number in 0..300 {
                connections.spawn(serve(Rc::clone(&theirs), number));
            }
            while connections.join_next().await.is_some() {}
        }));
    }
    for _ in 0..2450 {
        let theirs = Rc::clone(server);
        drop(spawn(async move { theirs.jobs.send(1).await.is_ok() }));
    }
    let theirs = Rc::clone(server);
    drop(spawn_named("refresher", async move {
        let _cache = theirs.cache.lock().await;
        let _all = theirs.pool.acquire_many(8).await;
        sleep(Duration::from_secs(1000)).await;
    }));
}

/// How long this thread has run: others of the machine are not to be measured.
fn on_cpu() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

/// What is wrong comes first, nobody is left out, and it is short.
fn is_of_use(page: &str, tasks: &[TaskInfo]) {
    let lines: Vec<&str> = page.lines().filter(|line| !line.contains(" sent, ")).collect();
    let tree_at = lines.iter().position(|line| *line == "who spawned whom:").expect("it is there");
    let (most, tree) = (&lines[2..tree_at], &lines[tree_at + 1..]);
    let begin = |line: &&&str, what: &str| line.starts_with(&format!("  x{what}"));
    let stuck: Vec<_> = ["2800 permit", "2350 room", "1500 ", "1500 ", "1500 ", "200 readable"].to_vec();
    assert!(most.iter().zip(stuck).all(|(line, what)| begin(&line, what)), "what most wait for comes first: {page}");
    let refresher = tasks.iter().find(|task| task.name.as_deref() == Some("refresher")).expect("it is there");
    assert!(most.iter().any(|line| line.contains(&format!(" held by task {} at ", refresher.id))), "{page}");
    let of_line = |line: &&str| {
        let count = line.trim_start().strip_prefix('x').map_or("1", |rest| rest.split(' ').next().unwrap_or(rest));
        count.parse::<usize>().expect("a count")
    };
    assert_eq!(tree.iter().map(of_line).sum::<usize>(), tasks.len(), "nobody is left out");
    assert!(tree.len() < 150, "what is alike shares lines, also below others: {} lines", tree.len());
    let place = |what: &str| tree.iter().position(|line| line.contains(what)).expect("it is there");
    assert!(place("x2350 room") < place("'tenant 0'") && place("'tenant 19'") < place("'refresher'"), "{page}");
}

#[test]
fn tasks_share_a_line_only_if_nothing_tells_them_apart() {
    #[track_caller]
    fn nap(seconds: u64) -> Sleep {
        sleep(Duration::from_secs(seconds))
    }
    wheelwright::test(async || {
        let lock = Rc::new(Mutex::new(()));
        let theirs = Rc::clone(&lock);
        let guard = theirs.lock().await;
        let parent = spawn_named("parent", async move {
            for number in 0..13 {
                let theirs = Rc::clone(&lock);
                // One line spawns them all; seven wait at one line, one there and for more, the others elsewhere.
                let it = async move {
                    match number {
                        0..7 => nap(5).await,
                        7 => drop(join(nap(5), nap(6)).await),
                        8..10 => nap(6).await,
                        _ => drop(theirs.lock().await),
                    }
                };
                drop(if number == 6 { spawn_named("the seventh", it) } else { spawn(it) });
            }
            (0..3).for_each(|_| drop(spawn(nap(5))));
            pending::<()>().await;
        });
        parked().await;
        parked().await;
        let page = inspect::dump().to_string();
        let lines = page.lines().filter(|line| line.starts_with("    "));
        let begin = |line: &str| line.trim_start().split(" at ").next().unwrap().to_owned();
        let begins: Vec<String> = lines.map(begin).collect();
        assert_eq!(begins.len(), 6, "{page}");
        for (line, count) in [("x6 timer in 5.0 s", 1), ("x3 mutex", 1), ("x2 timer in 6.0 s", 1), ("x3 timer", 1)] {
            assert_eq!(begins.iter().filter(|begin| begin.starts_with(line)).count(), count, "{line}: {page}");
        }
        assert!(page.contains("'the seventh' spawned") && page.contains(" and 1 more"), "{page}");
        drop((guard, parent));
    });
}

#[test]
fn a_line_of_several_tells_what_they_have_in_common_and_names_eight() {
    wheelwright::test(async || {
        let both = || async { join(sleep(Duration::from_secs(8)), sleep(Duration::from_secs(9))).await };
        let two: Vec<_> = (0..2).map(|_| spawn(both())).collect();
        let workers: Vec<_> = (0..9)
            .map(|number| {
                spawn_named("worker", async move {
                    for _ in 0..number {
                        yield_now().await;
                    }
                    sleep(Duration::from_secs(7)).await;
                })
            })
            .collect();
        let outside = spawn(poll_fn(|cx| {
            drop(cx.waker().clone());
            Poll::<()>::Pending
        }));
        for _ in 0..12 {
            yield_now().await;
        }
        let page = inspect::dump().to_string();
        let line = |begin: &str| {
            let line = page.lines().find(|line| line.trim_start().starts_with(begin));
            line.unwrap_or_else(|| panic!("no {begin}: {page}")).to_owned()
        };
        assert!(line("x2 timer in 8.0 s at ").contains(" and more, spawned at "), "{page}");
        let named: Vec<String> = workers[..8].iter().map(|task| task.id().to_string()).collect();
        let end = format!(" [polls: 1 to 9]: tasks {} …", named.join(" "));
        assert!(line("x9 'worker' timer in 7.0 s at ").ends_with(&end), "{page}");
        let foreign = line(&format!("task {} spawned", outside.id()));
        assert!(foreign.ends_with(" [polls: 1, others have its waker]"), "{page}");
        assert!(line("task 1 spawned").ends_with(", woken by itself]"), "{page}");
        drop(two);
    });
}

#[test]
fn ten_thousand_tasks_are_dumped_at_once() {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (jobs, queue) = mpsc::channel(100);
        let address = listener.local_addr().unwrap();
        let server = Rc::new(Server { pool: Semaphore::new(8), cache: Mutex::new(()), jobs, address });
        let first = server.pool.acquire().await;
        start(&server).await;
        drop(spawn_named("listener", async move {
            let mut open = Vec::new();
            loop {
                open.push(listener.accept().await.unwrap());
            }
        }));
        while inspect::live().sources < 201 {
            yield_now().await;
        }
        parked().await;
        let times = (0..5).map(|_| {
            let begin = on_cpu();
            let page = inspect::dump().to_string();
            (on_cpu() - begin, page)
        });
        let (took, page) = times.min().expect("there were five");
        println!("{page}\ndumped in {took:?}");
        is_of_use(&page, &inspect::tasks());
        // Ten times what is promised of a build that is optimised; one that is not takes some ten times as long.
        let limit = if cfg!(debug_assertions) { Duration::from_secs(2) } else { Duration::from_millis(200) };
        assert!(took < limit, "{took:?}");
        drop((first, queue));
    });
}
