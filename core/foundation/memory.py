"""Memory of this process and its children: how much they have, and how little of what is freed this one keeps."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ARENAS = 2
"""Heaps of a process that computes."""
_M_ARENA_MAX = -8
"""Number of this setting in glibc's malloc.h."""


def resident_mb() -> float:
    """Resident memory of this process, MB; NaN where the system does not report it."""
    return _resident_mb("self")


def resident_with_children_mb() -> float:
    """Resident memory of this process, its children and theirs, MB; NaN where the system does not report it.

    Pages that they share are counted for each.
    """
    return _resident_mb("self") + sum(_resident_mb(child) for child in _descendants("self"))


def memory_with_children_mb() -> float:
    """Memory of this process, its children and theirs, MB; NaN where the system does not report it.

    Pages that they share are counted once; of a page that programs outside map too, the share of each (Linux's PSS).
    Reading it takes 1 to 30 ms, so not while something is timed.
    """
    return _proportional_mb("self") + sum(_proportional_mb(child) for child in _descendants("self"))


def _proportional_mb(process: str) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return _where_unread(process)
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def _resident_mb(process: str) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return _where_unread(process)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _where_unread(process: str) -> float:
    return float("nan") if process == "self" else 0.0  # a child that has ended meanwhile


def _descendants(process: str) -> Iterator[str]:
    """Numbers of the children of a process, of theirs and so on; Linux keeps them by the thread that started each."""
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = listed.read_text().split()
        except OSError:  # the thread has ended meanwhile
            continue
        for child in children:
            yield child
            yield from _descendants(child)


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is glibc."""
    try:
        library = ctypes.CDLL("libc.so.6") if sys.platform.startswith("linux") else None
        return library if library is not None and library.malloc_trim else None
    except (OSError, AttributeError):
        return None


def keep_few_arenas() -> None:
    """Have all threads share `ARENAS` heaps, on Linux with glibc; call it before there are threads.

    By default each of a dozen threads gets one of its own, and what it has freed there no other can use: in a window at
    work memory grew by 42 MB in 10 minutes (95 % interval 18 to 83), with two heaps by −12 (−32 to 15).
    """
    if (glibc := _glibc()) is not None:
        glibc.mallopt(_M_ARENA_MAX, ARENAS)


def return_freed() -> None:
    """Return freed memory to the operating system, on Linux with glibc.

    Snapshots are allocated in one thread and freed in another. glibc keeps the gaps they leave between live blocks:
    after a minute of dragging that is a quarter of a gigabyte, after 180 restarts of three lanes of MNIST 120 MB.
    """
    if (glibc := _glibc()) is not None:
        glibc.malloc_trim(0)
