"""How much memory this process and its children have, and how little it keeps."""

from __future__ import annotations

import math
import mmap
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from core.foundation import memory


def test_resident_memory_is_read() -> None:
    before = memory.resident_mb()
    block = bytearray(b"x" * 50_000_000)
    assert memory.resident_mb() - before > 40 or before != before
    del block
    memory.return_freed()


@pytest.mark.skipif(math.isnan(memory.resident_mb()), reason="the system does not report it")
def test_memory_of_a_grandchild_counts_until_it_ends() -> None:
    large = "block = bytearray(b'x' * 100_000_000); print('there', flush=True); input()"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}])"
    alone = memory.resident_with_children_mb()  # another test may have left a helper of the system
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        assert memory.resident_with_children_mb() - alone > 90
        process.communicate(b"\n")
    assert memory.resident_with_children_mb() - alone < 60


@pytest.mark.skipif(math.isnan(memory.memory_with_children_mb()), reason="the system does not report it")
def test_memory_that_a_child_shares_counts_once() -> None:
    alone = memory.memory_with_children_mb()
    with tempfile.TemporaryFile() as file:
        file.truncate(100_000_000)
        child = (
            f"import mmap, sys; shared = mmap.mmap({file.fileno()}, 0); shared.write(b'x' * len(shared));"
            "print('there', flush=True); input()"
        )
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "pass_fds": (file.fileno(),)}
        with subprocess.Popen([sys.executable, "-c", child], **pipes) as process:
            assert process.stdout.readline() == b"there\n"
            shared = mmap.mmap(file.fileno(), 0)
            assert sum(shared[::4096]) > 0  # every page is there
            assert 90 < memory.memory_with_children_mb() - alone < 160
            shared.close()
            process.communicate(b"\n")
    assert memory.memory_with_children_mb() - alone < 60


ARENAS_OF_THREADS = """
import ctypes, threading
from core.foundation import memory
if {few}:
    memory.keep_few_arenas()
everyone = threading.Barrier(8)
def fill():
    blocks = [bytes(5_000) for _ in range(500)]
    everyone.wait()
threads = [threading.Thread(target=fill) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
ctypes.CDLL("libc.so.6").malloc_stats()
"""


@pytest.mark.skipif(memory._glibc() is None, reason="heaps of threads are a matter of glibc")
@pytest.mark.parametrize(("few", "heaps"), [(True, memory.ARENAS), (False, 9)])
def test_threads_share_few_heaps(few: bool, heaps: int) -> None:
    program = ARENAS_OF_THREADS.format(few=few)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr.count("Arena ") == heaps
