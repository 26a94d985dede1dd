//! Turns what differs between systems into a few constants. Linux is tested; the others are intended.

use std::io;

use mio::Interest;

/// What a descriptor is watched for: both ways, and urgent data where the system tells of it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) const WATCHED: Interest = Interest::READABLE.add(Interest::WRITABLE).add(Interest::PRIORITY);
/// What a descriptor is watched for: both ways.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) const WATCHED: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// Whether a read that comes back short proves a stream drained, because an edge will tell of more.
pub(crate) const SHORT_READ_DRAINS: bool = cfg!(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
));

/// Whether a listener asks to reuse its address at once. On Windows the option means something else: that another socket
/// may take the address over.
pub(super) const REUSES_ADDRESS: bool = !cfg!(windows);

/// ENFILE, EMFILE and ENOMEM have these numbers on every Unix; on Windows WSAEMFILE and WSAENOBUFS.
const EXHAUSTED: [i32; 3] = if cfg!(windows) { [10024, 10055, 10055] } else { [23, 24, 12] };

/// Whether the error says that the process or the system has no descriptors or memory left, which may pass.
pub(crate) fn is_exhausted(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|number| EXHAUSTED.contains(&number))
}
