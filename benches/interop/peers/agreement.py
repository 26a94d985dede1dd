"""Turns what all servers here have agreed to answer into bytes, and replies into exchanges that were checked."""

import functools
import hashlib
import itertools
import sys


@functools.cache
def page(length):
    """The body of so many bytes: numbered lines, of which no two are alike."""
    return "".join(f"{line:08}\n" for line in range(length // 9 + 1)).encode()[:length]


def summed(body):
    """Length and SHA-256 of a body, as the page /sum tells them."""
    return f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()


def events(count):
    """What the data of so many events are."""
    return [f"event {number}" for number in range(count)]


def data_of(stream):
    """The data of the events in a stream that is whole."""
    lines = stream.decode().splitlines()
    return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


# How much a server writes at once of a body whose length it does not declare.
PIECE = 10_000

SMALL, LARGE = page(1_000), page(5_000_000)


class Exchanges:
    """Counts the exchanges that were checked; an asking program ends with `told`."""

    def __init__(self, peer):
        self.peer, self.count, self._ids = peer, 0, itertools.count(1)

    def id(self):
        """What the next request bears, and its reply has to bear as well."""
        return f"{self.peer}-{next(self._ids)}"

    def check(self, what, id, status, headers, body, expected, code=200):
        """One exchange: status, id and every byte of the body. `expected` is None where the text is the server's own."""
        fields = {name.lower(): value for name, value in headers.items()}
        same(f"{what}: status", status, code)
        if id is not None:
            same(f"{what}: id", fields.get("x-id"), id)
        if expected is not None:
            same(f"{what}: body", bytes(body), expected)
        self.count += 1
        return fields

    def note(self, fault):
        """Says what a peer does that it should not; it must be seen each time, or the note has to go."""
        print(f"note: {fault}")

    def told(self, version):
        """The last line of a program in which everything held."""
        print(f"{self.peer} {version}: {self.count} exchanges")


def listening(port, name):
    """Tells where a server is, and what it is."""
    print(f"listening on http://127.0.0.1:{port} {name}", flush=True)


def same(what, got, expected):
    if got != expected:
        sys.exit(f"{what}: {shown(got)} instead of {shown(expected)}")


def holds(what, true):
    if not true:
        sys.exit(what)


def skipped(why):
    """Ends a program whose peer is not here."""
    print(f"skipped: {why}")
    sys.exit(0)


def shown(value):
    text = repr(value)
    return text if len(text) < 200 else f"{text[:200]}... ({len(value)} long)"
