"""The five puzzles of `cargo run --release --example predict_order`: asyncio gives the same orders.

`python3 book/python/predict_order.py` prints them.
"""

import asyncio

said = []


async def letter(name):
    said.append(name)


async def called():
    first = letter("a")
    second = letter("b")
    await second
    await first


async def spawned():
    first = asyncio.create_task(letter("a"))
    second = asyncio.create_task(letter("b"))
    await second
    await first


async def ready():
    task = asyncio.create_task(letter("a"))
    await letter("b")
    async with asyncio.Lock():
        said.append("c")
    await task


async def pausing():
    task = asyncio.create_task(letter("a"))
    said.append("b")
    await asyncio.sleep(0)
    said.append("c")
    await task


async def first():
    said.extend("ab")
    await asyncio.sleep(0)
    said.append("c")


async def second():
    said.append("d")
    await asyncio.sleep(0)
    said.append("e")


async def two_tasks():
    one = asyncio.create_task(first())
    two = asyncio.create_task(second())
    await one
    await two


for puzzle, order in [(called, "ba"), (spawned, "ab"), (ready, "bca"), (pausing, "bac"), (two_tasks, "abdce")]:
    said.clear()
    asyncio.run(puzzle())
    print(f"{puzzle.__name__:10} {''.join(said)}")
    assert "".join(said) == order, puzzle
print("\nasyncio gives the same five orders.")
