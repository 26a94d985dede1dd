"""What an event loop does to a coroutine: it sends until the coroutine has returned.

`python3 book/python/state_machine.py` runs one by hand, without asyncio.
"""


class Knock:
    """A door that opens when somebody has knocked often enough."""

    def __init__(self, door, left):
        self.door, self.left = door, left

    def __await__(self):
        for _ in range(self.left):
            yield f"{self.door} stays shut"
        return len(self.door)


async def visit(guest):
    hall = await Knock("front", 2)
    room = await Knock("inner", 1)
    return hall + room + guest


def run(coroutine):
    polls = 0
    while True:
        polls += 1
        try:
            said = coroutine.send(None)
        except StopIteration as end:
            return end.value, polls
        print(f"poll {polls}: {said}; it keeps {coroutine.cr_frame.f_locals}")


output, polls = run(visit(7))
print(f"poll {polls}: it returns {output}")
assert (output, polls) == (17, 4)
