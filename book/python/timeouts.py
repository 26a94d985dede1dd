"""Waits that might never end, turned into waits that do: `timeout`, `timeout_at`, one within another, and `shield`.

`python3 book/python/timeouts.py` prints what `cargo run --release --example timeouts` prints.
A limit throws a CancelledError into the call and waits until it has ended. The call closes its socket in a `finally`;
without that it is closed when its last reference goes, with a warning that only `python3 -X dev` shows.
"""

import asyncio

import paused

finished = 0


async def call(takes):
    global finished
    await asyncio.sleep(takes / 1000)
    finished += 1


async def a_limit():
    seen = await show("a call of 30 ms, limit 100 ms", asyncio.wait_for(call(30), 0.1))
    assert seen == (30, 1)
    seen = await show("a call of 300 ms, limit 100 ms", asyncio.wait_for(call(300), 0.1))
    assert seen == (100, 0)
    shielded = asyncio.create_task(call(300))  # the loop holds tasks weakly: this variable keeps it
    seen = await show("a shielded call of 300 ms, limit 100 ms", asyncio.wait_for(asyncio.shield(shielded), 0.1))
    assert seen == (100, 1)


async def a_deadline():
    now = asyncio.get_running_loop().time
    seen = await show("3 calls of 40 ms, limit 100 ms for each", three_calls(lambda: now() + 0.1))
    assert seen == (120, 3)
    deadline = now() + 0.1
    seen = await show("3 calls of 40 ms, limit 100 ms for all", three_calls(lambda: deadline))
    assert seen == (100, 2)


async def three_calls(deadline):
    for _ in range(3):
        async with asyncio.timeout_at(deadline()):
            await call(40)


async def a_limit_within_a_limit():
    for inner, outer in [(50, 100), (100, 50)]:
        seen = await show(f"a call of 300 ms, limit {inner} within {outer} ms", two_limits(inner, outer))
        assert seen == (50, 0)


async def two_limits(inner, outer):
    try:
        async with asyncio.timeout(outer / 1000):
            async with asyncio.timeout(inner / 1000) as within:
                await call(300)
    except TimeoutError:
        raise TimeoutError(f"the {'inner' if within.expired() else 'outer'} limit passed") from None


async def a_call_that_hangs():
    print("\na server that accepts and never answers, limit 50 ms of real time")
    reads = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(lambda reader, writer: silent(reader, writer, reads), "127.0.0.1", 0)
    addr = server.sockets[0].getsockname()
    now = asyncio.get_running_loop().time
    begun = now()
    try:
        await asyncio.wait_for(ask(addr), 0.05)
        raise AssertionError("nobody answers")
    except TimeoutError:
        print("  the client: the time limit passed")
    assert 0.05 <= now() - begun < 2
    request, end = await asyncio.wait_for(reads, 2)
    print(f"  the server: {request} bytes came, then {end}: the socket of the client is closed")
    assert (request, end) == (5, 0)
    server.close()


async def ask(addr):
    reader, writer = await asyncio.open_connection(*addr)
    try:
        writer.write(b"hello")
        return await reader.read(64)
    finally:
        writer.close()


async def silent(reader, writer, reads):
    reads.set_result((len(await reader.read(64)), len(await reader.read(64))))
    writer.close()


async def show(what, wait):
    global finished
    finished = 0
    begun = asyncio.get_running_loop().time()
    try:
        await wait
        outcome = "answered"
    except TimeoutError as error:
        outcome = str(error) or "the time limit passed"
    took = paused.milliseconds(begun)
    await asyncio.sleep(1)
    print(f"{what:<41}{outcome:<24}{took:>3} ms{finished:>12}")
    return took, finished


async def main():
    print(f"{'':<41}{'outcome':<24}{'after':>6}    finished later")
    await a_limit()
    await a_deadline()
    await a_limit_within_a_limit()


paused.run(main())
asyncio.run(a_call_that_hangs())
print("\nA limit ends a call on time, and its socket with it; of a shielded call it ends only the wait.")
