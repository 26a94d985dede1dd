"""Turns a folder of pages into replies of http.server of Python's library, in the version of HTTP that is asked for."""

import functools
import http.server
import itertools
import platform
import sys
import tempfile
import threading

import files
from agreement import listening

connections = itertools.count()


class Handler(http.server.SimpleHTTPRequestHandler):
    """The library's own, which says besides what it was asked for and over which connection."""

    protocol_version = sys.argv[1]

    def setup(self):
        self.number = next(connections)
        super().setup()

    def end_headers(self):
        self.send_header("x-id", self.headers.get("x-id", ""))
        self.send_header("x-connection", str(self.number))
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


with tempfile.TemporaryDirectory() as folder:
    files.write(folder)
    handler = functools.partial(Handler, directory=folder)
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        listening(server.server_port, f"http.server {platform.python_version()}, {Handler.protocol_version}")
        sys.stdin.read()
        server.shutdown()
