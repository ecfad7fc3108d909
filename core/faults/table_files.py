"""Tables of numbers, damaged: small ones as spreadsheets, statistics programs and numpy write them."""

from __future__ import annotations

import csv
import functools
import gzip
import io
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

from core.datasets.base import load
from core.datasets.first_look import look_of
from core.datasets.kinds import source_of
from core.datasets.table import TableConfig, account
from core.faults.mutants import TOKENS, mutated_bytes

MOST_SECONDS = 2.0
"""Longest reading of a table of a few kilobytes, s of the processor."""
MOST_BYTES = 64 << 20
"""Most memory that this may take, bytes."""
CELLS = (
    *(b",", b";", b"\t", b" ", b",,,,", b'""', b'"a,b"', b"'", b"\r\n", b"\r", b"\n\n\n", b"sep=;\n", b"# "),
    *(b"1,5", b"1.234,5", b"1.234.567", b"1_000", b"-", b"?", b"NA", b"inf", b"-nan", b"1e400", b"0x10", b"TRUE"),
    *(b"2026-11-29", b"12:30", b"\xa0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0", b"\xd9\xa3", b"\x1f\x8b"),
    *(b"9" * 400, b"," * 3_000, b"\n" * 5_000, b'"' * 999, b"1,2\n" * 9_000, b"x" * 50_000, b"1;" * 70),
)
"""What stands in tables, what spreadsheets add to them, and what goes on and on."""
LABELS = (*("",) * 8, "none", "kind", "4", "1", "x\n", "9" * 5_000)
"""Class columns that are asked for."""


class Mutant(NamedTuple):
    """A file of a table, and the class column that is asked for."""

    name: str
    content: bytes
    label: str


@functools.cache
def _tables() -> tuple[tuple[str, bytes], ...]:
    """The same 60 rows of three numbers and a class as different programs write them, by file name."""
    numbers = np.random.default_rng(0).normal(size=(60, 3)).round(3) * [1, 100, 1e4]
    rows = [[*map(str, row), "abc"[at % 3]] for at, row in enumerate(numbers.tolist())]
    head = ["x", "größe", "weight, g", "kind"]

    def written(rows: Sequence[Sequence[object]], **options: Any) -> str:
        text = io.StringIO()
        csv.writer(text, **options).writerows(rows)
        return text.getvalue()

    plain = written([head, *rows])
    commas = written([head, *([cell.replace(".", ",") for cell in row] for row in rows)], delimiter=";")
    indexed = written(
        [["", *head], *([at, *row] for at, row in enumerate(rows))], lineterminator="\n"
    )  # as pandas does
    quoted = written([["two\nlines", *head[1:]], *rows], quoting=csv.QUOTE_ALL)
    gaps = written([head, *([*row[:2], ("", "NA")[at % 2], row[3]] for at, row in enumerate(rows)), ["1", "2"]])
    spaces = io.StringIO()
    np.savetxt(spaces, numbers, "%.4g", header="x y z")
    return (
        ("plain.csv", plain.encode()),
        ("excel.csv", b"\xef\xbb\xbf" + b"sep=;\r\n" + commas.encode()),
        ("western.csv", commas.encode("cp1252")),
        ("unicode.txt", commas.replace(";", "\t").encode("utf-16")),
        ("indexed.csv", indexed.encode()),
        ("quoted.csv", quoted.encode()),
        ("gaps.csv", gaps.encode()),
        ("numpy.txt", spaces.getvalue().encode()),
        ("packed.csv.gz", plain.encode()),  # packed once it was changed, or before
    )


def mutated_table(random: Random) -> Mutant:
    """A table with some bytes changed, cut out or put in."""
    name, content = random.choice(_tables())
    tokens = (*TOKENS, *CELLS)
    if not name.endswith(".gz"):
        content = mutated_bytes(content, random, tokens)
    elif random.random() < 0.5:
        content = gzip.compress(mutated_bytes(content, random, tokens), mtime=0)
    else:
        content = mutated_bytes(gzip.compress(content, mtime=0), random, tokens)
    return Mutant(name, content, random.choice(LABELS))


def read_table_file(mutant: Mutant) -> None:
    """Read a table as training and the window do. Raises `DataError`, and `RuntimeError` where what is read is no data.

    Also where the reading took more than `MOST_SECONDS` or `MOST_BYTES`.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / mutant.name
        place.write_bytes(mutant.content)
        source_of(place)
        began = time.process_time()
        tracemalloc.start()
        try:
            _check(TableConfig(str(place), label=mutant.label))
        finally:
            memory = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            took = time.process_time() - began
            if took > MOST_SECONDS or memory > MOST_BYTES:
                raise RuntimeError(f"{len(mutant.content):,} bytes took {took:.1f} s and {memory:,} bytes of memory")


def _check(config: TableConfig) -> None:
    """Read a table. `RuntimeError` where it is none that can be trained on and shown."""
    data = load("table", config)
    for half in (data.train, data.test):
        points, labels = half.pixels, half.labels
        if not (points.dtype == np.float32 and len(points) and np.isfinite(points).all()):
            raise RuntimeError(f"its points are {points.dtype} {points.shape}, or are not finite")
        if labels is not None and not (labels.min() >= 0 and labels.max() < len(data.class_names)):
            raise RuntimeError(f"its labels are {labels.min()} to {labels.max()} of {len(data.class_names)} classes")
    look = look_of(data, config)
    names = data.columns.names if data.columns is not None else ()
    words = [line for line in (*account(data), *look.notes, *names, *data.class_names) if not line.isprintable()]
    if words or len(set(names)) != data.shape[0]:
        raise RuntimeError(f"it has the columns {names} and says {words}")
