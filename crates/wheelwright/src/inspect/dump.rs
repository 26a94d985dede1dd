//! Turns the tasks of a loop into one page for a person: who started whom, equal waits once, and what goes between threads.

use std::collections::BTreeMap;
use std::fmt;

use super::{Crossing, Live, TaskInfo, TaskState, live, tasks, words, write_at};
use crate::observe::{Line, WaitOn, crossings};

/// So many levels of the tree are shown by indentation; deeper ones stand below each other.
const DEEPEST: usize = 12;
/// So many of those who wait for the same are named.
const NAMED: usize = 8;

/// What a loop holds at one moment; made by [`dump`], printed with `{}`.
///
/// Below each task stand those that it spawned. Those of them that were spawned at one line, wait at one line and have
/// spawned nobody share a line: `x990 readable at conn.rs:41`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dump {
    /// The tasks.
    pub tasks: Vec<TaskInfo>,
    /// How much there is of everything.
    pub live: Live,
    /// What was sent between async code and other threads, by the line that sends; of the whole process.
    pub crossings: Vec<Crossing>,
}

/// Writes down what this thread's loop holds; nothing is polled.
///
/// It says what each task waits for and at which line, what it was spawned by and where; the same as [`tasks`] in the order of
/// a tree, with the places where work goes to other threads and comes from them. Ten thousand tasks take a few milliseconds.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// use wheelwright::{inspect, sync::mpsc, yield_now};
///
/// wheelwright::block_on(async {
///     let (sender, mut receiver) = mpsc::channel::<u32>(4);
///     let reader = wheelwright::spawn_named("reader", async move { receiver.recv().await });
///     yield_now().await;
///     let page = inspect::dump().to_string();
///     assert!(page.contains("'reader'") && page.contains("value from channel") && page.contains("1 sender"));
///     drop((sender, reader));
/// });
/// ```
#[doc(alias("print_tasks", "dump_traces", "stackscope", "task_tree"))]
#[must_use = "print it"]
pub fn dump() -> Dump {
    Dump { tasks: tasks(), live: live(), crossings: crossings::all() }
}

/// What tasks have in common that share a line.
type Alike = ([Option<Line>; 3], u8, Option<WaitOn>, bool);

/// The children of each task; those whose parent is gone are 0's.
struct Tree<'a> {
    tasks: &'a [TaskInfo],
    children: BTreeMap<u32, Vec<usize>>,
}

impl<'a> Tree<'a> {
    fn new(tasks: &'a [TaskInfo]) -> Self {
        let ids: BTreeMap<u32, ()> = tasks.iter().map(|task| (task.id.0, ())).collect();
        let mut children: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_key(|index| tasks[*index].id.0);
        for index in order {
            let task = &tasks[index];
            // Numbers begin again after four billion: nobody is younger than its child.
            let has_parent = ids.contains_key(&task.parent.0) && task.parent.0 < task.id.0;
            children.entry(if has_parent { task.parent.0 } else { 0 }).or_default().push(index);
        }
        Self { tasks, children }
    }

    /// The children of a task in the order of their numbers, those that are alike together at the place of the first.
    fn groups(&self, parent: u32) -> Vec<Vec<&'a TaskInfo>> {
        let mut groups: Vec<Vec<&TaskInfo>> = Vec::new();
        let mut known: BTreeMap<Alike, usize> = BTreeMap::new();
        for task in self.children.get(&parent).into_iter().flatten().map(|index| &self.tasks[*index]) {
            if task.name.is_some() || self.children.contains_key(&task.id.0) {
                groups.push(vec![task]);
                continue;
            }
            let group = *known.entry(alike(task)).or_insert(groups.len());
            match groups.get_mut(group) {
                Some(others) => others.push(task),
                None => groups.push(vec![task]),
            }
        }
        groups
    }
}

fn alike(task: &TaskInfo) -> Alike {
    let (state, on, at, has_more) = match &task.state {
        TaskState::Running => (0, None, None, false),
        TaskState::Ready => (1, None, None, false),
        TaskState::Parked { at, further, .. } => (2, Some(task.wait.on), *at, *further != 0),
    };
    ([task.spawned_at, task.group, at], state, on, has_more)
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_page(self, f, |_, _, _| Ok(()))
    }
}

/// Writes the page, with what else there is to say below each line of tasks, which stands at that depth.
pub(super) fn write_page(
    dump: &Dump,
    f: &mut fmt::Formatter<'_>,
    more: impl Fn(&mut fmt::Formatter<'_>, usize, &[&TaskInfo]) -> fmt::Result,
) -> fmt::Result {
    let Live { timers, sources, blocking_jobs, .. } = dump.live;
    let tasks = dump.tasks.len();
    writeln!(f, "{tasks} tasks, {timers} timers, {sources} sources, {blocking_jobs} blocking jobs")?;
    let tree = Tree::new(&dump.tasks);
    // A list and no recursion: a chain of tasks may be as long as there are tasks.
    let mut left: Vec<(usize, Vec<&TaskInfo>)> = Vec::new();
    left.extend(tree.groups(0).into_iter().rev().map(|group| (0, group)));
    while let Some((depth, group)) = left.pop() {
        write!(f, "{:width$}", "", width = 2 * depth.min(DEEPEST))?;
        write_group(f, &group)?;
        more(f, depth.min(DEEPEST), &group)?;
        left.extend(tree.groups(group[0].id.0).into_iter().rev().map(|group| (depth + 1, group)));
    }
    dump.crossings.iter().try_for_each(|crossing| writeln!(f, "{crossing}"))
}

fn write_group(f: &mut fmt::Formatter<'_>, group: &[&TaskInfo]) -> fmt::Result {
    let [first, _, ..] = group else { return write_one(f, group[0]) };
    write!(f, "x{} ", group.len())?;
    match &first.state {
        TaskState::Running => write!(f, "running")?,
        TaskState::Ready => write!(f, "ready")?,
        TaskState::Parked { at, further, .. } => {
            f.write_str(&first.wait.on.kind())?;
            write_at(f, " at ", *at)?;
            if 0 < *further {
                write!(f, " and more")?;
            }
        }
    }
    first.write_spawned(f, ", spawned at ")?;
    let polls = |of: fn(u32, u32) -> u32| group.iter().map(|task| task.polls).reduce(of).unwrap_or_default();
    write!(f, " [{} to {} polls]: tasks", polls(u32::min), polls(u32::max))?;
    group.iter().take(NAMED).try_for_each(|task| write!(f, " {}", task.id))?;
    writeln!(f, "{}", if NAMED < group.len() { " …" } else { "" })
}

fn write_one(f: &mut fmt::Formatter<'_>, task: &TaskInfo) -> fmt::Result {
    write!(f, "{task} [{} polls", task.polls)?;
    if let Some(by) = task.woken_by {
        write!(f, ", woken by {}", words::waker(by))?;
    }
    writeln!(f, "{}]", if task.has_foreign_waker { ", others have its waker" } else { "" })
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { way, at, count, queued, running, total } = self;
        let total = words::span(*total);
        write!(f, "{way} at {at}: {count} sent, {queued} queued, {running} running, {total} in all")
    }
}
