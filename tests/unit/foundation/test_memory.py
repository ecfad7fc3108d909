"""How much memory this process keeps."""

from __future__ import annotations

from core.foundation import memory


def test_resident_memory_is_read() -> None:
    before = memory.resident_mb()
    block = bytearray(b"x" * 50_000_000)
    assert memory.resident_mb() - before > 40 or before != before
    del block
    memory.return_freed()
