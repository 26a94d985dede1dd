"""Turns a server's address into what aiohttp's client gets from it: a crowd, streams both ways, events, refusals."""

import asyncio
import sys

from agreement import LARGE, SMALL, Exchanges, data_of, events, holds, page, same, skipped, summed

try:
    import aiohttp
except ImportError:
    skipped("no aiohttp")

BASE = sys.argv[1]
exchanges = Exchanges("aiohttp")


async def ask(session, method, path, expected, code=200, **options):
    """One exchange; the fields of its reply."""
    id = exchanges.id()
    async with session.request(method, BASE + path, headers={"x-id": id}, **options) as reply:
        body = await reply.read()
        return exchanges.check(f"{method} {path}", id, reply.status, reply.headers, body, expected, code)


async def crowd():
    """A thousand at once, each over a connection of its own; then as many over a hundred that are kept."""
    for limit in (0, 100):
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=limit)) as session:
            asked = (ask(session, "GET", f"/bytes/{length}", page(length)) for length in range(1_000))
            used = {fields["x-connection"] for fields in await asyncio.gather(*asked)}
            holds(f"connections are kept: {len(used)} of {limit}", len(used) <= (limit or 1_000))


async def bodies(session):
    for length in (0, 1, 65_536, 5_000_000):
        for kind in ("bytes", "chunks"):
            await ask(session, "GET", f"/{kind}/{length}", page(length))
    same("HEAD", (await ask(session, "HEAD", "/bytes/1000", b""))["content-length"], "1000")
    for code in (204, 304, 404, 500):
        await ask(session, "GET", f"/status/{code}", b"" if code < 400 else str(code).encode(), code)


async def uploads(session):
    async def pieces(body=LARGE):
        for at in range(0, len(body), 70_000):
            yield body[at : at + 70_000]

    for body in (b"", SMALL, LARGE):
        await ask(session, "POST", "/sum", summed(body), data=body)
        await ask(session, "POST", "/sum", summed(body), data=body, expect100=True)
    await ask(session, "PUT", "/sum", summed(LARGE), data=pieces())
    await ask(session, "POST", "/echo", LARGE, data=pieces())
    await ask(session, "POST", "/sum", None, 413, data=pieces(LARGE * 2))


async def piece_by_piece(session):
    """Each piece comes back before the next one is sent, all within one exchange."""
    id, turns = exchanges.id(), asyncio.Queue()

    async def pieces():
        while piece := await turns.get():
            yield piece

    turns.put_nowait(b"piece 0")
    async with session.post(BASE + "/echo", data=pieces(), headers={"x-id": id}) as reply:
        came = []
        for number in range(100):
            came.append(await reply.content.readexactly(len(f"piece {number}")))
            turns.put_nowait(f"piece {number + 1}".encode() if number < 99 else b"")
        rest = await reply.read()
        expected = b"".join(f"piece {number}".encode() for number in range(100))
        exchanges.check("piece by piece", id, reply.status, reply.headers, b"".join(came) + rest, expected)


async def streams(session):
    id = exchanges.id()
    async with session.get(BASE + "/events/20", headers={"x-id": id}) as reply:
        lines = [line async for line in reply.content]
        same("events", data_of(b"".join(lines)), events(20))
        exchanges.check("events", id, reply.status, reply.headers, b"", None)
    # Whoever goes in the middle of a stream costs the server nothing, and the others neither.
    async with session.get(BASE + "/events/1000000") as reply:
        same("the first event", await reply.content.readline(), b"id: 0\n")


async def main():
    await crowd()
    async with aiohttp.ClientSession() as session:
        for part in (bodies, uploads, piece_by_piece, streams, bodies):
            await part(session)
    exchanges.told(aiohttp.__version__)


asyncio.run(main())
