//! Turns a seed into an order: who runs next within a lap is chosen, written down, and chosen again.
//!
//! Whoever is woken during a lap runs in the next one: that always holds. Within a lap the order is the runtime's to
//! choose, so a program that is right only in one order is wrong. The choices are numbers: of so many that are left, the
//! how-manieth runs next. All zeros is first come, first served.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;

use crate::observe::Place;
use crate::observe::event::Kind;
use crate::observe::recorder::record_at;
use crate::report;

const SEED: &str = "WHEELWRIGHT_SEED";
const CHOICES: &str = "WHEELWRIGHT_SCHEDULE";
/// A report prints no more choices than that; the seed says the rest.
const MOST_PRINTED: usize = 1000;

thread_local! {
    static ORDER: RefCell<Option<Order>> = const { RefCell::new(None) };
    /// There is an order; asked once a lap.
    static IS_ON: Cell<bool> = const { Cell::new(false) };
}

/// In which order those run who are ready at the same time.
///
/// It is set with [`Builder::schedule`](crate::Builder::schedule).
///
/// Whatever the schedule, a task that is woken runs once, in the lap after its wake. A program whose result depends on more
/// than that has a race, and another schedule brings it to light. If a run panics, its seed and choices are printed; two
/// environment variables repeat them in every runtime of a process, whatever its builder says:
///
/// - `WHEELWRIGHT_SEED=42` is `Random(42)`;
/// - `WHEELWRIGHT_SCHEDULE=0.2.1` takes these choices, and the first in line from then on.
///
/// ```
/// use std::cell::RefCell;
/// use wheelwright::{Runtime, Schedule, join};
///
/// let orders = RefCell::new(Vec::new());
/// let runs = Runtime::builder().paused().schedule(Schedule::Exhaustive { max: 100 }).explore(async || {
///     let order = RefCell::new(String::new());
///     let letters = ['a', 'b', 'c'].map(|letter| {
///         let order = &order;
///         async move { order.borrow_mut().push(letter) }
///     });
///     wheelwright::join_all(letters).await;
///     orders.borrow_mut().push(order.take());
/// });
/// assert_eq!(runs, 6);
/// assert_eq!(orders.take(), ["abc", "acb", "bac", "bca", "cba", "cab"]);
/// ```
#[doc(alias("rng_seed", "interleaving"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// First woken, first run.
    #[default]
    Fifo,
    /// Shuffled, in the same way whenever the seed is the same.
    Random(u64),
    /// One order after another, in at most `max` runs of [`Builder::explore`](crate::Builder::explore). A single run takes
    /// the first order, which is `Fifo`'s.
    Exhaustive {
        /// How many runs there may be.
        max: usize,
    },
}

/// Of so many, the how-manieth was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Choice {
    taken: u32,
    /// 0 if that is not known.
    of: u32,
}

/// Who was to be polled next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// By its id and the place where it was spawned.
    Task(u32, Place),
    /// By its seat and the place where its group was made.
    Child(u32, Place),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (who, number, made, place) = match self {
            Self::Task(id, place) => ("task", id, "spawned", place),
            Self::Child(seat, place) => ("child", seat, "of the group made", place),
        };
        write!(f, "{who} {number}")?;
        place.line().map_or(Ok(()), |line| write!(f, " {made} at {line}"))
    }
}

/// The order of one run.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// The seed, and what has become of it.
    seed: Option<(u64, u64)>,
    /// What is chosen first, whatever the seed.
    script: Vec<Choice>,
    made: Vec<Choice>,
    /// Who ran, if somebody wants to know.
    steps: Option<Vec<Step>>,
    /// The first choice at which the run differed from the one that wrote the script.
    strayed: Option<usize>,
}

impl Order {
    /// What the environment says, or else the schedule; `None` is first come, first served.
    pub(crate) fn new(schedule: Schedule) -> io::Result<Option<Self>> {
        let seeded = |seed| Self { seed: Some((seed, seed)), ..Self::default() };
        if let Some(choices) =
            from_environment(CHOICES, "numbers with dots between them, such as 0.2.1", parse_choices)?
        {
            return Ok(Some(Self { script: choices, ..Self::default() }));
        }
        if let Some(seed) = from_environment(SEED, "a number below 2^64", |text| text.parse().ok())? {
            return Ok(Some(seeded(seed)));
        }
        Ok(match schedule {
            Schedule::Fifo => None,
            Schedule::Random(seed) => Some(seeded(seed)),
            Schedule::Exhaustive { .. } => Some(Self::default()),
        })
    }

    /// First come, first served, or the other order given, with a list of who ran.
    pub(crate) fn traced(order: Option<Self>) -> Self {
        Self { steps: Some(Vec::new()), ..order.unwrap_or_default() }
    }

    /// The next order in a walk through all of them; `None` after the last, and after one that the environment gave.
    pub(crate) fn following(mut self) -> Option<Self> {
        if self.seed.is_some() || self.script.iter().any(|choice| choice.of == 0) {
            return None;
        }
        while let Some(Choice { taken, of }) = self.made.pop() {
            if taken + 1 < of {
                self.made.push(Choice { taken: taken + 1, of });
                return Some(Self { script: self.made, ..Self::default() });
            }
        }
        None
    }

    /// The first choice at which the run was another than the one that wrote the script; it may have ended before.
    pub(crate) fn strayed(&self) -> Option<usize> {
        let end = self.made.len();
        self.strayed.or_else(|| self.script.get(end).filter(|choice| choice.of != 0).map(|_| end))
    }

    pub(crate) fn steps(&self) -> &[Step] {
        self.steps.as_deref().unwrap_or_default()
    }

    fn permute(&mut self, entries: &mut [u32], who: impl Fn(u32) -> Step) {
        for at in 0..entries.len() {
            if at + 1 < entries.len() {
                let choice = self.choose((entries.len() - at) as u32);
                entries.swap(at, at + choice as usize);
                note(who(entries[at]), choice, entries.len() - at);
            }
            if let Some(steps) = &mut self.steps {
                steps.push(who(entries[at]));
            }
        }
    }

    fn choose(&mut self, of: u32) -> u32 {
        let at = self.made.len();
        let taken = match (self.script.get(at), &mut self.seed) {
            (Some(choice), _) => {
                if choice.of != 0 && choice.of != of {
                    self.strayed.get_or_insert(at);
                }
                choice.taken.min(of - 1)
            }
            (None, Some((_, state))) => below(of, state),
            (None, None) => 0,
        };
        self.made.push(Choice { taken, of });
        taken
    }
}

/// How to run in this order again.
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((seed, _)) = self.seed {
            write!(f, "{SEED}={seed}")?;
        }
        if self.made.len() <= MOST_PRINTED {
            let choices: Vec<String> = self.made.iter().map(|choice| choice.taken.to_string()).collect();
            let or = if self.seed.is_some() { " or " } else { "" };
            write!(f, "{or}{CHOICES}={}", choices.join("."))?;
        }
        Ok(())
    }
}

/// Records a choice: who was taken, and how far behind the first of so many.
fn note(who: Step, behind: u32, of: usize) {
    let (is_child, task, place) = match who {
        Step::Task(id, place) => (0, id, place),
        Step::Child(_, place) => (1, 0, place),
    };
    record_at(Kind::Choice, is_child, place, task, behind.into(), of as u64);
}

/// The next number below `of`: SplitMix64 (Steele, Lea and Flood 2014), scaled.
fn below(of: u32, state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ bits >> 31) >> 32).wrapping_mul(u64::from(of)).wrapping_shr(32) as u32
}

fn parse_choices(text: &str) -> Option<Vec<Choice>> {
    let numbers = text.split('.').filter(|number| !number.is_empty());
    numbers.map(|number| Some(Choice { taken: number.parse().ok()?, of: 0 })).collect()
}

/// What a variable of the environment says, if it is set.
///
/// # Errors
/// If it cannot be read, with what is `wanted`.
pub(crate) fn from_environment<T>(
    name: &str,
    wanted: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> io::Result<Option<T>> {
    let Some(text) = std::env::var_os(name) else { return Ok(None) };
    let parsed = text.to_str().and_then(|text| parse(text.trim()));
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, format!("{name} is {text:?}: it should be {wanted}"));
    parsed.map(Some).ok_or_else(wrong)
}

/// The laps of this thread follow an order from now on.
pub(crate) fn begin(order: Option<Order>) {
    IS_ON.set(order.is_some());
    ORDER.set(order);
}

/// They do no longer; the order, with what was written down.
pub(crate) fn end() -> Option<Order> {
    IS_ON.set(false);
    ORDER.take()
}

/// Whether this thread's laps follow an order.
#[inline]
pub(crate) fn is_on() -> bool {
    IS_ON.get()
}

/// Puts those who run next into the order of this run.
pub(crate) fn permute(entries: &mut [u32], who: impl Fn(u32) -> Step) {
    ORDER.with_borrow_mut(|order| order.iter_mut().for_each(|order| order.permute(entries, &who)));
}

/// Prints, should the run panic, how to repeat it.
pub(crate) struct Reporting;

impl Drop for Reporting {
    fn drop(&mut self) {
        if std::thread::panicking() && IS_ON.get() {
            ORDER.with_borrow(|order| {
                order.iter().for_each(|order| report::tell(format_args!("to repeat this run, set {order}")));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_below_what_there_is_to_choose_from_and_all_occur() {
        let mut state = 7;
        let mut seen = [0; 5];
        (0..1000).for_each(|_| seen[below(5, &mut state) as usize] += 1);
        assert!(seen.iter().all(|count| (150..250).contains(count)), "{seen:?}");
    }

    #[test]
    fn the_choices_of_a_report_are_read_back() {
        let order = Order { made: [(0, 3), (2, 4)].map(|(taken, of)| Choice { taken, of }).into(), ..Order::default() };
        assert_eq!(order.to_string(), "WHEELWRIGHT_SCHEDULE=0.2");
        let taken: Vec<u32> = parse_choices("0.2").expect("numbers").iter().map(|choice| choice.taken).collect();
        assert_eq!(taken, [0, 2]);
        assert!(parse_choices("0,2").is_none());
    }

    #[test]
    fn a_script_that_no_longer_fits_is_noticed() {
        let script = vec![Choice { taken: 2, of: 3 }];
        let mut order = Order { script, ..Order::default() };
        assert_eq!((order.choose(2), order.strayed()), (1, Some(0)));
    }
}
