"""Turns a server's address and the name of a load generator into so many replies, none of which may fail."""

import pathlib
import re
import shutil
import subprocess
import sys

from agreement import Exchanges, same, skipped

BASE, NAME = sys.argv[1:]
if not shutil.which(NAME):
    skipped(f"no {NAME}")
exchanges = Exchanges(NAME)


def run(*words):
    finished = subprocess.run([NAME, *words], capture_output=True, text=True)
    same(f"{words}: exit code, with {finished.stderr}", finished.returncode, 0)
    return finished.stdout


def number(mark, text):
    found = re.search(mark.replace("#", r"([\d.]+)"), text)
    return found and float(found[1])


def wrk():
    """As fast as it can; then with a script that looks into every body."""
    text = run("-t1", "-c64", "-d2s", BASE + "/bytes/1000")
    same("errors", [line for line in text.splitlines() if "errors" in line or "Non-2xx" in line], [])
    text = run("-t1", "-c64", "-d1s", "-s", str(pathlib.Path(__file__).with_name("pages.lua")), BASE)
    told = re.search(r"checked (\d+) errors (\d+) other (\d+) wrong (\d+)", text)
    same("errors, other statuses, wrong bodies", told.groups()[1:], ("0", "0", "0"))
    exchanges.count += int(told[1])
    return subprocess.run(["wrk", "--version"], capture_output=True, text=True).stdout.split()[1]


def ab():
    """It speaks HTTP/1.0, and asks for connections that are kept."""
    text = run("-q", "-k", "-n", "20000", "-c", "64", BASE + "/bytes/1000")
    same("replies", number("Complete requests: +#", text), 20_000)
    same("failed", number("Failed requests: +#", text), 0)
    same("other statuses", number("Non-2xx responses: +#", text), None)
    same("over connections that are kept", number("Keep-Alive requests: +#", text), 20_000)
    same("bytes", number("HTML transferred: +#", text), 20_000_000)
    # Without length its connections end, each with its body.
    text = run("-q", "-k", "-n", "500", "-c", "20", BASE + "/chunks/30000")
    same("whole", (number("Failed requests: +#", text), number("HTML transferred: +#", text)), (0, 15_000_000))
    exchanges.count += 20_500
    return re.search(r"Version (\S+)", run("-V"))[1]


def h2load():
    """Four requests at once on each connection, which in HTTP/1.1 means that they are pipelined."""
    text = run("--h1", "-n", "20000", "-c", "64", "-m", "4", BASE + "/bytes/1000")
    same("succeeded", number("# succeeded", text), 20_000)
    same("statuses", number("status codes: # 2xx", text), 20_000)
    same("bytes", number(r"\(#\) data", text), 20_000_000)
    exchanges.count += 20_000
    return run("--version").split("/")[1].strip()


exchanges.told({"wrk": wrk, "ab": ab, "h2load": h2load}[NAME]())
