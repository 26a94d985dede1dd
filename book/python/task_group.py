"""The error of one child is the end of all: it comes out when they are gone, and a second error comes with it.

`python3 book/python/task_group.py` prints what `cargo run --release --example task_group` prints.
Who is cancelled gets a CancelledError where it waits, and may wait for something more in its `finally`. The group waits
for that too, and an error from there is one more in the ExceptionGroup.
"""

import asyncio

import paused

works = []  # what is known of each: its name, when it began, and when and how it ended


async def work(name, ms, error=None):
    known = {"name": name, "begun": paused.milliseconds(0), "ended": None, "ending": "cancelled"}
    works.append(known)
    try:
        await asyncio.sleep(ms / 1000)
        known["ending"] = "failed" if error else "done"
        if error:
            raise RuntimeError(error)
        return f"value of {name}"
    finally:
        known["ended"] = paused.milliseconds(0)


async def all_well():
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(name, ms)) for name, ms in [("b", 300), ("a", 100), ("c", 200)]]
    values = [task.result() for task in tasks]
    show("all well", ", ".join(values))
    assert values == ["value of b", "value of a", "value of c"]


async def two_fail():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("b", 300))
            group.create_task(work("a", 100, "a failed"))
            group.create_task(work("c", 50))
            group.create_task(work("d", 100, "d failed"))
    except* RuntimeError as errors:
        show("\na fails, and d in the same moment", text(errors))
        assert len(errors.exceptions) == 2


async def the_body_fails():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("b", 300))
            await work("step 1", 50)
            group.create_task(work("c", 200))
            await work("step 2", 50, "step 2 failed")
    except* RuntimeError as errors:
        show("\nthe body fails in its second step", text(errors))
        assert len(errors.exceptions) == 1


def text(errors):
    return "; and then: ".join(str(error) for error in errors.exceptions)


def show(title, result):
    global works
    print(title)
    begun, now = works[0]["begun"], paused.milliseconds(0)
    for known in works:
        ended = now if known["ended"] is None else known["ended"]
        ending = "alive" if known["ended"] is None else known["ending"]
        bar = " " * ((known["begun"] - begun) // 10) + "├" + "─" * ((ended - known["begun"]) // 10) + "┤"
        print(f"  {known['name']:<7}{bar:<33}{ending} at {ended - begun} ms")
    alive = sum(known["ended"] is None for known in works)
    print(f"  out after {now - begun} ms with {alive} alive: {result}")
    assert alive == 0
    works = []


async def main():
    await all_well()
    await two_fail()
    await the_body_fails()


paused.run(main())
print("\nOne error ends the whole group: it comes out when nobody is alive, and an error of the same moment with it.")
