"""Fifty waits one after another, with a thread for each, and on asyncio's loop; it takes about five seconds.

`python3 book/python/three_ways.py` prints the times. Beside it `cargo run --release --example three_ways`.
"""

import asyncio
import threading
import time

JOBS = 50
WAIT = 0.1


def one_after_another():
    for _ in range(JOBS):
        time.sleep(WAIT)


def a_thread_for_each():
    threads = [threading.Thread(target=time.sleep, args=[WAIT]) for _ in range(JOBS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def on_the_loop():
    tasks = [asyncio.create_task(asyncio.sleep(WAIT)) for _ in range(JOBS)]
    for task in tasks:
        await task


def seconds(way):
    begun = time.monotonic()
    way()
    took = time.monotonic() - begun
    print(f"{way.__name__:20} {took:5.2f} s")
    return took


if __name__ == "__main__":
    print(f"{JOBS} waits          wall time")
    took = seconds(one_after_another)
    assert JOBS * WAIT <= took
    assert 3 * seconds(a_thread_for_each) < took

    def loop():
        asyncio.run(on_the_loop())

    assert 3 * seconds(loop) < took
    print(f"\nOn asyncio's loop, too, {JOBS} waits take little more than one.")
