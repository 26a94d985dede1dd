"""Turns asyncio's clock into one that jumps: when every task waits for time to pass, it passes at once.

For programs that wait for nothing but time. Wheelwright and tokio bring such a clock; asyncio does not.
"""

import asyncio


class PausedLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        super().__init__()
        self._now = 0.0
        look = self._selector.select

        def jump(timeout):
            if timeout:  # nobody is ready, and the next timer is so far away
                self._now += timeout
                timeout = 0
            return look(timeout)

        self._selector.select = jump

    def time(self):
        return self._now


def run(main):
    """Like asyncio.run, but no time passes outside."""
    with asyncio.Runner(loop_factory=PausedLoop) as runner:
        return runner.run(main)


def milliseconds(since):
    """How long ago that was on the loop's clock."""
    return round((asyncio.get_running_loop().time() - since) * 1000)
