"""Turns requests into what is agreed on, with aiohttp's server."""

import asyncio
import sys

from agreement import PIECE, listening, page, skipped, summed

try:
    import aiohttp
    from aiohttp import web
except ImportError:
    skipped("no aiohttp")


def fields(request, **more):
    port = request.transport.get_extra_info("peername")[1]
    return {"x-id": request.headers.get("x-id", ""), "x-connection": str(port)} | more


def plain(request, body, code=200):
    return web.Response(body=body, status=code, headers=fields(request), content_type="text/plain")


async def sized(request):
    return plain(request, page(int(request.match_info["length"])))


async def chunks(request):
    body, response = page(int(request.match_info["length"])), web.StreamResponse(headers=fields(request))
    response.enable_chunked_encoding()
    await response.prepare(request)
    for at in range(0, len(body), PIECE):
        await response.write(body[at : at + PIECE])
    return response


async def events(request):
    response = web.StreamResponse(headers=fields(request) | {"content-type": "text/event-stream"})
    await response.prepare(request)
    for number in range(int(request.match_info["count"])):
        await response.write(f"id: {number}\ndata: event {number}\n\n".encode())
        await asyncio.sleep(0.001)
    return response


async def total(request):
    return plain(request, summed(await request.read()))


async def echo(request):
    response = web.StreamResponse(headers=fields(request))
    await response.prepare(request)
    async for piece in request.content.iter_any():
        await response.write(piece)
    return response


async def status(request):
    code = int(request.match_info["code"])
    return plain(request, b"" if code in (204, 304) else str(code).encode(), code)


async def refused(request):
    """Answers in the middle of a body that it does not read on."""
    await request.content.readany()
    return plain(request, b"413", 413)


async def chat(request):
    """A WebSocket, which not everybody wants."""
    conversation = web.WebSocketResponse()
    conversation.headers.update(fields(request))
    await conversation.prepare(request)
    return conversation


@web.middleware
async def identified(request, handler):
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        refusal.headers.update(fields(request))
        raise


async def main():
    application = web.Application(middlewares=[identified], client_max_size=8 << 20)
    application.add_routes(
        [
            web.get("/bytes/{length:[0-9]+}", sized),
            web.get("/chunks/{length}", chunks),
            web.get("/events/{count}", events),
            web.get("/status/{code}", status),
            web.get("/socket", chat),
            web.route("POST", "/status/{code}", status),
            web.route("POST", "/sum", total),
            web.route("PUT", "/sum", total),
            web.post("/echo", echo),
            web.post("/refused", refused),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    listening(site._server.sockets[0].getsockname()[1], f"aiohttp {aiohttp.__version__}")
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
