"""Memory that processes share: equal arrays, mapped, without a name, and never changed."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from core.foundation import shared_memory
from core.foundation.shared_memory import SharedMemory, memory_of, shared

pytestmark = pytest.mark.skipif(not shared_memory.IS_POSSIBLE, reason="no memory can be shared on this system")
ARRAYS = (
    np.arange(60_000, dtype=np.uint8).reshape(10, 6, 1_000)[:, ::2],
    np.zeros((3, 0), np.float32),
    np.arange(5, dtype=np.int64),
    np.linspace(-1, 1, 7, dtype=np.float32).reshape(7, 1),
    np.zeros((0, 4), np.float32),
)


@pytest.fixture(params=[True, False], ids=["memfd", "file"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Memory of the system, or a file without a name where it has none."""
    if request.param and not shared_memory.HAS_SEALS:
        pytest.skip("the system has no memfd")
    monkeypatch.setattr(shared_memory, "HAS_SEALS", request.param)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.usefixtures("kind")
def test_arrays_are_equal_and_leave_no_name(tmp_path: Path) -> None:
    moved = shared(ARRAYS)
    for one, other in zip(ARRAYS, moved, strict=True):
        assert np.array_equal(one, other)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert other.flags.c_contiguous
        assert other.flags.writeable  # torch refuses others
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("kind")
def test_what_one_side_writes_the_other_does_not_see() -> None:
    ours = shared(ARRAYS)
    found = memory_of(ours[2].view(np.uint8).data)
    assert found is not None
    memory, place = found
    theirs = np.frombuffer(SharedMemory(os.dup(memory.descriptor)), np.int64, 5, place)
    assert np.array_equal(theirs, ARRAYS[2])
    ours[2][0] = 7
    assert theirs[0] == 0


def test_memory_goes_with_its_last_array() -> None:
    moved = shared(ARRAYS)
    found = memory_of(moved[0].reshape(-1).data)
    assert found is not None
    descriptor = found[0].descriptor
    assert os.fstat(descriptor).st_nlink == 0
    del found, moved[1:]
    gc.collect()
    assert os.fstat(descriptor)
    del moved
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert memory_of(ARRAYS[2].view(np.uint8).data) is None


@pytest.mark.skipif(not shared_memory.HAS_SEALS, reason="the system has no memfd")
def test_memory_that_could_still_change_is_not_mapped() -> None:
    moved = shared(ARRAYS)
    found = memory_of(moved[2].view(np.uint8).data)
    assert found is not None
    for change in (lambda: os.pwrite(found[0].descriptor, b"x", 0), lambda: os.ftruncate(found[0].descriptor, 1)):
        with pytest.raises(OSError, match="not permitted"):
            change()
    with tempfile.TemporaryFile() as file:
        file.write(bytes(100))
        file.flush()
        for descriptor in (os.dup(file.fileno()), shared_memory.anonymous_file()):
            with pytest.raises(ValueError, match="could still change"):
                SharedMemory(descriptor)
            with pytest.raises(OSError, match="Bad file descriptor"):  # it was taken over, and closed
                os.fstat(descriptor)


def test_where_nothing_can_be_shared_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_memory, "IS_POSSIBLE", False)
    with pytest.raises(OSError, match="no memory can be shared"):
        shared(ARRAYS)
