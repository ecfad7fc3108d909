"""Memory of this process: how much it has, and how little of what is freed it keeps."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from pathlib import Path

M_ARENA_MAX = -8
"""Parameter of glibc's mallopt: the most arenas."""
ARENAS = 2
"""Heaps from which all threads allocate."""


def resident_mb() -> float:
    """Resident memory of this process, MB; NaN where the system does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is glibc."""
    try:
        library = ctypes.CDLL("libc.so.6") if sys.platform.startswith("linux") else None
        return library if library is not None and library.malloc_trim and library.mallopt else None
    except (OSError, AttributeError):
        return None


def share_arenas() -> None:
    """Let all threads that start from now on allocate from few heaps, on Linux with glibc.

    glibc gives each its own, and what one thread has freed serves no other: with three lanes and a window open that
    keeps some 40 MB.
    """
    if (glibc := _glibc()) is not None:
        glibc.mallopt(M_ARENA_MAX, ARENAS)


def return_freed() -> None:
    """Return freed memory to the operating system, on Linux with glibc.

    Snapshots are allocated in one thread and freed in another. glibc keeps the gaps they leave between live blocks:
    after a minute of dragging that is a quarter of a gigabyte, after 180 restarts of three lanes of MNIST 120 MB.
    """
    if (glibc := _glibc()) is not None:
        glibc.malloc_trim(0)
