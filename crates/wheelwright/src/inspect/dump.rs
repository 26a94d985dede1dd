//! Turns the tasks of a loop into one page for a person: who started whom, equal waits once, and what goes between threads.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use super::{Crossing, Live, TaskInfo, TaskState, live, tasks, words, write_at, write_spawned};
use crate::observe::{Line, WaitOn, crossings};

/// So many levels of the tree are shown by indentation; deeper ones stand below each other.
const DEEPEST: usize = 12;
/// So many of those who wait for the same are named, and so many of what most wait for.
const NAMED: usize = 8;
/// So many that have children stand each for itself, with its own.
const FEW: usize = 3;
/// Of so many tasks it is told first what most of them wait for.
const MANY: usize = 100;

/// What a loop holds at one moment; made by [`dump`], printed with `{}`.
///
/// Of a hundred tasks and more it begins with what most of them wait for. Then comes the tree: below each task stand those that
/// it spawned, those with the most below them first. Tasks that were spawned at one line and wait at one line
/// share a line, `x990 readable at conn.rs:41`, and so do their children below it; three and fewer that have children
/// stand each with its own. Names that differ keep tasks apart.
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
/// a tree, with the places where work goes to other threads and comes from them. Ten thousand tasks take less
/// than 20 ms of CPU time, in a release build where that was measured.
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
type Alike<'a> = (Option<&'a str>, [Option<Line>; 3], Result<&'a str, WaitOn>, bool);

/// Who spawned whom.
struct Tree<'a> {
    /// The children of each task; those whose parent is gone are 0's.
    children: BTreeMap<u32, Vec<&'a TaskInfo>>,
    /// How many tasks there are of each and below it.
    sizes: BTreeMap<u32, usize>,
}

impl<'a> Tree<'a> {
    fn new(tasks: &'a [TaskInfo]) -> Self {
        let mut children: BTreeMap<u32, Vec<&TaskInfo>> = BTreeMap::new();
        let mut sizes: BTreeMap<u32, usize> = tasks.iter().map(|task| (task.id.0, 1)).collect();
        let mut youngest_first: Vec<&TaskInfo> = tasks.iter().collect();
        youngest_first.sort_by_key(|task| Reverse(task.id.0));
        for task in youngest_first {
            // Numbers begin again after four billion: nobody is younger than its child.
            let has_parent = task.parent.0 < task.id.0 && sizes.contains_key(&task.parent.0);
            let parent = if has_parent { task.parent.0 } else { 0 };
            *sizes.entry(parent).or_default() += sizes[&task.id.0];
            children.entry(parent).or_default().push(task);
        }
        Self { children, sizes }
    }

    /// The children of those who share a line, in lines of their own, the longest branch first.
    fn lines(&self, parents: &[u32]) -> Vec<Vec<&'a TaskInfo>> {
        let mut alike: BTreeMap<Alike<'_>, Vec<&TaskInfo>> = BTreeMap::new();
        let children = |parent| self.children.get(parent).into_iter().flatten().rev();
        for task in parents.iter().flat_map(children) {
            alike.entry(what_is_shared(task)).or_default().push(task);
        }
        let has_children = |task: &&TaskInfo| self.children.contains_key(&task.id.0);
        let is_one = |line: &Vec<&TaskInfo>| FEW < line.len() || !line.iter().any(has_children);
        let (mut lines, apart): (Vec<_>, Vec<_>) = alike.into_values().partition(is_one);
        lines.extend(apart.into_iter().flatten().map(|task| vec![task]));
        let size = |line: &[&TaskInfo]| line.iter().map(|task| self.sizes[&task.id.0]).sum::<usize>();
        lines.sort_by_key(|line| (Reverse(size(line)), line[0].id.0));
        lines
    }
}

fn what_is_shared(task: &TaskInfo) -> Alike<'_> {
    let (words, at, further) = task.state.words();
    let is_parked = matches!(task.state, TaskState::Parked { .. });
    let state = if is_parked { Err(task.wait.on) } else { Ok(words) };
    (task.name.as_deref(), [task.spawned_at, task.group, at], state, 0 < further)
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
    writeln!(f, "tasks: {tasks}, timers: {timers}, sources: {sources}, blocking jobs: {blocking_jobs}")?;
    if MANY <= tasks {
        write_most(f, &dump.tasks)?;
    }
    let tree = Tree::new(&dump.tasks);
    // A list and no recursion: a chain of tasks may be as long as there are tasks.
    let mut left = vec![(0, tree.lines(&[0]).into_iter())];
    while let Some((depth, lines)) = left.last_mut() {
        let (depth, Some(line)) = (*depth, lines.next()) else {
            left.pop();
            continue;
        };
        write!(f, "{:width$}", "", width = 2 * depth.min(DEEPEST))?;
        write_line(f, &line)?;
        more(f, depth.min(DEEPEST), &line)?;
        let parents: Vec<u32> = line.iter().map(|task| task.id.0).collect();
        left.push((depth + 1, tree.lines(&parents).into_iter()));
    }
    dump.crossings.iter().try_for_each(|crossing| writeln!(f, "{crossing}"))
}

/// What most tasks wait for, wherever in the tree they are.
fn write_most(f: &mut fmt::Formatter<'_>, tasks: &[TaskInfo]) -> fmt::Result {
    let mut waits: BTreeMap<_, Vec<&TaskInfo>> = BTreeMap::new();
    for task in tasks.iter().filter(|task| matches!(task.state, TaskState::Parked { .. })) {
        waits.entry((task.wait.on, task.state.words().1)).or_default().push(task);
    }
    let mut waits: Vec<_> = waits.into_values().filter(|tasks| 1 < tasks.len()).collect();
    waits.sort_by_key(|tasks| Reverse(tasks.len()));
    writeln!(f, "most wait for:")?;
    for tasks in waits.iter().take(NAMED) {
        write!(f, "  x{} ", tasks.len())?;
        write_state(f, tasks)?;
        writeln!(f)?;
    }
    writeln!(f, "who spawned whom:")
}

/// What several do at one line: how that stands, if it is the same for all.
fn write_state(f: &mut fmt::Formatter<'_>, tasks: &[&TaskInfo]) -> fmt::Result {
    let (words, at, _) = tasks[0].state.words();
    match tasks.iter().all(|task| task.state.words().0 == words) {
        true => f.write_str(words)?,
        false => f.write_str(&tasks[0].wait.on.kind())?,
    }
    write_at(f, " at ", at)
}

fn write_line(f: &mut fmt::Formatter<'_>, tasks: &[&TaskInfo]) -> fmt::Result {
    let [first, _, ..] = tasks else { return write_one(f, tasks[0]) };
    write!(f, "x{} ", tasks.len())?;
    if let Some(name) = &first.name {
        write!(f, "'{name}' ")?;
    }
    write_state(f, tasks)?;
    if first.state.words().2 != 0 {
        write!(f, " and more")?;
    }
    write_spawned(f, ", spawned at ", first)?;
    let polls = |of: fn(u32, u32) -> u32| tasks.iter().map(|task| task.polls).reduce(of).unwrap_or_default();
    write!(f, " [polls: {} to {}]: tasks", polls(u32::min), polls(u32::max))?;
    tasks.iter().take(NAMED).try_for_each(|task| write!(f, " {}", task.id))?;
    writeln!(f, "{}", if NAMED < tasks.len() { " …" } else { "" })
}

fn write_one(f: &mut fmt::Formatter<'_>, task: &TaskInfo) -> fmt::Result {
    write!(f, "{task} [polls: {}", task.polls)?;
    if let Some(by) = task.woken_by {
        write!(f, ", woken by {}", words::waker(by))?;
    }
    writeln!(f, "{}]", if task.has_foreign_waker { ", others have its waker" } else { "" })
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { way, at, count, queued, running, total } = self;
        write!(f, "{way} at {at}: {count} sent, {queued} queued, {running} running, {} in all", words::span(*total))
    }
}
