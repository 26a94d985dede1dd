"""A body of any size becomes a file, with no more of it in memory than what is on its way.

`python3 book/python/download.py` prints what `cargo run --release --example download` prints. The standard library has
no asynchronous HTTP client, so both ends speak just enough of HTTP/1.1 by hand, and no file that can be awaited, so each
write is a job of the thread pool.
"""

import array
import asyncio
import io
import os
import sys
import tempfile
from asyncio.subprocess import PIPE

SIZE = 64 << 20
PIECE = 64 << 10


async def compare():
    server = await asyncio.create_subprocess_exec(sys.executable, __file__, "serve", stdin=PIPE, stdout=PIPE)
    port = int(await server.stdout.readline())
    print(f"a body of {SIZE >> 20} MiB, sent by another process")
    before = peak()

    path = os.path.join(tempfile.gettempdir(), f"python-download-{os.getpid()}")
    try:
        await into_file(port, path)
    finally:
        os.remove(path)
    print(f"  piece by piece into a file: every byte in order, memory grew by {grown(before)} of that")
    assert grown(before) == "less than a tenth", "the body is never in memory as a whole"

    await into_memory(port)
    print(f"  as a whole into memory:     every byte in order, memory grew by {grown(before)} of that")
    assert grown(before) == "nine tenths or more", "the body is in memory as a whole"
    print("\nA body that is read piece by piece passes through a fraction of the memory that it takes as a whole.")
    server.stdin.close()
    await server.wait()


async def into_file(port, path):
    reader, writer = await get(port)
    with await asyncio.to_thread(open, path, "wb") as file:
        while piece := await reader.read(PIECE):
            await asyncio.to_thread(file.write, piece)
    writer.close()
    with await asyncio.to_thread(open, path, "rb") as file:
        await asyncio.to_thread(check, file)


async def into_memory(port):
    reader, writer = await get(port)
    body = await reader.read()
    writer.close()
    await asyncio.to_thread(check, io.BytesIO(body))


async def get(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
    return reader, writer


async def serve():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # ends when whoever started us is gone


async def answer(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\nConnection: close\r\n\r\n".encode())
    for at in range(0, SIZE, PIECE):
        writer.write(piece(at))
        await writer.drain()
    writer.close()


def piece(at):
    """Every eight bytes of the body tell where in it they belong."""
    return array.array("Q", range(at, at + PIECE, 8)).tobytes()


def check(body):
    for at in range(0, SIZE, PIECE):
        assert body.read(PIECE) == piece(at), f"from byte {at} on, all is in its place"
    assert not body.read(1), "nothing comes after it"


def peak():
    # What resource.getrusage calls ru_maxrss may be the peak of the process that started this one.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def grown(before):
    """By how much of the body the most memory that this process ever had has grown."""
    tenths = 10 * (peak() - before) // SIZE
    return "less than a tenth" if tenths < 1 else "nine tenths or more" if 9 <= tenths else "a part"


asyncio.run(serve() if sys.argv[1:] == ["serve"] else compare())
