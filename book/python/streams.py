"""A list that comes page by page as a stream: the next page is on its way while this one is read.

`python3 book/python/streams.py` prints what `cargo run --release --example streams` prints.
"""

import asyncio

import paused

PAGES = ["abc", "def", "ghi", "jkl"]
FETCH = 100
READ = 30
SIGN = 10  # what a sign of the chart stands for


async def pages(chart):
    page = 0
    while page is not None:
        items, page = await fetch(page, chart)
        yield items


async def one_at_a_time(chart):
    async for items in pages(chart):
        await read(items, chart)


async def one_ahead(chart):
    ahead = pages(chart)
    page = await anext(ahead)
    while page:
        page, _ = await asyncio.gather(anext(ahead, None), read(page, chart))


async def fetch(page, chart):
    await chart.spend(FETCH, str(page + 1), chart.service)
    return PAGES[page], page + 1 if page + 1 < len(PAGES) else None


async def read(items, chart):
    for item in items:
        await chart.spend(READ, item, chart.reader)


class Chart:
    def __init__(self):
        self.begun = asyncio.get_running_loop().time()
        self.service = []
        self.reader = []

    async def spend(self, ms, sign, lane):
        begun = paused.milliseconds(self.begun) // SIGN
        await asyncio.sleep(ms / 1000)
        lane += " " * (begun - len(lane)) + sign * (paused.milliseconds(self.begun) // SIGN - begun)

    def show(self, title):
        service, reader, took = "".join(self.service), "".join(self.reader), paused.milliseconds(self.begun)
        first, last = (len(reader) - len(reader.lstrip())) * SIGN, len(service) * SIGN
        print(f"\n{title}: first item after {first} ms, last page after {last} ms, all read after {took} ms")
        print(f"  service  {service}\n  reader   {reader}")
        items = "".join(dict.fromkeys(reader.replace(" ", "")))
        assert items == "".join(PAGES), "every item once, and in order"
        assert reader.index("a") < service.index("4"), "the first item is read before the last page is asked for"
        return took


async def main():
    print(f"4 pages of 3 items: a page takes {FETCH} ms to come, an item {READ} ms to read; a sign is {SIGN} ms")
    count, each = len(PAGES), 3 * READ
    chart = Chart()
    await one_at_a_time(chart)
    total = chart.show("each page when it is wanted")
    assert total == count * (FETCH + each), "fetching and reading take turns"

    chart = Chart()
    await one_ahead(chart)
    overlapped = chart.show("one page ahead")
    assert overlapped == FETCH + (count - 1) * max(FETCH, each) + each, "the longer of the two hides the other"
    print(
        "\nAn async generator runs only while it is asked: asked one page ahead, it fetches while we read, "
        f"and all is read after {overlapped} ms instead of {total} ms."
    )


paused.run(main())
