//! Turns "what is written with futures-lite and futures-util works on our types" into facts.

use std::pin::pin;
use std::time::Duration;

use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::stream::{self, Events, Stream};
use wheelwright::sync::mpsc;
use wheelwright::time::{interval, sleep, timeout};
use wheelwright::{block_on, join, spawn, yield_now};

const SECOND: Duration = Duration::from_secs(1);

/// Both ends of a connection.
async fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (ours, theirs) = join(TcpStream::connect(address), listener.accept()).await;
    (ours.expect("it connects"), theirs.expect("it connects").0)
}

/// A stream of ours that has to wait in between.
fn slow_numbers() -> impl Stream<Item = u64> + Unpin {
    stream::generator(async |y| {
        for n in 0..4 {
            sleep(SECOND).await;
            y.yield_(n).await;
        }
    })
}

#[test]
fn our_stream_methods_work_on_their_streams() {
    use wheelwright::stream::StreamExt;
    wheelwright::test(async || {
        let work = futures_util::stream::iter(0..4).map(async |n: u32| {
            sleep(SECOND * (4 - n)).await;
            n
        });
        assert_eq!(work.buffer_unordered(4).collect::<Vec<_>>().await, [3, 2, 1, 0]);
        let slow = futures_lite::stream::once_future(sleep(SECOND * 2)).timeout(SECOND);
        assert_eq!(std::pin::pin!(slow).next().await, Some(Err(wheelwright::time::Elapsed)));
    });
}

mod lite {
    use futures_lite::future::{or, zip};
    use futures_lite::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use futures_lite::stream::StreamExt;

    use super::*;

    #[test]
    fn its_stream_methods_work_on_our_streams() {
        wheelwright::test(async || {
            let sum = slow_numbers().map(|n| n * 2).filter(|n| n % 4 == 0).fold(0, |sum, n| sum + n).await;
            assert_eq!(sum, 4);
            let zipped: Vec<_> = StreamExt::zip(slow_numbers(), stream::iter("abcd".chars())).collect().await;
            assert_eq!(zipped.last(), Some(&(3, 'd')));
            assert_eq!(interval(SECOND).take(3).count().await, 3);
            let mut events = Events::fair();
            events.on(slow_numbers(), Some);
            events.once(sleep(SECOND * 2), |()| None);
            let (sender, receiver) = mpsc::channel(4);
            sender.send(5).await.expect("it is open");
            drop(sender);
            assert_eq!(receiver.map(|n| n + 1).collect::<Vec<_>>().await, [6]);
            assert_eq!(events.then(async |event| event).collect::<Vec<_>>().await.len(), 5);
        });
    }

    #[test]
    fn its_futures_drive_ours() {
        wheelwright::test(async || {
            let first = or(
                async {
                    sleep(SECOND).await;
                    1
                },
                async {
                    sleep(SECOND * 2).await;
                    2
                },
            )
            .await;
            let (both, limited) = zip(spawn(async { 3 }), timeout(SECOND, sleep(SECOND * 2))).await;
            assert_eq!((first, both.expect("it ends well"), limited.is_err()), (1, 3, true));
        });
    }

    #[test]
    fn its_readers_and_writers_work_on_our_sockets() {
        block_on(async {
            let (mut ours, theirs) = connection().await;
            let writing = async {
                AsyncWriteExt::write_all(&mut ours, b"one\ntwo\nrest").await.expect("it takes all");
                AsyncWriteExt::close(&mut ours).await.expect("it closes");
            };
            let reading = async {
                let mut reader = BufReader::new(theirs);
                let mut line = String::new();
                reader.read_line(&mut line).await.expect("a line");
                let mut rest = Vec::new();
                reader.read_to_end(&mut rest).await.expect("the rest");
                (line, rest)
            };
            let ((), (line, rest)) = join(writing, reading).await;
            assert_eq!((line.as_str(), rest.as_slice()), ("one\n", &b"two\nrest"[..]));
        });
    }
}

mod utilities {
    use futures_util::future::{FutureExt, join_all, select};
    use futures_util::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy};
    use futures_util::stream::{FuturesOrdered, FuturesUnordered, StreamExt, TryStreamExt, select_all};

    use super::*;

    #[test]
    fn its_stream_methods_work_on_our_streams() {
        wheelwright::test(async || {
            let doubled = slow_numbers().map(async |n| {
                sleep(SECOND * 3).await;
                n * 2
            });
            assert_eq!(StreamExt::buffered(doubled, 2).collect::<Vec<_>>().await, [0, 2, 4, 6]);
            let mut all = select_all([slow_numbers(), slow_numbers()]);
            let mut count = 0;
            while all.next().await.is_some() {
                count += 1;
            }
            assert_eq!(count, 8);
            let results = slow_numbers().map(|n| if n < 3 { Ok(n) } else { Err(n) });
            assert_eq!(results.try_collect::<Vec<_>>().await, Err(3));
            let mut fused = pin!(interval(SECOND).take(2).fuse());
            assert!(fused.next().await.is_some() && fused.next().await.is_some() && fused.next().await.is_none());
        });
    }

    #[test]
    fn its_macros_take_our_handles_and_timeouts() {
        wheelwright::test(async || {
            let (task, limited) = futures_util::join!(spawn(async { 1 }), timeout(SECOND, sleep(SECOND * 2)));
            assert_eq!((task.expect("it ends well"), limited.is_err()), (1, true));
            let outcome = futures_util::try_join!(spawn(async { 1 }), spawn(async { 2 }));
            assert_eq!(outcome.expect("both end well"), (1, 2));
            let mut task = spawn(sleep(SECOND * 3)).fuse();
            let mut ticks = interval(SECOND).fuse();
            let mut count = 0;
            loop {
                futures_util::select_biased! {
                    outcome = task => break outcome.expect("it ends well"),
                    _ = ticks.next() => count += 1,
                }
            }
            assert!(3 <= count, "{count}");
            select(Box::pin(sleep(SECOND)), Box::pin(sleep(SECOND * 2))).await;
        });
    }

    #[test]
    fn its_sets_of_futures_poll_our_leaves_with_wakers_of_their_own() {
        wheelwright::test(async || {
            let tasks: FuturesUnordered<_> = (1..=5_u32)
                .rev()
                .map(|n| {
                    spawn(async move {
                        sleep(SECOND * n).await;
                        n
                    })
                })
                .collect();
            let ended: Vec<u32> = tasks.map(|task| task.expect("it ends well")).collect().await;
            assert_eq!(ended, [1, 2, 3, 4, 5]);
            let limited: FuturesOrdered<_> = (1..=4_u32).map(|n| timeout(SECOND * 2, sleep(SECOND * n))).collect();
            assert_eq!(limited.filter(|limited| std::future::ready(limited.is_ok())).count().await, 2);
            assert_eq!(
                join_all((0..100).map(async |n| {
                    yield_now().await;
                    n
                }))
                .await
                .len(),
                100
            );
        });
    }

    #[test]
    fn its_readers_and_writers_work_on_our_sockets() {
        block_on(async {
            let (mut ours, theirs) = connection().await;
            let echo = async {
                let (reader, mut writer) = futures_util::io::AsyncReadExt::split(theirs);
                copy(reader, &mut writer).await.expect("it echoes");
                writer.close().await.expect("it closes");
            };
            let asking = async {
                ours.write_all(b"one\ntwo\n").await.expect("it takes all");
                AsyncWriteExt::close(&mut ours).await.expect("it closes");
                BufReader::new(&mut ours).lines().try_collect::<Vec<_>>().await.expect("lines")
            };
            assert_eq!(join(echo, asking).await.1, ["one", "two"]);
            let mut rest = Vec::new();
            AsyncReadExt::read_to_end(&mut ours, &mut rest).await.expect("the end");
            assert!(rest.is_empty());
        });
    }
}
