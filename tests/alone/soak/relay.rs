//! Turns a port into a worse one in front of it: what passes there is delayed, half closed, cut, reset, or made older.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use fastrand::Rng;
use futures_lite::AsyncReadExt;
use socket2::SockRef;
use wheelwright::net::{ReadHalf, TcpListener, TcpStream, WriteHalf};
use wheelwright::time::sleep;
use wheelwright::{spawn, try_join};

/// The longest delay.
const DELAY_MS: u64 = 200;
/// Troubles come behind fewer bytes than two to the power of this, and behind few as often as behind many.
const MOST: u32 = 21;

/// What befalls a connection, once.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    /// Its request says that it is one of HTTP/1.0, so that a body without a length ends with the connection.
    Older,
    Delay(Duration),
    HalfClose,
    Cut,
    Reset,
}

/// A trouble, and behind how many bytes in which direction it comes.
#[derive(Clone, Copy)]
struct Fate {
    trouble: Trouble,
    after: u64,
    on_the_way_back: bool,
}

impl Fate {
    fn draw(rng: &mut Rng) -> Self {
        let delay = Duration::from_millis(rng.u64(0..DELAY_MS));
        let trouble = [Trouble::Delay(delay), Trouble::HalfClose, Trouble::Cut, Trouble::Reset][rng.usize(0..4)];
        let power = rng.u32(0..MOST);
        Self { trouble, after: 1 + rng.u64(0..1 << power), on_the_way_back: rng.bool() }
    }

    /// Behind how many bytes it comes in this direction.
    fn after(self, is_the_way_back: bool) -> u64 {
        if self.on_the_way_back == is_the_way_back { self.after } else { u64::MAX }
    }
}

/// Starts a relay to the server at `port`, in which each connection meets some trouble, and gives its own port.
pub(super) fn rough(port: u16, seed: u64) -> u16 {
    let mut rng = Rng::with_seed(seed);
    start(port, move || Fate::draw(&mut rng))
}

/// Starts one that makes HTTP/1.0 of each connection.
pub(super) fn older(port: u16) -> u16 {
    start(port, || Fate { trouble: Trouble::Older, after: u64::MAX, on_the_way_back: false })
}

fn start(server: u16, mut fate: impl FnMut() -> Fate + 'static) -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    spawn(async move {
        loop {
            let (near, _) = listener.accept().await.expect("the listener lives");
            let fate = fate();
            drop(spawn(async move {
                // Whichever side fails, the other one learns of it by the end of its own connection.
                let _ = relay(near, server, fate).await;
            }));
        }
    })
    .detach();
    port
}

async fn relay(mut near: TcpStream, server: u16, fate: Fate) -> io::Result<()> {
    let mut far = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await?;
    if fate.trouble == Trouble::Older {
        older_request(&mut near, &mut far).await?;
    }
    let ((near_read, near_write), (far_read, far_write)) = (near.split(), far.split());
    let there = pass(near_read, far_write, fate.after(false), fate.trouble);
    let back = pass(far_read, near_write, fate.after(true), fate.trouble);
    let passed = try_join(there, back).await;
    if passed.is_err() && fate.trouble == Trouble::Reset {
        for end in [&near, &far] {
            SockRef::from(end).set_linger(Some(Duration::ZERO))?;
        }
    }
    Ok(())
}

/// Passes on what is the beginning of a request.
async fn older_request(near: &mut TcpStream, far: &mut TcpStream) -> io::Result<()> {
    let (mut buf, version) = ([0; 1024], b"HTTP/1.1\r\n");
    let count = near.read(&mut buf).await?;
    if let Some(at) = buf.windows(version.len()).position(|window| window == version) {
        buf[at..at + version.len()].copy_from_slice(b"HTTP/1.0\r\n");
    }
    far.write_all(&buf[..count]).await
}

/// Passes bytes on in one direction; an error ends both.
async fn pass(
    mut from: ReadHalf<&TcpStream>,
    mut to: WriteHalf<&TcpStream>,
    after: u64,
    trouble: Trouble,
) -> io::Result<()> {
    let passed = wheelwright::io::copy((&mut from).take(after), &mut to).await?;
    match trouble {
        Trouble::Delay(time) if passed == after => {
            sleep(time).await;
            wheelwright::io::copy(&mut from, &mut to).await?;
        }
        Trouble::Cut | Trouble::Reset if passed == after => return Err(io::ErrorKind::ConnectionAborted.into()),
        _ => {}
    }
    to.shutdown()
}
