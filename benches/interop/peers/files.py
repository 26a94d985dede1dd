"""Turns the lengths that are asked for into files, for servers that have nothing else to give."""

import pathlib

from agreement import page

LENGTHS = (0, 1, 1_000, 65_536, 300_000, 5_000_000)


def write(folder):
    """One file for each length, named by it."""
    pathlib.Path(folder, "bytes").mkdir()
    for length in LENGTHS:
        pathlib.Path(folder, "bytes", str(length)).write_bytes(page(length))
