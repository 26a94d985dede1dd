"""Turns a server's address into replies to bytes that no library would send so: all at once, one by one, half closed."""

import http.client
import itertools
import platform
import socket
import sys
import threading
from urllib.parse import urlsplit

from agreement import Exchanges, holds, page, same, summed

HOST, PORT = urlsplit(sys.argv[1]).hostname, urlsplit(sys.argv[1]).port
exchanges = Exchanges("socket")


class Replies:
    """The replies that come over a connection, read by http.client one after another."""

    def __init__(self, connection):
        self.file = connection.makefile("rb")

    def makefile(self, _):
        return Unclosed(self.file)

    def next(self, id, expected, code=200, method="GET"):
        reply = http.client.HTTPResponse(self, method=method)
        reply.begin()
        return exchanges.check(id, id, reply.status, dict(reply.getheaders()), reply.read(), expected, code)

    def end(self):
        same("nothing more comes", self.file.read(), b"")


class Unclosed:
    """A file that stays open when the reply that was read from it is closed."""

    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return getattr(self.file, name)

    def close(self):
        pass


def connect():
    connection = socket.create_connection((HOST, PORT), timeout=60)
    return connection, Replies(connection)


def head(method, path, *fields):
    id = exchanges.id()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"x-id: {id}", *fields, "", ""]
    return id, "\r\n".join(lines).encode()


def questions():
    """Each with its id and the reply's body; what is uploaded is taken from the same stream of bytes as the next head."""
    for length in (0, 1, 10_000, 100_000):
        yield (*head("GET", f"/bytes/{length}"), page(length), "GET")
        yield (*head("GET", f"/chunks/{length}"), page(length), "GET")
        yield (*head("HEAD", f"/bytes/{length}"), b"", "HEAD")
        id, asked = head("POST", "/sum", f"Content-Length: {length}")
        yield id, asked + page(length), summed(page(length)), "POST"
        # The last chunk, with a trailer, follows at once.
        id, asked = head("POST", "/sum", "Transfer-Encoding: chunked")
        chunk = b"%x;note=a\r\n%b\r\n" % (length, page(length)) if length else b""
        yield id, asked + chunk + b"0\r\nx-sum: given\r\n\r\n", summed(page(length)), "POST"


def all_at_once():
    asked = list(itertools.chain.from_iterable(questions() for _ in range(10)))
    connection, replies = connect()

    def send():
        connection.sendall(b"".join(one[1] for one in asked))
        connection.shutdown(socket.SHUT_WR)

    # Beside the reading: whoever only sends comes to a stop when all the buffers between the two are full of replies.
    sending = threading.Thread(target=send)
    sending.start()
    for id, _, expected, method in asked:
        fields = replies.next(id, expected, method=method)
        if method == "POST" and "x-sum" in fields:
            same("the trailer", fields["x-sum"], "given")
    replies.end()
    sending.join()


def byte_by_byte():
    connection, replies = connect()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for id, asked, expected, method in questions():
        if len(asked) < 1_000:
            for byte in asked:
                connection.sendall(bytes([byte]))
            replies.next(id, expected, method=method)
    connection.shutdown(socket.SHUT_WR)
    replies.end()


def refusals():
    """After what cannot be understood there is one reply, and the end; whatever follows it is never looked at."""
    follows = b"GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n"
    both = b"POST /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    bad = (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\nb: c\r\n\r\n", both)
    for request in (*bad, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9):
        connection, replies = connect()
        id, good = head("GET", "/bytes/5")
        connection.sendall(good + request + follows)
        replies.next(id, page(5))
        rest = replies.file.read()
        same("one refusal", rest.count(b"HTTP/1.1 "), 1)
        holds(f"{request}: {rest}", rest.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 505 ")))
        exchanges.count += 1


for part in (all_at_once, byte_by_byte, refusals):
    part()
exchanges.told(f"of Python {platform.python_version()}")
