//! Turns one loop for each of several threads into one server: a shared port, and channels between the loops.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use wheelwright::net::{ListenOptions, TcpListener, TcpStream};
use wheelwright::stream::Events;
use wheelwright::sync::remote;
use wheelwright::{block_on, join_all, spawn, spawn_blocking};

const LOOPS: u8 = 3;
const CLIENTS: usize = 120;

enum Event {
    Accepted(std::io::Result<(TcpStream, SocketAddr)>),
    Stop,
}

/// A loop of its own on a thread of its own: it answers with its number, and reports each client to the first loop.
fn start(number: u8, address: SocketAddr, report: remote::Sender<u8>) -> (remote::Sender<()>, JoinHandle<usize>) {
    let (stop, mut stopped) = remote::channel(1);
    // Bound before anybody connects.
    let listener = ListenOptions::new().reuse_port();
    let listener = listener.bind(address).expect("a shared port").into_std();
    let thread = std::thread::spawn(move || {
        block_on(async {
            let listener = TcpListener::from_std(listener).expect("it is a listener");
            let connections = wheelwright::stream::generator(async |y| {
                loop {
                    y.yield_(listener.accept().await).await;
                }
            });
            let mut events = Events::biased();
            events.on(connections, Event::Accepted);
            events.once(stopped.recv(), |_| Event::Stop);
            let mut served = 0;
            while let Some(Event::Accepted(accepted)) = events.next().await {
                let (mut stream, _) = accepted.expect("a connection");
                stream.write_all(&[number]).await.expect("the client listens");
                report.send(number).await.expect("the first loop listens");
                served += 1;
            }
            served
        })
    });
    (stop, thread)
}

#[test]
fn a_loop_for_each_thread_shares_a_port_and_reports_over_a_channel_between_loops() {
    block_on(async {
        let reserved = ListenOptions::new().reuse_port().bind("127.0.0.1:0").expect("a port");
        let address = reserved.local_addr().expect("an address");
        let (report, mut reported) = remote::channel(4);
        let loops: Vec<_> = (0..LOOPS).map(|number| start(number, address, report.clone())).collect();
        drop((reserved, report));
        let heard = spawn(async move {
            let mut heard = [0; LOOPS as usize];
            while let Some(number) = reported.recv().await {
                heard[usize::from(number)] += 1;
            }
            heard
        });
        let mut answered = [0; LOOPS as usize];
        for number in join_all((0..CLIENTS).map(|_| ask(address))).await {
            answered[usize::from(number)] += 1;
        }
        let mut served = Vec::new();
        for (stop, thread) in loops {
            drop(stop);
            // Not joined here: this loop must go on listening while the other one ends.
            let joined = spawn_blocking(move || thread.join()).await.expect("there is room for the job");
            served.push(joined.expect("the loop ends well"));
        }
        let heard = heard.await.expect("it does not panic");
        assert_eq!((heard.as_slice(), served.as_slice()), (answered.as_slice(), answered.as_slice()));
        // The kernel deals connections out by a hash: of so many each loop gets some.
        assert!(answered.iter().all(|count| 0 < *count), "{answered:?}");
    });
}

async fn ask(address: SocketAddr) -> u8 {
    let mut stream = TcpStream::connect(address).await.expect("somebody listens");
    let mut number = [0];
    assert_eq!(stream.read(&mut number).await.expect("an answer"), 1);
    number[0]
}
