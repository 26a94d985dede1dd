"""A crowd of calls, a few at a time: how many in flight are enough, and what a rate bounds instead.

`python3 book/python/bounded.py` prints what `cargo run --release --example bounded` prints. asyncio has no rate
limiter: the packages that bring one (aiolimiter is one of them) do what the few lines here do.
"""

import asyncio
import itertools
import statistics

import paused

WORKERS = 8
WORK = 100
CALLS = 640
LIMITS = [1, 2, 4, 8, 16, 32, 64, CALLS]  # the last is none at all
RATE = 25
STARTS = 10


def now():
    return asyncio.get_running_loop().time()


class RateLimiter:
    def __init__(self, per_second):
        self.interval = 1 / per_second
        self.next = now()

    async def acquire(self):
        due = max(self.next, now())
        self.next = due + self.interval
        await asyncio.sleep(due - now())


class Service:
    def __init__(self, work):
        self.work = work
        self.workers = asyncio.Semaphore(WORKERS)
        self.in_flight = 0
        self.most = 0

    async def answer(self):
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        async with self.workers:
            await asyncio.sleep(self.work / 1000)
        self.in_flight -= 1


async def at_limits():
    print(f"{CALLS} calls to a service that works on {WORKERS} at once, {WORK} ms each, and queues the rest")
    print("limit       most  calls/s  sent-to-answer  in flight: # worked on, . queued")
    rows = [await at_limit(limit) for limit in LIMITS]
    knee, _, _ = max(rows, key=lambda row: 1000 * row[1] // row[2])
    print(f"the knee is {knee}: more calls/s for each ms of latency than with any other limit")
    assert knee < CALLS, "more is not always better"
    for (_, fewer, sooner), (limit, more, later) in itertools.pairwise(rows):
        assert (fewer < more) == (limit <= knee), "only up to the knee, more calls/s"
        assert (sooner < later) == (knee < limit), "only beyond the knee, more latency"
    return knee


async def at_limit(limit):
    service, permits, begun = Service(WORK), asyncio.Semaphore(limit), now()

    async def call():
        async with permits:
            sent = now()
            await service.answer()
            return paused.milliseconds(sent)

    latencies = await asyncio.gather(*(call() for _ in range(CALLS)))
    latency = statistics.median_low(latencies)
    per_second = CALLS * 1000 // paused.milliseconds(begun)
    most = service.most
    bar = "#" * min(most, WORKERS) + "." * (most - WORKERS)
    rest = "" if len(bar) <= 40 else " and so on"
    print(f"{limit:>5}  {most:>9}  {per_second:>7}  {latency:>11} ms  {bar:.40}{rest}")
    assert most == limit, "never more than the limit, and no permit lies idle"
    return limit, per_second, latency


async def at_a_rate(work):
    service, limiter, begun = Service(work), RateLimiter(RATE), now()

    async def call():
        await limiter.acquire()
        started = paused.milliseconds(begun)
        await service.answer()
        return started

    starts = await asyncio.gather(*(call() for _ in range(STARTS)))
    print(f"each takes {work:>4} ms: starts at {starts} ms, at most {service.most} in flight")
    assert all(n * 1000 // RATE <= start for n, start in enumerate(starts)), "no faster than the rate"
    return service.most


async def main():
    knee = await at_limits()
    print(f"\n{STARTS} calls with no limit, but a rate of {RATE} starts a second")
    usual = await at_a_rate(WORK)
    slow = await at_a_rate(WORK * 10)
    assert usual < slow, "at the same rate, a slower service has more in flight"
    print(
        f"\nThis service has use for {knee} calls in flight: fewer leave it idle, more wait in its queue instead of in ours; "
        "a rate bounds how many start, not how many are in flight."
    )


paused.run(main())
