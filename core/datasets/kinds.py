"""Which source reads what somebody opens: a folder or archive of pictures, files of arrays, or a table of numbers."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from core.readers.archive import archive_at
from core.readers.container import Beat, Entry, Wanted
from core.readers.layout import square_of
from core.readers.patience import answered
from core.readers.picture import ENDINGS
from core.readers.table import ENDINGS as TABLES
from core.readers.table import find_columns

LOOKED_AT = 2_000
"""Number of names in a folder or archive that are looked at."""

_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
"""Endings of spreadsheets, which are archives of text: the reader of tables asks for CSV."""
_ARRAYS = (".npy", ".npz", ".csv", ".csv.gz", ".tsv", ".mat", ".bin", "-ubyte", "-ubyte.gz", ".idx")


def source_of(path: Path) -> str:
    """The name of the source that reads a file, folder or archive: "images", "arrays" or "table", by names and content.

    A folder of one table is a table. A folder or archive that holds nothing of all this goes to "images", which says
    what it passed over, another file to "arrays".
    """
    if path.name.lower().endswith(_WORKBOOKS) or (_is_named_table(path.name) and _is_table(path)):
        return "table"
    try:
        names = answered(str(path), lambda beat: list(itertools.islice(_names(path, beat), LOOKED_AT)), lambda: None)
    except (OSError, ValueError):  # also a `DataError`, and a path that can be none
        return "arrays"
    if names == [path.name] and not path.is_dir():  # one picture too, of which they say what to choose
        return "arrays"
    pictures = sum(name.lower().endswith(ENDINGS) for name in names)
    arrays = [name for name in names if name.lower().endswith(_ARRAYS)]
    tables = [name for name in names if _is_named_table(name)]
    if path.is_dir() and not pictures and len(tables) == 1 and arrays in ([], tables) and _is_table(path / tables[0]):
        return "table"
    return "images" if pictures >= len(arrays) else "arrays"


def _is_named_table(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(TABLES)


def _is_table(path: Path) -> bool:
    """Whether a file of text holds two or more columns that are no square image, with or without a label."""
    try:
        columns = find_columns(path)
    except ValueError:
        return False
    return not any(square_of(width) for width in (columns, columns - 1))


def _names(path: Path, beat: Beat) -> Iterator[str]:
    """Names of files: of a folder and those in it, of an archive; the own one of another file.

    Those of a packed archive end with the first that tells: the next may lie behind gigabytes to be unpacked.
    """
    if path.is_dir():
        for folder, below, files in os.walk(path):
            below[:] = sorted(name for name in below if not name.startswith("."))
            yield from (name for name in sorted(files) if not name.startswith("."))
            if Path(folder) != path:
                below.clear()
            beat()
        return
    archive = archive_at(path, Wanted())
    if archive is None:
        yield path.name
        return
    for found in archive.walk(beat):
        if isinstance(found, Entry):
            yield found.name
            if archive.in_order and found.name.lower().endswith((*ENDINGS, *_ARRAYS)):
                return
