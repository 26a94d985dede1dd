//! Turns a moment into a count: of the threads that there are, and of what the kernel keeps for all threads of the system.

use std::fs;

use support::usage::os_threads;

#[derive(Clone, Copy)]
pub(crate) struct Census {
    pub(crate) os_threads: u64,
    /// Stacks and page tables in the kernel, which the memory of no process shows.
    pub(crate) kernel_kb: u64,
}

impl Census {
    /// What there is now.
    pub(crate) fn take() -> Self {
        let system = fs::read_to_string("/proc/meminfo").expect("Linux tells what memory is used for");
        let kb = |field: &str| -> Option<u64> {
            let line = system.lines().find_map(|line| line.strip_prefix(field))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let kernel_kb = ["KernelStack:", "PageTables:"].into_iter().filter_map(kb).sum();
        Self { os_threads: os_threads().expect("Linux tells how many threads a process has"), kernel_kb }
    }
}
