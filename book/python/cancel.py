"""A task that waits, turned into one that is gone: it ends where it waits, and leaves nothing behind.

`python3 book/python/cancel.py` prints what `cargo run --release --example cancel` prints.
A cancel is an exception here, thrown at the await: a task can catch it and go on. These do not, and each is asked
whether it was cancelled.
"""

import asyncio
import itertools

import paused

state = 1


async def asked_or_cancelled():
    print("three workers, an item takes 30 ms")
    begun = asyncio.get_running_loop().time()

    def say(text):
        print(f"  {paused.milliseconds(begun):>3} ms  {text}")

    stops = {name: asyncio.Event() for name in "abc"}  # events have no children: whoever stops all must know each
    a, b, c = [asyncio.create_task(worker(name, stop, say)) for name, stop in stops.items()]
    await asyncio.sleep(0.05)
    say("a is asked to stop")
    stops["a"].set()
    await asyncio.sleep(0.05)
    say("b is cancelled")
    b.cancel()
    await asyncio.wait([b])
    assert b.cancelled()
    say("all are asked to stop")
    for stop in stops.values():
        stop.set()
    assert await asyncio.gather(a, c) == [2, 4]


async def worker(name, stop, say):
    taken = done = 0
    try:
        while not stop.is_set():
            taken += 1
            await asyncio.sleep(0.03)
            done += 1
        return done
    finally:
        say(f"{name} ends with {done} of {taken} items done")
        say(f"{name} closes its file")


async def ten_thousand_times():
    print("\n10000 tasks, 100 at once, cancelled in a wait for a timer, a permit, a lock, a channel, a child")
    before = live()
    permits, lock, places = asyncio.Semaphore(5), asyncio.Lock(), asyncio.Queue(8)
    later = (asyncio.create_task(wait(number, permits, lock, places)) for number in range(10_000))
    tasks = list(itertools.islice(later, 100))  # the next is created when one is gone
    for cancelled in range(1, 10_001):
        await nap(3)
        task = tasks.pop(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        tasks.extend(itertools.islice(later, 1))
        while not places.empty():
            places.get_nowait()
        if cancelled % 5000 == 0:
            await asyncio.sleep(0)  # who waits for room takes it first
            free = permits._value, int(not lock.locked()), places.maxsize - places.qsize()
            print("  {:>5} cancelled, {} of 5 permits, {} of 1 lock, {} of 8 places free".format(cancelled, *free))
            assert free == ((0, 0, 0) if tasks else (5, 1, 8))
    left = live()
    print(f"  left behind: {left[0] - before[0]} tasks, {left[1] - before[1]} timers")
    assert left == before


async def wait(number, permits, lock, places):
    while True:
        match number % 5:
            case 0:
                await nap(10)
            case 1:
                async with permits:
                    await nap(10)
            case 2:
                async with lock:
                    await nap(10)
            case 3:
                await places.put(None)
            case _:
                async with asyncio.TaskGroup() as group:
                    group.create_task(nap(10))


async def nap(most):
    global state
    state = (state * 1_103_515_245 + 12_345) % 2**32
    await asyncio.sleep((state >> 16) % most / 1000)


def live():
    """How many tasks there are, and how many timers that will still do something."""
    timers = asyncio.get_running_loop()._scheduled
    return len(asyncio.all_tasks()), sum(not timer.cancelled() for timer in timers)


async def main():
    await asked_or_cancelled()
    await ten_thousand_times()


paused.run(main())
print("\nA cancel ends a task where it waits and frees what it held; a request to stop lets it finish.")
