"""First come, first served, in asyncio: tasks that yield take turns.

`python3 book/python/turns.py` takes no time.
"""

import asyncio

said = []


async def speak(letter):
    for _ in range(3):
        said.append(letter)
        await asyncio.sleep(0)


async def main():
    await asyncio.gather(*(speak(letter) for letter in "abc"))


asyncio.run(main())
print(f"they said {''.join(said)}")
assert said == list("abcabcabc")
