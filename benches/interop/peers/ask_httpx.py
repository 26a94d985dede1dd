"""Turns a server's address into what httpx gets from it, both on threads and on asyncio."""

import asyncio
import sys

from agreement import LARGE, SMALL, Exchanges, data_of, events, holds, page, same, skipped, summed

try:
    import httpx
except ImportError:
    skipped("no httpx")

BASE = sys.argv[1]
exchanges = Exchanges("httpx")


def request(method, path, expected, code=200, **options):
    """A request, and the check of its reply."""
    id = exchanges.id()
    check = lambda reply: exchanges.check(
        f"{method} {path}", id, reply.status_code, reply.headers, reply.content, expected, code
    )
    return {"method": method, "url": BASE + path, "headers": {"x-id": id}, **options}, check


def questions(stream):
    """All that is asked, on either side; `stream` makes a body that comes in pieces."""
    for length in (0, 1, 65_536, 5_000_000):
        yield request("GET", f"/bytes/{length}", page(length))
        yield request("GET", f"/chunks/{length}", page(length))
    yield request("HEAD", "/bytes/1000", b"")
    for body in (b"", SMALL, LARGE):
        yield request("POST", "/sum", summed(body), content=body)
        yield request("PUT", "/sum", summed(body), content=stream(body))
    yield request("POST", "/echo", SMALL, content=stream(SMALL))
    yield request("GET", "/nowhere", b"404", 404)
    yield request("GET", "/status/204", b"", 204)


def pieces(body):
    for at in range(0, len(body), 70_000):
        yield body[at : at + 70_000]


async def slow_pieces(body):
    for piece in pieces(body):
        yield piece
        await asyncio.sleep(0)


def on_threads():
    with httpx.Client() as client:
        used = {check(client.request(**asked))["x-connection"] for asked, check in questions(pieces)}
        same("one connection for all", len(used), 1)
        with client.stream("GET", BASE + "/events/20") as reply:
            same("events", data_of(b"".join(reply.iter_bytes())), events(20))


async def on_asyncio():
    async def ask(client, asked, check):
        return check(await client.request(**asked))["x-connection"]

    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(limits=limits) as client:
        for asked, check in questions(slow_pieces):
            await ask(client, asked, check)
        asked = (request("GET", f"/bytes/{length}", page(length)) for length in range(300))
        used = set(await asyncio.gather(*(ask(client, *one) for one in asked)))
        holds(f"{len(used)} connections", len(used) <= 50)


on_threads()
asyncio.run(on_asyncio())
exchanges.told(httpx.__version__)
