"""Points of five coordinates, as a table of five columns gives them."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from core.datasets.base import Dataset, load
from core.datasets.table import TableConfig

NAMES = ("length", "width", "weight", "share", "depth")
CLASSES = ("alpha", "beta", "gamma")


def write_five_columns(place: Path, rows: int = 420) -> Path:
    """Three clusters in five columns of different sizes, and the name of each row's cluster."""
    random = np.random.default_rng(0)
    label = random.integers(0, 3, rows)
    centres = random.normal(size=(3, 5)) * [1, 20, 300, 0.01, 5] + [5, 60, 1e6, 0.5, -3]
    values = centres[label] + random.normal(size=(rows, 5)) * [0.3, 5, 80, 0.003, 1]
    lines = [",".join([*(f"{value:.8g}" for value in row), CLASSES[at]]) for row, at in zip(values, label, strict=True)]
    place.write_text("\n".join([",".join((*NAMES, "kind")), *lines]))
    return place


@functools.cache
def five_columns() -> Dataset:
    """The same, read."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        place = write_five_columns(Path(folder) / "five.csv")
        return load("table", TableConfig(str(place), test_share=0.3))
