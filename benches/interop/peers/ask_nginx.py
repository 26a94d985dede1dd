"""Turns a server's address into what nginx passes on from it, as its proxy: in HTTP/1.0, in 1.1 and without a buffer."""

import http.client
import sys
import threading
from urllib.parse import urlsplit

import nginx
from agreement import LARGE, SMALL, Exchanges, holds, page, same, summed

VERSION, PORT = nginx.version(), nginx.free_port()
PROXY = """
upstream ours { server %s; keepalive 32; }
server {
  listen 127.0.0.1:%d; client_max_body_size 20m;
  # nginx asks in HTTP/1.0 and says close, unless it is told otherwise.
  location /old/ { proxy_pass http://%s/; }
  location /kept/ { proxy_pass http://ours/; proxy_http_version 1.1; proxy_set_header Connection ""; }
  location /direct/ {
    proxy_pass http://ours/; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_buffering off; proxy_request_buffering off;
  }
}
"""
exchanges = Exchanges("nginx, a proxy")


def ask(connection, method, path, expected, code=200, body=None, id=True, **fields):
    """One exchange through nginx; the fields of its reply."""
    id = id and exchanges.id()
    chunked = "Transfer_Encoding" in fields
    fields = {name.replace("_", "-"): value for name, value in fields.items()}
    connection.request(method, path, body, {"x-id": id or "", **fields}, encode_chunked=chunked)
    reply = connection.getresponse()
    came = reply.read()
    return exchanges.check(f"{method} {path}", id or None, reply.status, dict(reply.getheaders()), came, expected, code)


def everything(prefix):
    connection, used = http.client.HTTPConnection("127.0.0.1", PORT), []

    def asked(method, path, expected, *more, **fields):
        used.append(ask(connection, method, f"/{prefix}{path}", expected, *more, **fields)["x-connection"])

    for length in (0, 1, 65_536, 5_000_000):
        asked("GET", f"/bytes/{length}", page(length))
        asked("GET", f"/chunks/{length}", page(length))
    asked("HEAD", "/bytes/1000", b"")
    for body in (b"", SMALL, LARGE):
        asked("POST", "/sum", summed(body), body=body)
        asked("POST", "/sum", summed(body), body=iter([body]), Transfer_Encoding="chunked")
    asked("POST", "/echo", SMALL, body=SMALL)
    asked("GET", "/status/204", b"", 204)
    asked("GET", "/status/304", b"", 304)
    asked("GET", "/nowhere", b"404", 404)
    return used


def refused(prefix):
    """What our server refuses in the middle of an upload comes back in its own words."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    text = b"TooLarge: the body exceeds its limit\n"
    fields = ask(connection, "POST", f"/{prefix}/sum", text, 413, LARGE * 2, id=False)
    if prefix != "direct":
        ask(connection, "GET", f"/{prefix}/bytes/10", page(10))
        return
    same("what nginx says of its connection", fields["connection"], "keep-alive")
    try:
        ask(connection, "GET", f"/{prefix}/bytes/10", page(10))
    except ConnectionError:
        exchanges.note("nginx answers 413 with keep-alive and closes, where the rest of an upload is not read (RFC 9112, 9.6)")


def crowd(prefix):
    """Twenty clients of nginx at once share what it keeps of connections to us."""
    used = set()

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        for length in range(50):
            used.add(ask(connection, "GET", f"/{prefix}/bytes/{length}", page(length))["x-connection"])

    clients = [threading.Thread(target=client) for _ in range(20)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return len(used)


def one_event_at_a_time():
    """What is not held back comes as it was sent; nginx's usual buffer would bring pages of events."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request("GET", "/direct/events/1000000")
    reply = connection.getresponse()
    for number in range(20):
        came = reply.read1()
        holds(f"event {number} comes with few others: {came}", b"data: event" in came and len(came) < 500)
    exchanges.count += 1
    connection.close()


with nginx.running(PROXY % (urlsplit(sys.argv[1]).netloc, PORT, urlsplit(sys.argv[1]).netloc), PORT):
    old = everything("old")
    same("a connection for each in HTTP/1.0", len(set(old)), len(old))
    for prefix in ("kept", "direct"):
        used = set(everything(prefix))
        holds(f"connections are kept: {used}", len(used) <= 3)
    for prefix in ("old", "kept", "direct"):
        refused(prefix)
    exchanged = crowd("kept")
    holds(f"a crowd of twenty has as many connections: {exchanged}", exchanged <= 20 + 3)
    one_event_at_a_time()
exchanges.told(VERSION)
