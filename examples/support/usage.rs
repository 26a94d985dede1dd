//! Turns a process into figures: its time, its threads, its memory, its descriptors. Linux tells all, others a part.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The time that processors have worked for this process, for threads that have ended, too.
pub fn cpu_time() -> Duration {
    of_clock(ClockId::ProcessCPUTime)
}

/// The time that processors have worked for this thread.
pub fn thread_cpu_time() -> Duration {
    of_clock(ClockId::ThreadCPUTime)
}

fn of_clock(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).expect("nobody has run for less than no time")
}

/// How many threads this process has now.
pub fn os_threads() -> Option<u64> {
    status("Threads:")
}

/// The most memory that this process ever had, in kB.
pub fn peak_memory_kb() -> Option<u64> {
    status("VmHWM:")
}

/// The memory that this process has now, in kB.
pub fn memory_kb() -> Option<u64> {
    status("VmRSS:")
}

/// How many descriptors this process has open.
pub fn descriptors() -> Option<usize> {
    // The list of the folder needs a descriptor of its own.
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count() - 1)
}

/// Asks for as many descriptors as this process may have, for itself and its children, and tells how many there are.
pub fn raise_descriptor_limit() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // If the system says no there are fewer, and the next line tells how many.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How often the first thread of this process has waited for something, and was woken.
pub fn times_woken() -> Option<u64> {
    status("voluntary_ctxt_switches:")
}

/// A number of Linux's own list about this process; elsewhere there is no such list.
fn status(field: &str) -> Option<u64> {
    let list = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = list.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{cpu_time, descriptors, memory_kb, os_threads, peak_memory_kb, times_woken};

    #[test]
    fn a_thread_and_a_file_are_counted() {
        let (threads, open) = (os_threads(), descriptors());
        let _file = std::fs::File::open("/proc/self/status").expect("it is there");
        assert!(descriptors() > open);
        let seen = std::thread::spawn(os_threads).join().expect("it does not panic");
        assert!(seen > Some(1) && threads >= Some(1));
        assert!(memory_kb() <= peak_memory_kb() && memory_kb() > Some(0));
        assert!(cpu_time() > std::time::Duration::ZERO && times_woken().is_some());
    }
}
