"""Who calls back, in asyncio: a future keeps callbacks, and whoever sets its result has the loop call them.

`python3 book/python/call_back.py` takes 50 ms.
"""

import asyncio
import threading


async def ask(delay, answer):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    thread = threading.Timer(delay, lambda: loop.call_soon_threadsafe(future.set_result, answer))
    thread.start()
    return await future


async def main():
    return await ask(0.025, 40) + await ask(0.025, 2)


total = asyncio.run(main())
print(f"the sum is {total}")
assert total == 42
