"""How much memory this process keeps."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.foundation import memory

PROGRAM = """
import ctypes, sys, threading
from core.foundation import memory

if sys.argv[1] == "shared":
    memory.share_arenas()
glibc = ctypes.CDLL("libc.so.6")
glibc.malloc.restype = glibc.fopen.restype = ctypes.c_void_p
everyone = threading.Barrier(6)

def allocate():
    everyone.wait()
    for _ in range(1000):
        glibc.malloc(2000)
    everyone.wait()

threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
stream = ctypes.c_void_p(glibc.fopen(b"/dev/stdout", b"w"))
glibc.malloc_info(0, stream)
glibc.fclose(stream)
"""


def heaps(how: str) -> int:
    told = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    return told.stdout.count("<heap nr=")


@pytest.mark.skipif(memory._glibc() is None, reason="needs glibc")
def test_threads_share_heaps() -> None:
    assert heaps("shared") <= memory.ARENAS < heaps("own")


def test_resident_memory_is_read() -> None:
    before = memory.resident_mb()
    block = bytearray(b"x" * 50_000_000)
    assert memory.resident_mb() - before > 40 or before != before
    del block
    memory.return_freed()
