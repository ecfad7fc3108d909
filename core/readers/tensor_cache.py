"""Tensors that took long to read, kept in the cache: one file a set, found by what it was read from.

A file is a line of JSON with the arrays' types, shapes and sums, then their bytes. A file that is cut off or damaged is
as good as none. The oldest go when all together take more than `MOST_BYTES`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from core.foundation.cache import cache_folder
from core.foundation.checked_json import read_object

MOST_BYTES = 8 << 30
"""Size of all files together from which the oldest are removed, bytes."""
MOST_HEADER = 64 << 20
"""Longest line of facts, bytes: it may name half a million files that were skipped."""
_TYPES = ("uint8", "int64", "float32")
_ENDING = ".tensors"
_CHUNK = 16 << 20

Arrays = Mapping[str, npt.NDArray[Any]]


def key_of(*facts: object) -> str:
    """The name of what was read from these facts, plain values all of them."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def keep(key: str, arrays: Arrays, facts: Mapping[str, Any], tick: Callable[[], None]) -> None:
    """Store arrays of uint8, int64 or float32, and plain values. A disk that is full or closed is no error.

    ``tick`` is called between chunks; what it raises leaves no file.
    """
    with contextlib.suppress(OSError):
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        about = {name: [str(each.dtype), list(each.shape), _sum(each)] for name, each in arrays.items()}
        header = json.dumps({"arrays": about, "facts": facts}).encode() + b"\n"
        if len(header) > MOST_HEADER:
            return
        _remove_oldest(folder, MOST_BYTES - sum(each.nbytes for each in arrays.values()))
        handle, name = tempfile.mkstemp(dir=folder, prefix=f".{key}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(header)
                for each in arrays.values():
                    content = np.ascontiguousarray(each).reshape(-1).view(np.uint8)
                    for start in range(0, len(content), _CHUNK):
                        tick()
                        file.write(content[start : start + _CHUNK].data)
            os.replace(name, folder / f"{key}{_ENDING}")
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


def find(key: str) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]] | None:
    """The arrays, new and writable, and the facts that were stored under a key; None where they are not whole."""
    path = _folder() / f"{key}{_ENDING}"
    try:
        with open(path, "rb") as file:
            found = _read(file)
        os.utime(path)  # the oldest is the one that was not wanted for longest
    except (OSError, ValueError, LookupError, TypeError, AttributeError, MemoryError):
        return None
    return found


def _read(file: IO[bytes]) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """The content of a file. Raises `ValueError` and what a damaged header leads to."""
    header = read_object(file.readline(MOST_HEADER), MOST_HEADER)
    size = os.fstat(file.fileno()).st_size
    arrays = {}
    for name, (kind, shape, total) in header["arrays"].items():
        if kind not in _TYPES:
            raise ValueError("an array of another type")
        count = int(np.prod([int(side) for side in shape], dtype=np.float64))
        if count * np.dtype(kind).itemsize > size:
            raise ValueError("an array larger than the file")
        array = np.empty(shape, kind)
        if file.readinto(array.reshape(-1).view(np.uint8).data) != array.nbytes or _sum(array) != total:  # type: ignore[attr-defined]
            raise ValueError("an array that is cut off or damaged")
        arrays[name] = array
    facts = header["facts"]
    if file.read(1) or not isinstance(facts, dict):
        raise ValueError("another length")
    return arrays, facts


def _sum(array: npt.NDArray[Any]) -> str:
    """The sum of an array's bytes, taken by eight: any flipped bit changes it, and it costs little."""
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = len(content) // 8 * 8
    total = int(content[:whole].view(np.uint64).sum(dtype=np.uint64)) + int(content[whole:].sum(dtype=np.uint64))
    return f"{total % (1 << 64):016x}"


def _folder() -> Path:
    return cache_folder() / "tensors"


def _remove_oldest(folder: Path, most_bytes: int) -> None:
    """Remove what was not wanted for longest until the rest takes no more than that, and what a killed write left."""
    files = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            facts = path.stat()
            files.append((facts.st_mtime, facts.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= most_bytes:
            return
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
