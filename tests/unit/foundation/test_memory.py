"""How much memory this process and its children have, and how little it keeps."""

from __future__ import annotations

import math
import subprocess
import sys

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
