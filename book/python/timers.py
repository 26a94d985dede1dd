"""Two hearts on asyncio's loop: one sleeps after each beat, the other sleeps until its next beat is due.

`python3 book/python/timers.py` takes half a second.
"""

import asyncio

PERIOD = 0.010
BEATS = 40


async def beat_by_sleeps():
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for _ in range(BEATS):
        await asyncio.sleep(PERIOD)
    return loop.time() - (begun + BEATS * PERIOD)


async def beat_by_plan():
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for beat in range(1, BEATS + 1):
        await asyncio.sleep(begun + beat * PERIOD - loop.time())
    return loop.time() - (begun + BEATS * PERIOD)


async def main():
    by_sleeps, by_plan = await asyncio.gather(beat_by_sleeps(), beat_by_plan())
    print(f"after {BEATS} beats the one is {by_sleeps * 1e3:.1f} ms behind, the other {by_plan * 1e3:.1f} ms")
    assert by_plan < by_sleeps, "what one beat is late the next one is not"


asyncio.run(main())
