"""Calls that are awaited in a row take the sum of their times, and calls that are tasks first take the longest.

`python3 book/python/await_or_spawn.py` prints what `cargo run --release --example await_or_spawn` prints.
"""

import asyncio

import paused

CALLS = [400, 100, 300, 200]


def now():
    return asyncio.get_running_loop().time()


async def call(ms):
    began = now()
    await asyncio.sleep(ms / 1000)
    return began


async def awaited():
    return [await call(ms) for ms in CALLS]


async def made_first():
    calls = [call(ms) for ms in CALLS]
    return [await call for call in calls]


async def spawned_singly():
    return [await asyncio.create_task(call(ms)) for ms in CALLS]


async def spawned_first():
    tasks = [asyncio.create_task(call(ms)) for ms in CALLS]
    return [await task for task in tasks]


async def show(way, calls):
    begun = now()
    began = await calls
    took = paused.milliseconds(begun)
    starts = "".join(f"{round((at - begun) * 1000):4}" for at in began)
    print(f"{way:34} {starts} {took:13} ms")
    return took


async def main():
    print(f"calls of {CALLS} ms        begin at (ms)    all over after")
    assert await show("each awaited where it is made", awaited()) == sum(CALLS)
    assert await show("made first, then awaited", made_first()) == sum(CALLS)
    assert await show("each spawned, awaited right away", spawned_singly()) == sum(CALLS)
    assert await show("spawned first, then awaited", spawned_first()) == max(CALLS)


paused.run(main())
print(
    f"\nA future runs only while it is awaited and a task by itself, so the same calls take {sum(CALLS)} ms in a row "
    f"and {max(CALLS)} ms if spawned first."
)
