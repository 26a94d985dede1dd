"""Turns requests into what is agreed on, as a WSGI application that gunicorn runs on threads."""

import importlib.util
import os
import sys
import threading
import time

from agreement import PIECE, listening, page, skipped, summed
from nginx import free_port

if not importlib.util.find_spec("gunicorn"):
    skipped("no gunicorn")

import gunicorn
from gunicorn.app.base import BaseApplication


def application(environ, start_response):
    method, (_, kind, *rest) = environ["REQUEST_METHOD"], environ["PATH_INFO"].split("/")
    number = int("".join(rest)) if "".join(rest).isdigit() else None
    fields = [("x-id", environ.get("HTTP_X_ID", "")), ("x-connection", environ["REMOTE_PORT"])]

    def plain(body, code=200):
        start_response(f"{code} -", fields if code in (204, 304) else [*fields, ("content-length", str(len(body)))])
        return [] if method == "HEAD" else [body]

    match (method, kind):
        case ("GET" | "HEAD", "bytes") if number is not None:
            return plain(page(number))
        case ("GET", "chunks"):
            start_response("200 OK", fields)
            return (page(number)[at : at + PIECE] for at in range(0, number, PIECE))
        case ("GET", "events"):
            start_response("200 OK", [*fields, ("content-type", "text/event-stream")])
            return paced(number)
        case ("POST" | "PUT", "sum"):
            return plain(summed(environ["wsgi.input"].read()))
        case ("POST", "echo"):
            start_response("200 OK", fields)
            return iter(lambda: environ["wsgi.input"].read(PIECE), b"")
        case (_, "status"):
            return plain(b"" if number in (204, 304) else str(number).encode(), number)
        case (_, "bytes") if number is not None:
            return plain(b"405", 405)
    return plain(b"404", 404)


def paced(count):
    for number in range(count):
        yield f"id: {number}\ndata: event {number}\n\n".encode()
        time.sleep(0.001)


class Served(BaseApplication):
    """gunicorn, configured without a file."""

    def load_config(self):
        self.cfg.set("bind", f"127.0.0.1:{PORT}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", 32)
        self.cfg.set("loglevel", "critical")
        self.cfg.set("graceful_timeout", 1)
        self.cfg.set("when_ready", lambda _: listening(PORT, f"gunicorn {gunicorn.__version__}"))

    def load(self):
        return application


def end_with_standard_input():
    sys.stdin.read()
    os.kill(os.getpid(), 15)


PORT = free_port()
threading.Thread(target=end_with_standard_input, daemon=True).start()
Served().run()
