//! Turns connections that say nothing into what they cost the server, and into what another one pays for them.

use std::io;
use std::time::{Duration, Instant};

use support::process::{Child, released};
use support::usage::raise_descriptor_limit;
use wheelwright::map_concurrent;
use wheelwright::net::TcpStream;
use wheelwright::time::sleep;

use crate::number;
use crate::server::Figures;

/// Descriptors that a process needs besides those of its connections.
const BESIDES: u64 = 50;
const MOST: u64 = 10_000;
/// So many are opened at once: fewer than a listener's backlog has room for.
const AT_ONCE: usize = 100;
pub(crate) const WAIT: Duration = Duration::from_secs(2);
const ROUNDS: u32 = 50;
const TRIPS: u32 = 200;

/// What they cost.
pub(crate) struct Cost {
    pub(crate) connections: u64,
    pub(crate) bytes: u64,
    pub(crate) worked: Duration,
}

pub(crate) async fn show() -> io::Result<Cost> {
    let wanted = MOST.min(raise_descriptor_limit().saturating_sub(BESIDES));
    let mut server = Child::start(&["serve"])?;
    let addr = server.line()?;
    let mut stream = TcpStream::connect(&*addr).await?;
    let alone = round_trip(&mut stream).await?;
    let empty = Figures::ask(&mut stream).await?;
    let mut clients = Child::start(&["idle", &addr, &wanted.to_string()])?;
    let opened: u64 = number(&clients.line()?);
    let begun = Figures::ask(&mut stream).await?;
    sleep(WAIT).await;
    let ended = Figures::ask(&mut stream).await?;
    let beside = round_trip(&mut stream).await?;
    let told = clients.finish()?;
    let [echoed, around_us] = told.split_whitespace().map(number).collect::<Vec<u64>>()[..] else {
        return Err(io::Error::other(told));
    };

    assert_eq!((opened, echoed), (wanted, wanted), "all are there, and all are answered after the wait");
    let bytes = (begun.memory_kb - empty.memory_kb) * 1024 / opened;
    let (worked, woken) = (ended.worked - begun.worked, ended.times_woken - begun.times_woken);
    assert_eq!(ended.threads, 1, "one thread listens for all");
    assert!(bytes < 2_000 && woken < 10, "a task and a source for each, and nobody is woken for who says nothing");
    assert!(1_000 * worked < WAIT, "nor is there anything to do for them");
    assert!(beside < 3 * alone, "who speaks does not pay for those who do not");
    println!("connections that say nothing           {opened:>8}");
    println!("  the server's memory for each         {bytes:>8} bytes");
    println!("  its threads                          {:>8}", ended.threads);
    println!("  its work while they idle for {} s     {:>8.2} ms", WAIT.as_secs(), worked.as_secs_f64() * 1e3);
    println!("  times that it was woken meanwhile    {woken:>8}, to tell these figures\n");
    println!("an echo, there and back, with nobody else  {:>6.1} us", alone.as_secs_f64() * 1e6);
    println!("the same, beside {opened} that say nothing  {:>6.1} us", beside.as_secs_f64() * 1e6);
    println!("to ask each of these whether it has news   {around_us:>6} us\n");
    Ok(Cost { connections: opened, bytes, worked })
}

/// The mean of the best round, for the system interrupts others.
async fn round_trip(stream: &mut TcpStream) -> io::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for _ in 0..TRIPS {
            stream.write_all(b"hello").await?;
            let count = stream.read(&mut [0; 64]).await?;
            assert_eq!(count, 5, "so few bytes come whole");
        }
        best = best.min(begun.elapsed() / TRIPS);
    }
    Ok(best)
}

/// In a process of their own: opens connections and tells how many. Once released, tells how many still have an echo, and how
/// many microseconds it takes to try to read from each.
pub(crate) async fn clients(addr: &str, count: usize) -> io::Result<()> {
    let opened = map_concurrent(AT_ONCE, 0..count, async |_| TcpStream::connect(addr).await).await;
    let mut streams = opened.into_iter().collect::<io::Result<Vec<_>>>()?;
    println!("{}", streams.len());
    released().await;
    let mut around = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        let silent = streams.iter_mut().filter_map(|stream| stream.try_read(&mut [0; 64]).err());
        assert!(silent.map(|error| error.kind()).all(|kind| kind == io::ErrorKind::WouldBlock));
        around = around.min(begun.elapsed());
    }
    let echoes = map_concurrent(AT_ONCE, streams, async |mut stream| {
        stream.write_all(b"hello").await?;
        stream.read(&mut [0; 64]).await
    });
    let echoed = echoes.await.into_iter().flatten().filter(|count| *count == 5).count();
    println!("{echoed} {}", around.as_micros());
    Ok(())
}
