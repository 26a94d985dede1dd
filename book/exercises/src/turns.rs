//! Turns tasks and an order into how often each had a turn: a loop whose ready list anybody may take from as they like.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

/// A future that the loop owns.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Numbers of tasks that were woken; the newest stands at the back.
pub type ReadyList = VecDeque<usize>;

struct Number {
    task: usize,
    list: Arc<Mutex<ReadyList>>,
}

impl Wake for Number {
    fn wake(self: Arc<Self>) {
        let mut list = self.list.lock().expect("nobody panics beside the list");
        if !list.contains(&self.task) {
            list.push_back(self.task);
        }
    }
}

/// Polls whom `take` chooses, as often as `polls` says or until nobody is ready, and counts the turns of each.
pub fn count(tasks: Vec<Task>, polls: usize, mut take: impl FnMut(&mut ReadyList) -> Option<usize>) -> Vec<usize> {
    let list = Arc::new(Mutex::new((0..tasks.len()).collect::<ReadyList>()));
    let waker = |task| Waker::from(Arc::new(Number { task, list: Arc::clone(&list) }));
    let mut tasks: Vec<_> = tasks.into_iter().map(Some).collect();
    let mut turns = vec![0; tasks.len()];
    for _ in 0..polls {
        let Some(next) = take(&mut list.lock().expect("nobody panics beside the list")) else { break };
        let Some(task) = &mut tasks[next] else { continue };
        turns[next] += 1;
        if task.as_mut().poll(&mut Context::from_waker(&waker(next))).is_ready() {
            tasks[next] = None;
        }
    }
    turns
}
