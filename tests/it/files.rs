//! Turns the promises about files into facts: what is gathered, flushed, lost and told when the disk is slow or refuses.

use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use wheelwright::fs::Writer;
use wheelwright::yield_now;

use crate::net::run;

/// What reached the disk.
#[derive(Default)]
struct Disk {
    writes: Vec<Vec<u8>>,
    flushed: usize,
}

/// Writes nothing before the gate is open, and refuses what begins with `!`.
struct Slow {
    gate: Receiver<()>,
    disk: Arc<Mutex<Disk>>,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Open for good once the other side is gone.
        let _ = self.gate.recv();
        if bytes.starts_with(b"!") {
            return Err(ErrorKind::StorageFull.into());
        }
        self.disk.lock().expect("nobody panics").writes.push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut disk = self.disk.lock().expect("nobody panics");
        disk.flushed = disk.writes.len();
        Ok(())
    }
}

fn slow() -> (Writer<Slow>, Sender<()>, Arc<Mutex<Disk>>) {
    let (open, gate) = channel();
    let disk = Arc::default();
    (Writer::new(Slow { gate, disk: Arc::clone(&disk) }), open, disk)
}

#[test]
fn what_is_written_while_the_disk_is_busy_goes_there_in_one_piece() {
    run(async || {
        let (mut writer, open, disk) = slow();
        for piece in [b"one", b"two", b"six"] {
            writer.write_all(piece).await.expect("it is only gathered");
        }
        drop(open);
        writer.flush().await.expect("the gate is open");
        let disk = disk.lock().expect("nobody panics");
        assert_eq!(disk.writes, [&b"one"[..], b"twosix"]);
        assert_eq!(disk.flushed, 2, "a flush goes down to the disk");
    });
}

#[test]
fn a_write_that_waits_for_room_and_is_dropped_has_taken_nothing() {
    run(async || {
        let (mut writer, open, disk) = slow();
        let (first, large) = (vec![1], vec![2; 64 * 1024]);
        writer.write_all(&first).await.expect("it is only gathered");
        writer.write_all(&large).await.expect("it is only gathered");
        let given_up = wheelwright::race(async { writer.write_all(b"dropped").await.is_ok() }, async {
            yield_now().await;
            false
        });
        assert!(!given_up.await, "so much is gathered that it waits");
        drop(open);
        writer.write_all(b"end").await.expect("there is room again");
        writer.close().await.expect("the gate is open");
        assert_eq!(disk.lock().expect("nobody panics").writes.concat(), [&first[..], &large, b"end"].concat());
    });
}

#[test]
fn an_error_of_the_disk_comes_out_of_each_operation_after_it() {
    run(async || {
        let (mut writer, open, disk) = slow();
        drop(open);
        writer.write_all(b"!").await.expect("nobody knows yet");
        for _ in 0..2 {
            assert_eq!(writer.flush().await.expect_err("it is full").kind(), ErrorKind::StorageFull);
        }
        assert_eq!(writer.write_all(b"more").await.expect_err("it is full").kind(), ErrorKind::StorageFull);
        assert_eq!(writer.close().await.expect_err("it is full").kind(), ErrorKind::StorageFull);
        assert!(disk.lock().expect("nobody panics").writes.is_empty());
    });
}
