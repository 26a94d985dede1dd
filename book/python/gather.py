"""Three calls in one wait, and an error of one: the others run on, or they end with it.

`python3 book/python/gather.py` prints what `cargo run --release --example gather` prints.
"""

import asyncio

import paused

CALLS = [("b", 300), ("a", 100), ("c", 200)]

alive = 0
finished = 0


async def call(name, ms, failing=None):
    global alive, finished
    alive += 1
    try:
        await asyncio.sleep(ms / 1000)
        if name == failing:
            raise RuntimeError(f"{name} failed")
        finished += 1
        return name
    finally:
        alive -= 1


async def in_group():
    try:
        async with asyncio.TaskGroup() as group:
            for name, ms in CALLS:
                group.create_task(call(name, ms, "a"))
    except* RuntimeError as errors:
        raise errors.exceptions[0] from None


async def all_well():
    begun = asyncio.get_running_loop().time()
    names = await asyncio.gather(*(call(name, ms) for name, ms in CALLS))
    took = paused.milliseconds(begun)
    print(f"all well\n  results: {' '.join(names)}, after {took} ms")
    assert names == ["b", "a", "c"] and took == 300


async def after_an_error(calls):
    begun = asyncio.get_running_loop().time()
    try:
        await calls
    except RuntimeError as error:
        print(f"  error: {error}, after {paused.milliseconds(begun)} ms; {alive} calls alive")
    await asyncio.sleep(1)
    print(f"  a second later: {finished} of the others finished")


async def main():
    global finished
    await all_well()
    finished = 0
    print("\na fails, and the others run on")
    await after_an_error(asyncio.gather(*(call(name, ms, "a") for name, ms in CALLS)))  # that is what gather does
    finished = 0
    print("\na fails, and the others end with it")
    await after_an_error(in_group())


paused.run(main())
print("\nThree calls take as long as the slowest; whether an error ends the others is a choice, made when they start.")
