//! Turns minutes of calls, faults and cancels into the check that memory and descriptors stay flat and nothing is left.
//!
//! The case runs twice at the same time, as a server and as its client. Each chooses its faults by a seed. `cargo xtask soak`
//! runs it for ten minutes; as a case among the others it takes a few seconds.

mod calls; // a seed -> calls, and what each may end in
mod figures; // what a process holds, sample by sample -> whether that is flat
mod pages; // an id -> the bytes of its body
mod relay; // a port -> a worse one in front of it
mod server; // requests -> answers of every kind

use std::cell::RefCell;
use std::process::{Command, Stdio};
use std::time::Duration;

use wheelwright::time::{now, sleep};
use wheelwright::{block_on, join, join_all};
use wheelwright_http::Client;

use crate::faults::{SERVER, SOON, raise_descriptor_limit, with_a_server_for};

use calls::{Caller, Clients, Tally};
use figures::{Figures, Samples};

/// For how many seconds the callers call.
const SECONDS: &str = "WHEELWRIGHT_SOAK_SECONDS";
/// What all choices come from.
const SEED: &str = "WHEELWRIGHT_SOAK_SEED";
/// Without the two variables.
const SHORT: (u64, u64) = (12, 1);

/// Tasks that call at the same time.
const CALLERS: u64 = 64;
/// Connections that each client may have to each port: fewer than the callers, so that some wait in line.
const CONNECTIONS: usize = 16;

/// This part of the run passes before the first sample: pools fill, and the allocator finds its size.
const WARM_UP: u32 = 10;
/// A sample is taken each second; in a short run more often, so that there are as many.
const SAMPLES: u32 = 60;
/// So many of them are shown.
const ROWS: u32 = 10;
/// A shorter run has too few calls for its quarters to be alike: it is judged by how its calls end and what they leave.
const LONG: Duration = Duration::from_secs(300);

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("the variable holds a number"))
}

/// Shows how the run goes if somebody has asked for it.
pub(crate) fn beside_a_server(command: &mut Command) -> Result<(), String> {
    let seconds = number(SECONDS);
    if seconds.is_some() {
        command.stdout(Stdio::inherit());
    }
    let limit = 10 * SOON + 2 * Duration::from_secs(seconds.unwrap_or(SHORT.0));
    with_a_server_for(limit, command)
}

pub(crate) fn run() {
    // What all pages are parts of is there before anything is counted.
    drop(pages::page(0, 0));
    let seed = number(SEED).unwrap_or(SHORT.1);
    let Ok(ports) = std::env::var(SERVER) else { return server::serve(seed) };
    let ports: Vec<u16> = ports.split(' ').map(|port| port.parse().expect("the server tells its ports")).collect();
    let ports = ports.try_into().expect("they are three");
    raise_descriptor_limit();
    block_on(soak(ports, seed, Duration::from_secs(number(SECONDS).unwrap_or(SHORT.0))));
}

async fn soak(ports: [u16; 3], seed: u64, time: Duration) {
    println!("{CALLERS} callers for {} s, seed {seed}", time.as_secs());
    let control = Client::new();
    let server = &async || Figures::asked(&control, ports[0]).await;
    // The second question finds the connection of the first, and whoever watches over idle ones at work.
    server().await;
    sleep(Duration::from_millis(10)).await;
    let before = [Figures::now(), server().await];

    let clients = Clients::new(CONNECTIONS);
    let (tally, mut samples) = (RefCell::<Tally>::default(), Samples::shown(time / ROWS));
    let end = now() + time;
    let callers = (0..CALLERS).map(|place| Caller::new(place, seed, ports, &clients).call_until(end, &tally));
    let watch = async {
        sleep(time / WARM_UP).await;
        let pause = (time / SAMPLES).min(SOON);
        while now() + pause < end {
            let server = server().await;
            samples.add(time - (end - now()), &tally.borrow(), clients.idle(), server);
            sleep(pause).await;
        }
    };
    join(join_all(callers), watch).await;

    clients.are_unhurt();
    drop(clients);
    let after = until_over(&before, server).await;
    println!("{} ms after the last call both hold what they held before", after.as_millis());
    let (flat, complete, calls) = (samples.are_flat(), tally.borrow().is_complete(), tally.borrow().calls());
    assert!(time < LONG || flat, "something grew by more than 1 MiB, or 8 descriptors, and by more than 2 %");
    assert!(time < LONG || complete, "an end is missing");
    let seconds = time.as_secs();
    println!(
        "\nAll {calls} calls of {seconds} s ended as each may, none with the reply to another, and nothing is left of them."
    );
}

/// Waits until the client and the server hold no more than before: how long that took.
async fn until_over(before: &[Figures; 2], server: impl AsyncFn() -> Figures) -> Duration {
    let begun = now();
    loop {
        let held = [Figures::now(), server().await];
        if held[0].holds_only(&before[0]) && held[1].holds_only(&before[1]) {
            return now() - begun;
        }
        assert!(now() - begun < 10 * SOON, "of the calls is left: {held:#?}, where before was {before:#?}");
        sleep(Duration::from_millis(10)).await;
    }
}
