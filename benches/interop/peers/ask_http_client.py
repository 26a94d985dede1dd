"""Turns a server's address into what http.client of Python's library gets from it, over one connection and in HTTP/1.0."""

import http.client
import platform
import sys
from urllib.parse import urlsplit

from agreement import LARGE, SMALL, Exchanges, data_of, events, holds, page, same, summed

ADDR = urlsplit(sys.argv[1]).netloc
exchanges = Exchanges("http.client")


def ask(connection, method, path, expected, code=200, body=None, **fields):
    """One exchange; the fields of its reply."""
    id = exchanges.id()
    chunked = "Transfer_Encoding" in fields
    fields = {name.replace("_", "-"): value for name, value in fields.items()}
    connection.request(method, path, body, {"x-id": id, **fields}, encode_chunked=chunked)
    reply = connection.getresponse()
    return exchanges.check(f"{method} {path}", id, reply.status, dict(reply.getheaders()), reply.read(), expected, code)


def over_one_connection():
    connection = http.client.HTTPConnection(ADDR)
    ask(connection, "GET", "/bytes/0", b"")
    socket = connection.sock
    for length in (1, 65_536, 5_000_000):
        ask(connection, "GET", f"/bytes/{length}", page(length))
        ask(connection, "GET", f"/chunks/{length}", page(length))
    ask(connection, "HEAD", "/bytes/1000", b"")
    for body in (b"", SMALL, LARGE):
        ask(connection, "POST", "/sum", summed(body), body=body)
        ask(connection, "PUT", "/sum", summed(body), body=iter([body]), Transfer_Encoding="chunked")
    # A body that nobody reads stands between this reply and the next.
    ask(connection, "POST", "/status/200", b"200", body=SMALL)
    same("events", data_of(read(connection, "/events/20")), events(20))
    ask(connection, "GET", "/nowhere", b"404", 404)
    holds("it is the same connection", connection.sock is socket)
    fields = ask(connection, "GET", "/bytes/7", page(7), Connection="close")
    same("what closes says so", (fields["connection"], connection.sock), ("close", None))


def read(connection, path):
    connection.request("GET", path)
    return connection.getresponse().read()


def in_http_1_0():
    connection = http.client.HTTPConnection(ADDR)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    for path in ("/bytes/50000", "/chunks/50000"):
        fields = ask(connection, "GET", path, page(50_000))
        holds("a client of HTTP/1.0 gets no chunks", "transfer-encoding" not in fields)
        holds("and a new connection each time", connection.sock is None)
    # It may ask for more than one reply, which takes a length.
    fields = ask(connection, "GET", "/bytes/50000", page(50_000), Connection="keep-alive")
    same("kept", fields["connection"], "keep-alive")
    holds("one more over the same", connection.sock is not None)
    ask(connection, "GET", "/chunks/50000", page(50_000), Connection="keep-alive")
    holds("the end is the end of a body without length", connection.sock is None)


over_one_connection()
in_http_1_0()
exchanges.told(platform.python_version())
