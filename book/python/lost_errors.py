"""Failures that nobody waits for, and what asyncio says of each; beside it `cargo run --release --example lost_errors`.

`python3 book/python/lost_errors.py` runs itself as a second process, which loses them, and reads what that complains of.
"""

import asyncio
import re
import subprocess
import sys

kept = []


async def broken():
    raise RuntimeError("out of paper")


def raises(*_):
    raise RuntimeError("out of ink")


async def lose(what):
    if what == "an exception, its task dropped":
        asyncio.create_task(broken())
    if what == "an exception, its task kept for ever":
        kept.append(asyncio.create_task(broken()))
    if what == "an exception of a callback":
        asyncio.create_task(asyncio.sleep(0)).add_done_callback(raises)
    if what == "an exception of work in a thread":
        asyncio.get_running_loop().run_in_executor(None, raises)
    if what == "a coroutine that nobody awaits":
        broken()
    await asyncio.sleep(0.05)
    print(GOES_ON, file=sys.stderr)


GOES_ON = "the program goes on"
PLANTS = {  # and whether it is told before the program ends, and with the line that began it
    "an exception, its task dropped": (True, False),
    "an exception, its task kept for ever": (False, False),
    "an exception of a callback": (True, False),
    "an exception of work in a thread": (True, False),
    "a coroutine that nobody awaits": (True, True),
}


def main():
    if sys.argv[1:]:
        asyncio.run(lose(sys.argv[1]))
        return
    print("what was lost, and what asyncio says of it")
    late = placeless = 0
    for what, expected in PLANTS.items():
        command = [sys.executable, __file__, what]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
        in_time = said[0] != GOES_ON
        said.remove(GOES_ON)
        begun_at = next(n for n, line in enumerate(open(__file__), 1) if f'"{what}":' in line) + 1
        has_place = any(f"line {begun_at}," in line or f".py:{begun_at}:" in line for line in said)
        assert (in_time, has_place) == expected, (what, said)
        late += not in_time
        placeless += not has_place
        when = "at once" if in_time else "when the interpreter ends"
        first = re.sub("/.*/", "", said[0])
        print(f"\n  {what}\n    {first}")
        print(f"    told {when}, {'with' if has_place else 'without'} the line that began it")
    print(f"\nOf {len(PLANTS)} failures asyncio told {late} only at the end, and {placeless} without the line that began them.")


main()
