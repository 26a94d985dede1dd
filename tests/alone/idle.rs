//! Turns idleness into figures of the kernel's own: no wake-up, no processor time, no thread.

use std::future::pending;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::Duration;

use wheelwright::{block_on, join_all, spawn, spawn_blocking, time};

use crate::{proc_self, status_number};

/// A thousand tasks wait for what never comes, one for a timer that is an hour away.
pub(crate) fn park_a_thousand() {
    block_on(async {
        for _ in 0..1000 {
            drop(spawn(pending::<()>()));
        }
        let timer = spawn(time::sleep(Duration::from_secs(3600)));
        time::sleep(Duration::from_millis(20)).await;
        println!("parked");
        timer.await.expect("nobody waits that long");
    });
}

/// Looks twice: between the looks the process must not have run at all.
pub(crate) fn look_from_outside(command: &mut Command) -> Result<(), String> {
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let stdout = child.stdout.take().expect("it is piped");
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
    let look = || {
        let file = |name: &str| {
            std::fs::read_to_string(format!("/proc/{}/{name}", child.id())).map_err(|error| error.to_string())
        };
        let (status, stat, syscall) = (file("status")?, file("stat")?, file("syscall")?);
        let switches =
            status_number(&status, "voluntary_ctxt_switches") + status_number(&status, "nonvoluntary_ctxt_switches");
        let times: Vec<_> =
            stat.rsplit(')').next().expect("a name stands in brackets").split(' ').skip(12).take(2).collect();
        Ok::<_, String>((switches, times.join("+"), syscall))
    };
    std::thread::sleep(Duration::from_millis(50));
    let first = look();
    std::thread::sleep(Duration::from_millis(500));
    let second = look();
    let _ = child.kill();
    let _ = child.wait();
    let (first, second) = (first?, second?);
    if line.trim() != "parked" || first != second {
        return Err(format!("it ran between two looks half a second apart: {first:?}, then {second:?}"));
    }
    Ok(())
}

/// Tasks, timers, sockets and groups need no thread; a blocking job needs one.
pub(crate) fn count_threads() {
    let threads = || status_number(&proc_self("status"), "Threads");
    block_on(async {
        let listener = wheelwright::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (accepted, connected) =
            wheelwright::join(listener.accept(), wheelwright::net::TcpStream::connect(address)).await;
        accepted.expect("a connection");
        connected.expect("a connection");
        join_all((0..100).map(|_| spawn(time::sleep(Duration::from_millis(1))))).await;
        drop(wheelwright::signal::ctrl_c());
        assert_eq!(threads(), 1);
        spawn_blocking(|| ()).await.expect("it does not panic");
        assert_eq!(threads(), 2);
    });
    // A thread that was joined may stand in the process table for a moment yet.
    let limit = std::time::Instant::now() + Duration::from_secs(5);
    while threads() != 1 {
        assert!(std::time::Instant::now() < limit, "the end of the runtime joins them");
        std::thread::sleep(Duration::from_millis(1));
    }
}
