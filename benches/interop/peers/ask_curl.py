"""Turns a server's address into what curl gets from it: methods, lengths, chunks, invitations, refusals, kept connections."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from agreement import LARGE, SMALL, Exchanges, data_of, events, holds, page, same, skipped, summed

BASE = sys.argv[1]
TELL = r"%{stderr}%{http_code} %{num_connects} %{http_version} %{header_json}\n"

if not shutil.which("curl"):
    skipped("no curl")
exchanges = Exchanges("curl")
folder = tempfile.TemporaryDirectory()
dump, large = pathlib.Path(folder.name, "heads"), pathlib.Path(folder.name, "large")
large.write_bytes(LARGE)


def curl(path, body, *options, **more):
    """One command with one URL."""
    return all_of([(path, body)], *options, **more)[0]


def all_of(wanted, *options, input=b"", code=200, id=True):
    """One command with some URLs and the bodies that they give; the fields of each reply, and `connects`, `version`, `came`."""
    id = id and exchanges.id()
    urls = [word for at, (path, _) in enumerate(wanted) for word in (BASE + path, "-o", f"{folder.name}/{at}")]
    fields = ["-H", f"x-id: {id}"] if id else []
    command = ["curl", "-sS", "-m", "60", "-D", str(dump), "-w", TELL, *fields, *options, *urls]
    finished = subprocess.run(command, input=input, capture_output=True)
    told = finished.stderr.decode()
    same(f"curl {wanted[0][0]} {options}: exit code, with {told}", finished.returncode, 0)
    replies = []
    for at, (path, body) in enumerate(wanted):
        status, connects, version, told = told.split(" ", 3)
        fields, length = json.JSONDecoder().raw_decode(told)
        fields = {name: ",".join(values) for name, values in fields.items()}
        told = told[length:].lstrip()
        written = pathlib.Path(folder.name, str(at))
        came = written.read_bytes() if written.exists() else b""
        written.unlink(missing_ok=True)
        fields = exchanges.check(f"curl {path} {options}", id or None, int(status), fields, came, body, code)
        replies.append(fields | {"connects": connects, "version": version, "came": came})
    return replies


def bodies():
    for length in (0, 1, 1_000, 65_536, 5_000_000):
        same("length", curl(f"/bytes/{length}", page(length))["content-length"], str(length))
        holds("no length is declared", "content-length" not in curl(f"/chunks/{length}", page(length)))
    same("HEAD", curl("/bytes/1000", None, "-I")["content-length"], "1000")
    same("events", data_of(curl("/events/20", None, "-N")["came"]), events(20))


def uploads():
    for body, option in ((b"", ""), (SMALL, "@-"), (LARGE, f"@{large}")):
        curl("/sum", summed(body), "--data-binary", option, input=body)
    chunked = ("-H", "Transfer-Encoding: chunked")
    curl("/sum", summed(LARGE), "-X", "POST", *chunked, "-T", "-", input=LARGE)
    curl("/sum", summed(LARGE), "-T", str(large))
    curl("/sum", summed(page(300_000)), "-T", "-", "--limit-rate", "300K", input=page(300_000))
    curl("/echo", LARGE, "-X", "POST", "-H", "Expect:", "-T", str(large))


def invitations():
    curl("/sum", summed(SMALL), "--data-binary", "@-", "-H", "Expect: 100-continue", input=SMALL)
    holds("the body is asked for", dump.read_text().startswith("HTTP/1.1 100 Continue\n\nHTTP/1.1 200 "))
    # A reply that is made of the request's body asks for it too.
    curl("/echo", LARGE, "-X", "POST", "-H", "Expect: 100-continue", "-T", str(large))
    holds("its body is asked for", dump.read_text().startswith("HTTP/1.1 100 Continue\n\nHTTP/1.1 200 "))
    curl("/sum", summed(SMALL), "--data-binary", "@-", "-H", "Expect:", input=SMALL)
    holds("nobody has to ask", dump.read_text().startswith("HTTP/1.1 200 "))
    # Nobody wants this body, and it is never sent.
    curl("/status/403", b"403", "-T", str(large), "-X", "POST", "-H", "Expect: 100-continue", code=403)
    holds("nobody asked", dump.read_text().startswith("HTTP/1.1 403 "))


def connections():
    three = [(f"/bytes/{length}", page(length)) for length in (10, 100_000, 20)]
    replies = all_of([*three, ("/chunks/50000", page(50_000)), ("/status/204", b""), three[0]][:4])
    same("one connection for all", [reply["connects"] for reply in replies], ["1", "0", "0", "0"])
    same("as the server sees it", len({reply["x-connection"] for reply in replies}), 1)
    old = all_of([("/chunks/50000", page(50_000)), *three], "--http1.0")
    same("one for each of HTTP/1.0", [reply["connects"] for reply in old], ["1"] * 4)
    holds("no chunks for HTTP/1.0", all("transfer-encoding" not in reply for reply in old))


def raw_chunks():
    came, body = curl("/chunks/50000", None, "--raw")["came"], b""
    while came:
        size, came = came.split(b"\r\n", 1)
        length = int(size, 16)
        body, came, end = body + came[:length], came[length + 2 :], came[length : length + 2]
        same("behind a chunk", end, b"\r\n")
    same("the last chunk is empty", (length, body), (0, page(50_000)))


def refusals():
    curl("/nowhere", b"404", code=404)
    same("allowed", curl("/bytes/1", b"405", "-X", "DELETE", code=405)["allow"], "GET, HEAD")
    curl("/status/204", b"", code=204)
    curl("/status/304", b"", code=304)
    own = {"id": False}
    curl("/sum", None, "-X", "POST", "-H", "Content-Length: 9000000", "-T", str(large), code=413, **own)
    curl("/sum", None, "-X", "POST", "-T", "-", "-H", "Expect:", input=LARGE * 2, code=413)
    curl("/" + "a" * 70_000, None, code=414, **own)
    curl("/bytes/1", None, "-H", "x-long: " + "a" * 70_000, code=431, **own)
    many = [word for number in range(200) for word in ("-H", f"x-{number}: a")]
    curl("/bytes/1", None, *many, code=431, **own)
    curl("/bytes/1", None, "-H", "Host: a b", code=400, **own)
    holds("a refusal closes", dump.read_text().count("connection: close") == 1)


for part in (bodies, uploads, invitations, connections, raw_chunks, refusals):
    part()
exchanges.told(subprocess.check_output(["curl", "--version"], text=True).split()[1])
