//! Turns the exercise of chapter 9 into facts about what is left of a wait that was cut short.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use exercises::ch09::LineReader;
use wheelwright::spawn;
use wheelwright::sync::mpsc;
use wheelwright::time::{Elapsed, sleep, timeout};

const PIECES: [&str; 7] = ["on", "e\ntw", "o\n", "thr", "ee", "\n\nfour\nfi", "ve"];
const LINES: [&str; 6] = ["one", "two", "three", "", "four", "five"];
/// So much passes only for somebody who hangs.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// The pieces, one every 30 ms.
fn reader() -> LineReader {
    let (sender, pieces) = mpsc::channel(1);
    spawn(async move {
        for piece in PIECES {
            sleep(Duration::from_millis(30)).await;
            sender.send(piece.to_owned()).await.expect("somebody reads");
        }
    })
    .detach();
    LineReader::new(pieces)
}

#[test]
fn ch09_no_text_is_lost_if_a_limit_ends_the_wait_for_a_line() {
    wheelwright::test(async || {
        for limit in [10, 29, 31, 50, 70, 1000] {
            let (mut reader, mut lines) = (reader(), Vec::new());
            loop {
                match timeout(Duration::from_millis(limit), reader.next()).await {
                    Ok(Some(line)) => lines.push(line),
                    Ok(None) => break,
                    Err(Elapsed) => {}
                }
                assert!(lines.len() <= LINES.len(), "it has no end: {lines:?}");
            }
            assert_eq!(lines, LINES, "with a limit of {limit} ms");
        }
    });
}

#[test]
fn ch09_no_text_is_lost_if_every_wait_is_dropped_after_one_poll() {
    wheelwright::test(async || {
        let (mut reader, mut lines) = (reader(), Vec::new());
        loop {
            let polled = {
                let mut next = pin!(reader.next());
                poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await
            };
            match polled {
                Poll::Ready(Some(line)) => lines.push(line),
                Poll::Ready(None) => break,
                Poll::Pending => sleep(Duration::from_millis(1)).await,
            }
            assert!(lines.len() <= LINES.len(), "it has no end: {lines:?}");
        }
        assert_eq!(lines, LINES);
    });
}

#[test]
fn ch09_a_line_that_is_there_waits_for_no_further_piece() {
    wheelwright::test(async || {
        let (sender, pieces) = mpsc::channel(1);
        sender.send("one\ntwo\nth".to_owned()).await.expect("somebody reads");
        let mut reader = LineReader::new(pieces);
        for line in ["one", "two"] {
            assert_eq!(timeout(FOR_EVER, reader.next()).await, Ok(Some(line.to_owned())), "it has come");
        }
        assert_eq!(timeout(FOR_EVER, reader.next()).await, Err(Elapsed), "the third is not whole");
        drop(sender);
        assert_eq!((reader.next().await.as_deref(), reader.next().await), (Some("th"), None));
    });
}
