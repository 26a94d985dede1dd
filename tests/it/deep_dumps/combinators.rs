//! Turns each way of waiting for several things, or through something, into the chains that a deep dump finds in it.

use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{self as others, FuturesUnordered};
use futures_util::{FutureExt as _, StreamExt as _, future};
use wheelwright::stream;
use wheelwright::time::{sleep, timeout};
use wheelwright::{Group, for_each_concurrent, inspect, race, scope, shield, spawn, yield_now};

use super::{dumped, leaf, middle, receive};

/// How many of the chains of a task that does this end so.
async fn count(work: impl Future + 'static, end: &str) -> (usize, Vec<String>) {
    let task = spawn(async move { drop(work.await) });
    let seen = dumped(&task).await;
    task.abort();
    (seen.iter().filter(|chain| chain.ends_with(end)).count(), seen)
}

#[track_caller]
fn holds((count, seen): (usize, Vec<String>), is: usize) {
    assert_eq!(count, is, "{seen:#?}");
}

#[test]
fn a_race_shows_each_of_its_arms() {
    wheelwright::test(async || holds(count(async { race(pin!(leaf()), pin!(leaf())).await }, "leaf Sleep").await, 2));
}

#[test]
fn a_scope_shows_its_body_and_its_children() {
    wheelwright::test(async || {
        let work = || {
            scope(async |s| {
                drop((s.spawn(middle()), s.spawn(middle())));
                receive().await;
            })
        };
        holds(count(work(), "middle leaf Sleep").await, 2);
        holds(count(work(), "receive Receiving").await, 1);
    });
}

#[test]
fn streams_and_loops_that_run_several_show_those_that_run() {
    wheelwright::test(async || {
        let buffered = async {
            let futures = stream::iter((0..5).map(|_| middle()));
            let mut all = pin!(stream::StreamExt::buffer_unordered(futures, 3));
            all.next().await
        };
        holds(count(buffered, "middle leaf Sleep").await, 3);
        holds(count(for_each_concurrent(2, 0..5, async |_| middle().await), "middle leaf Sleep").await, 2);
        let group = async {
            let mut group = Group::new();
            (0..4).for_each(|_| _ = group.insert(middle()));
            group.join_next().await
        };
        holds(count(group, "middle leaf Sleep").await, 4);
    });
}

#[test]
fn groups_within_groups_are_seen_to_the_bottom() {
    wheelwright::test(async || {
        let work = wheelwright::join_all((0..2).map(|_| wheelwright::join_all((0..3).map(|_| middle()))));
        holds(count(work, "JoinAll JoinAll middle leaf Sleep").await, 6);
    });
}

/// As `async_trait` makes them.
trait Fetch {
    fn fetch<'a>(&'a self) -> Pin<Box<dyn Future<Output = ()> + 'a>>;
}

struct Slow;

impl Fetch for Slow {
    fn fetch<'a>(&'a self) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        Box::pin(async move { middle().await })
    }
}

#[test]
fn an_object_with_async_methods_is_no_wall() {
    wheelwright::test(async || {
        let work = async {
            let object: Rc<dyn Fetch> = Rc::new(Slow);
            object.fetch().await;
        };
        holds(count(work, "middle leaf Sleep").await, 1);
    });
}

#[test]
fn limits_within_limits_show_each_and_what_is_limited() {
    wheelwright::test(async || {
        let seconds = Duration::from_secs;
        let (found, seen) = count(timeout(seconds(9), timeout(seconds(8), receive())), "receive Receiving").await;
        assert_eq!((found, seen.len()), (1, 3), "it, and both limits: {seen:#?}");
        assert!(seen[0].contains("Timeout Timeout receive"), "{seen:#?}");
    });
}

#[test]
fn a_shield_is_a_task_with_a_chain_of_its_own() {
    wheelwright::test(async || {
        let task = spawn(async { shield(middle()).await });
        yield_now().await;
        yield_now().await;
        let dump = inspect::dump_deep().await;
        let inner = dump.dump.tasks.iter().find(|info| info.parent == task.id()).expect("it is there");
        assert!(dump.chains(inner.id)[0].iter().any(|call| call.name.ends_with("leaf")));
        assert!(dump.chains(task.id())[0].iter().any(|call| call.name.contains("Shield")));
    });
}

#[test]
fn of_others_combinators_those_without_wakers_of_their_own_are_seen_through() {
    wheelwright::test(async || {
        holds(count(future::join3(middle(), middle(), middle()), "middle leaf Sleep").await, 3);
        let arms = async { future::select(pin!(middle()), pin!(middle())).await.factor_first().0 };
        holds(count(arms, "middle leaf Sleep").await, 2);
        // Up to thirty futures it polls all of them by itself; above that they go into a FuturesUnordered.
        holds(count(future::join_all((0..3).map(|_| middle())), "middle leaf Sleep").await, 3);
        holds(count(future::join_all((0..31).map(|_| middle())), "middle leaf Sleep").await, 0);
        holds(count(middle().map(|()| 1).boxed_local(), "middle leaf Sleep").await, 1);
        holds(count(others::once(middle()).collect::<Vec<_>>(), "middle leaf Sleep").await, 1);
        holds(count(middle().shared(), "middle leaf Sleep").await, 0);
        let buffered = others::iter((0..5).map(|_| middle())).buffer_unordered(3).collect::<Vec<_>>();
        holds(count(buffered, "middle leaf Sleep").await, 0);
        let unordered = (0..3).map(|_| middle()).collect::<FuturesUnordered<_>>().collect::<Vec<_>>();
        holds(count(unordered, "middle leaf Sleep").await, 0);
    });
}

#[test]
fn what_another_combinator_hides_goes_on_waiting() {
    wheelwright::test(async || {
        let task = spawn(others::iter((1..4).map(|n| sleep(Duration::from_secs(n)))).buffer_unordered(3).count());
        assert_eq!(dumped(&task).await.len(), 1);
        assert_eq!(task.await.unwrap(), 3);
    });
}
