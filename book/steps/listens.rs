//! Turns eight bytes between two tasks into what the kernel tells the loop of them, small enough to step through.
//!
//! `cargo run --release --example step_listens` takes no time. With `-- --timeline FILE.html` the run is drawn.
//!
//! Try: have the guest write its first eight bytes in two pieces, with a `yield_now().await` between them. How often is the host
//! woken now? Then give the host room for sixteen bytes, and see why it never answers.

use std::io;

use support::timeline;
use wheelwright::net::UnixStream;
use wheelwright::{JoinError, Runtime, spawn_named};

/// Answers the first eight bytes, reads on until the guest is gone, and gives the sizes of what it read.
async fn host(mut stream: UnixStream) -> io::Result<Vec<usize>> {
    let (mut room, mut sizes) = ([0; 4], Vec::new());
    loop {
        let size = stream.read(&mut room).await?;
        if size == 0 {
            return Ok(sizes);
        }
        sizes.push(size);
        if sizes == [4, 4] {
            stream.write_all(b"go on").await?;
        }
    }
}

async fn guest(mut stream: UnixStream) -> io::Result<()> {
    stream.write_all(b"ten byte").await?;
    stream.read(&mut [0; 8]).await?;
    stream.write_all(b"s!").await
}

async fn listens() -> Result<io::Result<Vec<usize>>, JoinError> {
    let (here, there) = UnixStream::pair().expect("there are two descriptors left");
    let host = spawn_named("host", host(here));
    spawn_named("guest", guest(there)).await?.expect("the host listens");
    host.await
}

fn main() -> io::Result<()> {
    let sizes = timeline::run(Runtime::builder().paused(), listens())?.expect("no task panics")?;
    println!("Eight bytes and then two were read in pieces of {sizes:?}.");
    assert_eq!(sizes, [4, 4, 2]);
    println!(
        "\nThe kernel tells of bytes once, when they come; a task reads until it would have to wait, and is woken by the next ones."
    );
    Ok(())
}
