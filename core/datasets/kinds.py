"""Which source reads what somebody opens: a folder or archive of pictures, or files of arrays."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from core.foundation.reading import DataError
from core.readers.entries import names_within
from core.readers.picture import ENDINGS

LOOKED_AT = 2_000
"""Number of names in a folder or archive that are looked at."""

_ARRAYS = (".npy", ".npz", ".csv", ".csv.gz", ".tsv", ".mat", ".bin", "-ubyte", "-ubyte.gz", ".idx")


def source_of(path: Path) -> str:
    """The name of the source that reads a file, folder or archive: "images" or "arrays", by names and first bytes.

    What holds neither goes to "images" where it is a folder, which says what it passed over, else to "arrays".
    """
    try:
        names = list(itertools.islice(_names(path), LOOKED_AT))
    except (OSError, DataError):
        return "arrays"
    pictures = sum(name.lower().endswith(ENDINGS) for name in names)
    arrays = sum(name.lower().endswith(_ARRAYS) for name in names)
    if pictures or arrays:
        return "images" if pictures >= arrays else "arrays"
    return "images" if path.is_dir() else "arrays"


def _names(path: Path) -> Iterator[str]:
    """Names of files: of a folder and those in it, of an archive; the own one of another file."""
    if path.is_dir():
        for folder, below, files in os.walk(path):
            below[:] = sorted(name for name in below if not name.startswith("."))
            yield from (name for name in sorted(files) if not name.startswith("."))
            if Path(folder) != path:
                below.clear()
        return
    yield from names_within(path, (*ENDINGS, *_ARRAYS))
