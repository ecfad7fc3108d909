"""Points as rows of a table (CSV), in the values of the table that a run was trained on."""

from __future__ import annotations

import csv
import io

import numpy as np

from core.engine.run_checks import columns_of
from core.engine.run_folder import SavedRun
from core.exports.base import ExportError, check, largest_difference
from core.foundation.arrays import Doubles, Floats
from core.foundation.pixels import is_points
from core.foundation.user_error import UserError


def csv_of(saved: SavedRun, points: Floats) -> bytes:
    """Points (N, D, 1, 1) as a CSV file: a head of names and a row each, read again before it is returned.

    Raises `UserError` for images, which are no rows, and `ExportError` where what is read again differs.
    """
    if not is_points(points.shape[1:]):
        raise UserError("a CSV file holds points, and this run makes images; choose a name that ends with .png")
    columns = columns_of(saved.data)
    names = tuple(f"x{i + 1}" for i in range(points.shape[1])) if columns is None else columns.names
    values: Doubles = points[:, :, 0, 0].astype(np.float64) if columns is None else columns.values(points)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([f"{value:.9g}" for value in row] for row in values.tolist())
    content = text.getvalue()
    head, *rows = csv.reader(io.StringIO(content, newline=""))
    if tuple(head) != names:
        raise ExportError("the names of columns do not survive a CSV file; nothing was written")
    check(largest_difference(values, np.array(rows, np.float64), np.abs(values).max(initial=1.0)))
    return content.encode()
