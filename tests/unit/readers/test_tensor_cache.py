"""Tensors in the cache: they come back, or there are none."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from core.foundation.cache import CACHE
from core.foundation.reading import Cancelled
from core.readers import tensor_cache
from core.readers.tensor_cache import find, keep, key_of

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 3, 7, 7), np.uint8)
LABELS = np.arange(5)


def no_tick() -> None:
    pass


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "tensors"


def test_what_was_kept_is_found(folder: Path) -> None:
    keep("key", {"train": PIXELS, "labels": LABELS, "part": PIXELS[1:3]}, {"side": 7, "names": ["ä"]}, no_tick)
    found = find("key")
    assert found is not None
    arrays, facts = found
    assert facts == {"side": 7, "names": ["ä"]}
    for name, wanted in (("train", PIXELS), ("labels", LABELS), ("part", PIXELS[1:3])):
        np.testing.assert_array_equal(arrays[name], wanted)
        assert arrays[name].dtype == wanted.dtype
        assert arrays[name].flags.writeable
    assert find("other") is None
    assert [path.name for path in folder.iterdir()] == ["key.tensors"]


def test_an_empty_array() -> None:
    keep("key", {"train": PIXELS[:0]}, {}, no_tick)
    found = find("key")
    assert found is not None
    assert found[0]["train"].shape == (0, 3, 7, 7)


def test_a_damaged_file_is_none_at_all(folder: Path) -> None:
    keep("key", {"train": PIXELS, "labels": LABELS}, {"side": 7}, no_tick)
    path = folder / "key.tensors"
    whole = path.read_bytes()
    random = np.random.default_rng(1)
    for at in random.permutation(len(whole))[:200].tolist():
        changed = bytearray(whole)
        changed[at] ^= 1 << int(random.integers(0, 8))
        path.write_bytes(changed)
        found = find("key")
        if found is not None:  # in the names and facts, which have no sum: the arrays are right in any case
            np.testing.assert_array_equal(next(iter(found[0].values())), PIXELS)
            assert at < whole.index(b"\n")
    for length in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert find("key") is None
    path.write_bytes(whole + b"\0")
    assert find("key") is None


@pytest.mark.parametrize(
    "header",
    [
        b'{"arrays": {"train": ["uint8", [99999999999, 9999], "0"]}, "facts": {}}\n',
        b'{"arrays": {"train": ["object", [2], "0"]}, "facts": {}}\n',
        b'{"arrays": {"train": ["uint8", [-1, -1], "0"]}, "facts": {}}\n',
        b'{"arrays": [1], "facts": {}}\n',
        b'{"facts": {}}\n',
        b"[]\n",
        b"\n",
    ],
)
def test_a_header_that_lies(header: bytes, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "key.tensors").write_bytes(header + b"\0" * 64)
    assert find("key") is None


def test_the_oldest_go_when_there_are_too_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        keep(f"k{number}", {"train": PIXELS}, {}, no_tick)
        os.utime(folder / f"k{number}.tensors", (number, number))
    find("k0")  # used again, so that k1 is the oldest
    size = (folder / "k0.tensors").stat().st_size
    monkeypatch.setattr(tensor_cache, "MOST_BYTES", PIXELS.nbytes + 2 * size)
    keep("k3", {"train": PIXELS}, {}, no_tick)
    assert sorted(path.stem for path in folder.iterdir()) == ["k0", "k2", "k3"]


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(CACHE, str(tmp_path / "file"))
    keep("key", {"train": PIXELS}, {}, no_tick)
    assert find("key") is None


def test_a_write_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    keep("key", {"train": PIXELS}, {}, no_tick)
    assert list(folder.iterdir()) == []


def test_cancel_leaves_nothing(folder: Path) -> None:
    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        keep("key", {"train": PIXELS}, {}, cancel)
    assert list(folder.iterdir()) == []


def test_keys_differ() -> None:
    assert len({key_of("a", 1), key_of("a", 2), key_of("b", 1), key_of("a", "1")}) == 4
    assert key_of("a", {"side": "64"}) == key_of("a", {"side": "64"})
