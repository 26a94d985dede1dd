"""Turns the name of an ASGI server into one that answers what is agreed on, until standard input ends."""

import asyncio
import importlib.metadata
import importlib.util
import sys

from agreement import listening, skipped
from nginx import free_port

NAME, PORT = sys.argv[1], free_port()
if not importlib.util.find_spec(NAME):
    skipped(f"no {NAME}")
VERSION = importlib.metadata.version(NAME)


async def uvicorn():
    import uvicorn

    server = uvicorn.Server(uvicorn.Config("asgi:application", port=PORT, log_level="warning", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve())
    await answering(f"uvicorn {VERSION}")
    server.should_exit = True
    await serving


async def hypercorn():
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    import asgi

    config, ended = Config(), asyncio.Event()
    config.bind, config.graceful_timeout, config.loglevel = [f"127.0.0.1:{PORT}"], 1, "WARNING"
    serving = asyncio.create_task(serve(asgi.application, config, shutdown_trigger=ended.wait))
    await answering(f"hypercorn {VERSION}")
    ended.set()
    await serving


async def answering(name):
    """Tells that the server listens, and waits until nobody needs it any more."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
            break
        except ConnectionError:
            await asyncio.sleep(0.01)
    writer.close()
    listening(PORT, name)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run({"uvicorn": uvicorn, "hypercorn": hypercorn}[NAME]())
