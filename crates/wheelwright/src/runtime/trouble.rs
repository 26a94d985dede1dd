//! Turns trouble of a loop into calls of those who want to hear of it, with nothing borrowed meanwhile.

use std::cell::RefCell;
use std::fmt;

use crate::observe::report::Report;
use crate::observe::slow;
use crate::panics;

/// Why a flight recorder gives what it has: see [`flight_recorder`](crate::record::flight_recorder).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// A poll or a lap was slow. Of one cause this comes as seldom as the report on stderr.
    Slow(Report),
    /// A panic comes out of `block_on`.
    Panic,
    /// A signal asked for a dump: see [`Builder::dump_on_signals`](crate::Builder::dump_on_signals).
    Signal,
    /// The program asked for it, with [`deliver`](crate::record::deliver).
    Asked,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slow(report) => report.fmt(f),
            Self::Panic => f.write_str("a panic came out of block_on"),
            Self::Signal => f.write_str("a signal asked for it"),
            Self::Asked => f.write_str("the program asked for it"),
        }
    }
}

pub(crate) type Listener = Box<dyn FnMut(&Report)>;
pub(crate) type Hook = Box<dyn FnMut(Trouble)>;

thread_local! {
    /// Who hears of slow polls; not there while it does.
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
    /// Who is given the recording; not there while it is.
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// From now on this one hears of slow polls.
pub(crate) fn listen(listener: Option<Listener>) {
    panics::drop_contained(LISTENER.try_with(|place| place.replace(listener)));
}

/// From now on this one is called in trouble.
pub(crate) fn hook(hook: Option<Hook>) {
    panics::drop_contained(HOOK.try_with(|place| place.replace(hook)));
}

/// Tells of the slow polls that nobody has heard of. One who panics is told no more.
pub(crate) fn tell() {
    for (report, is_written) in slow::news() {
        if let Some(mut listener) = LISTENER.take()
            && panics::contain(|| listener(&report))
        {
            let newer = LISTENER.take();
            listen(newer.or(Some(listener)));
        }
        if is_written {
            call(Trouble::Slow(report));
        }
    }
}

/// Calls the hook, if there is one; no more if it panics.
pub(crate) fn call(trouble: Trouble) {
    let Ok(Some(mut called)) = HOOK.try_with(RefCell::take) else { return };
    if panics::contain(|| called(trouble)) {
        let newer = HOOK.take();
        hook(newer.or(Some(called)));
    }
}
