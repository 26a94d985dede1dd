"""Turns the calls of an ASGI server, uvicorn or hypercorn, into what is agreed on."""

import asyncio

from agreement import PIECE, page, summed


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        return await life(receive, send)
    if scope["type"] != "http":
        return await send({"type": "websocket.close"})
    _, kind, *rest = scope["path"].split("/")
    method, number = scope["method"], int("".join(rest)) if "".join(rest).isdigit() else None
    asked = next((value for name, value in scope["headers"] if name == b"x-id"), b"")
    fields = [(b"x-id", asked), (b"x-connection", str(scope["client"][1]).encode())]

    async def start(code=200, *more):
        await send({"type": "http.response.start", "status": code, "headers": [*fields, *more]})

    async def piece(body, more=True):
        await send({"type": "http.response.body", "body": body, "more_body": more})

    async def plain(body, code=200):
        length = () if code in (204, 304) else ((b"content-length", str(len(body)).encode()),)
        await start(code, *length)
        # Neither server keeps a body away from a HEAD if it is told the length as well.
        await piece(body if method != "HEAD" else b"", False)

    async def pieces():
        message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            yield message.get("body", b"")

    match (method, kind):
        case ("GET" | "HEAD", "bytes") if number is not None:
            await plain(page(number))
        case ("GET", "chunks"):
            await start()
            for at in range(0, number, PIECE):
                await piece(page(number)[at : at + PIECE])
            await piece(b"", False)
        case ("GET", "events"):
            await start(200, (b"content-type", b"text/event-stream"))
            # Behind the request there is one message more: that nobody listens any longer.
            await receive()
            gone, event = asyncio.ensure_future(receive()), 0
            while event < number and not gone.done():
                await piece(f"id: {event}\ndata: event {event}\n\n".encode())
                await asyncio.sleep(0.001)
                event += 1
            gone.cancel()
            await piece(b"", False)
        case ("POST" | "PUT", "sum"):
            await plain(summed(b"".join([piece async for piece in pieces()])))
        case ("POST", "echo"):
            await start()
            async for came in pieces():
                await piece(came)
            await piece(b"", False)
        case (_, "status"):
            await plain(b"" if number in (204, 304) else str(number).encode(), number)
        case (_, "bytes") if number is not None:
            await plain(b"405", 405)
        case _:
            await plain(b"404", 404)


async def life(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
