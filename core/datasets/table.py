"""A table of numbers as points: one row a point, one column a coordinate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import DataError, Dataset, Images, Report, Source, SourceConfig, register
from core.datasets.columns import Columns
from core.datasets.split import stratified_split
from core.foundation.arrays import Counts, Doubles, Floats
from core.foundation.params import Param, to_json
from core.foundation.pixels import MOST_COLUMNS
from core.foundation.quoted import brief, name_of, printable
from core.readers import tensor_cache
from core.readers.container import chosen_path, why_unreadable
from core.readers.table import ENDINGS, Table, TextColumn, read_table

FEW = 20
"""Most different whole numbers of a last column that is taken for the class."""
MANY_EACH = 5
"""Least rows per class, in the mean, of a column that nothing names as the class."""
KEPT_BYTES = 4 << 20
"""Size from which a table is kept in the cache, bytes: smaller ones are read in a fifth of a second."""
VERSION = 1
"""Of the way tables become points. What is in the cache by another one is not used."""
_CLASS_NAMES = ("label", "labels", "class", "target", "y", "species")
_ROW_NUMBERS = ("id", "index", "row", "rownames", "no", "nr", "unnamed: 0")
_UNIT = 2.0
"""Standard deviations of a column that become 1, so that 95 % of a normal column lie within ±1. Gelman 2008,
"Scaling regression inputs by dividing by two standard deviations". Charts of points show ±1.5, three deviations."""


@dataclass(frozen=True)
class TableConfig(SourceConfig):
    """The knobs of `TableOfNumbers`."""

    data: Annotated[
        str,
        Param(
            "File",
            help=f"A text file with 2 to {MOST_COLUMNS} columns of numbers, parted by comma, semicolon or tab; "
            "a .gz of one too.",
            option="data",
        ),
    ] = ""
    label: Annotated[
        str,
        Param(
            "Class column",
            help="The name or number of the column with the class, or 'none'. Empty: one called label, class or "
            "target, one of text, or a last one of few whole numbers.",
        ),
    ] = ""
    test_share: Annotated[float, Param("Test share", 0.01, 0.5, help="Share of the rows that is the test.")] = 0.15
    split_seed: Annotated[
        int, Param("Split seed", 0, 999_999, help="Another seed takes other rows for the test, of each class alike.")
    ] = 0
    standardise: Annotated[
        bool,
        Param(
            "Standardise",
            help="Shift every column to mean 0 and scale it so that ±1 are two standard deviations, of the training "
            "rows. Off: numbers as they are, of which charts show ±1.5.",
        ),
    ] = True


@register("table")
class TableOfNumbers(Source[TableConfig]):
    """Points (N, D, 1, 1) float32, D from 2 to 64; labels where a column is the class.

    What was guessed and left out stands in the dataset's ``origin``, as sentences under "notes".
    """

    title = "Table"
    summary = "a CSV file of 2 to 64 columns of numbers, as points"
    order = 66
    points = True

    Config = TableConfig

    def load(self, config: TableConfig, report: Report) -> Dataset:
        """Read the table, or take a large one from the cache where its file is as it was. Raises `DataError`."""
        path = _path(config.data)
        key = _key(path, config)
        found = tensor_cache.find(key) if key else None
        if found is None:
            arrays, facts = _read(path, config, report)
            if key and key == _key(path, config):  # else it was written meanwhile
                tensor_cache.keep(key, arrays, facts, lambda: report(1.0))
        else:
            arrays, facts = found
        report(1.0)
        train, test = (Images(arrays[half], arrays.get(f"{half} labels")) for half in ("train", "test"))
        columns = Columns.from_json(facts["columns"], train.pixels.shape[1])
        origin = {"place": str(path), **facts["origin"]}
        return Dataset(self.name, name_of(path), train, test, tuple(facts["classes"]), origin=origin, columns=columns)


def _key(path: Path, config: TableConfig) -> str:
    """Under which key a table is in the cache, which changes with its file; "" for one that is read fast."""
    try:
        status = path.stat()
    except OSError:
        return ""  # why it cannot be read is told when it is read
    if status.st_size < KEPT_BYTES:
        return ""
    options = {name: value for name, value in to_json(config).items() if name != "data"}
    return tensor_cache.key_of(
        "table", VERSION, options, os.fsencode(path.absolute()).hex(), status.st_size, status.st_mtime_ns
    )


def _read(path: Path, config: TableConfig, report: Report) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """The points and labels of both halves, and what is told of them in plain values."""
    place = printable(str(path))
    table = read_table(path, MOST_COLUMNS + 1, lambda share: report(0.9 * share))
    chosen = _class_column(table, config.label, place)
    numbering = _row_numbers(table)
    used = [i for i, name in enumerate(table.names) if name not in ((chosen.name if chosen else None), numbering)]
    if not 2 <= len(used) <= MOST_COLUMNS:
        others = " and ".join(["the class"] * (chosen is not None) + ["row numbers"] * (numbering is not None))
        held = f"{len(used)} column{'' if len(used) == 1 else 's'} of numbers{others and f' beside {others}'}"
        raise DataError(f"{place} has {held}: 2 to {MOST_COLUMNS} can be used")
    whole: npt.NDArray[np.bool_] = np.asarray(np.isfinite(table.values[:, used]).all(1))
    if chosen is not None:
        whole &= chosen.codes >= 0
    if whole.sum() < 2:
        held = "one row" if whole.any() else "no row"
        raise DataError(f"{place} holds {held} without a gap, and two are needed: {_worst(table)}")
    rows = np.flatnonzero(whole)
    labels, names = (None, ()) if chosen is None else _labels(chosen, rows)
    is_test = stratified_split(_row_hashes(table.values, rows, used), labels, config.test_share, config.split_seed)
    if not is_test.any():
        raise DataError(f"{place} holds one row {len(rows):,} times: at least two different ones are needed")
    columns = _columns(table, used, rows[~is_test], config.standardise)
    arrays: dict[str, npt.NDArray[Any]] = {}
    for half, side in (("train", ~is_test), ("test", is_test)):
        arrays[half] = _points(table.values, rows[side], used, columns)
        if labels is not None:
            arrays[f"{half} labels"] = labels[side]
    notes = _notes(table, chosen, len(rows), numbering)
    same = np.ptp(arrays["train"], axis=0).reshape(-1) == 0
    notes += [f"Column '{columns.names[i]}' is the same in all rows." for i in np.flatnonzero(same)]
    origin = {"rows": len(rows), "rows_left_out": len(whole) - len(rows) + table.uneven, "notes": notes}
    return arrays, {"classes": names, "columns": columns.to_json(), "origin": origin}


def _path(text: str) -> Path:
    path = chosen_path(text, "file", "choose a text file with columns of numbers, such as a CSV file")
    if not path.is_dir():
        return path
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise DataError(f"{printable(str(path))} {why_unreadable(error)}: choose a file of numbers") from None
    tables = [each for each in inside if each.name.lower().removesuffix(".gz").endswith(ENDINGS)]
    if len(tables) != 1:
        held = f"{len(tables)} tables" if tables else "no table"
        raise DataError(f"{printable(str(path))} holds {held}: choose one file with columns of numbers")
    return tables[0]


# --- the class -------------------------------------------------------------------------------------------------------


def _class_column(table: Table, wanted: str, place: str) -> TextColumn | None:
    """The column with the class, its texts sorted; None where there is none. `DataError` for one that cannot be it."""
    if wanted.strip():
        name = _named(table, wanted.strip(), place)
        return None if name is None else _as_class(table, name, place)
    named = [name for name in table.order if name.lower() in _CLASS_NAMES]
    texts = [column for column in table.texts if len(column.texts) * MANY_EACH <= len(column.codes)]
    if named:
        chosen = named[-1]
    elif texts:
        return _sorted_texts(texts[-1])
    elif table.order[-1] == table.names[-1] and len(table.names) > 2:
        chosen = table.order[-1]
    else:
        return None
    found = next((column for column in table.texts if column.name == chosen), None)
    if found is not None:
        return _sorted_texts(found)
    return _of_numbers(table, chosen, FEW, MANY_EACH) if chosen in table.names else None


def _named(table: Table, wanted: str, place: str) -> str | None:
    """The name of the column that is wanted by name or number; None for "none"."""
    by_name = {name.lower(): name for name in reversed(table.order)}
    if wanted.lower() in by_name:
        return by_name[wanted.lower()]
    if wanted.lower() == "none":
        return None
    if wanted.isdecimal() and 1 <= int(wanted[:6]) <= len(table.order):
        return table.order[int(wanted[:6]) - 1]
    raise DataError(f"{place} has no column '{brief(wanted, 40)}'; there are {brief(', '.join(table.order), 200)}")


def _as_class(table: Table, name: str, place: str) -> TextColumn:
    found = next((column for column in table.texts if column.name == name), None)
    if found is not None:
        return _sorted_texts(found)
    of_numbers = _of_numbers(table, name, len(table.values), 0) if name in table.names else None
    if of_numbers is None:
        why = next((why for column, why in table.dropped if column == name), "holds numbers that are not whole")
        raise DataError(f"{place}: column '{name}' {why}, so it is no class; choose another or 'none'")
    return of_numbers


def _sorted_texts(column: TextColumn) -> TextColumn:
    order = sorted(range(len(column.texts)), key=lambda i: column.texts[i])
    place = np.empty(len(order) + 1, np.int64)
    place[order] = np.arange(len(order))
    place[-1] = -1  # a gap
    return TextColumn(column.name, place[column.codes], tuple(brief(column.texts[i], 40) for i in order))


def _of_numbers(table: Table, name: str, most: int, each: int) -> TextColumn | None:
    """A column of at most so many different whole numbers, in the mean in so many rows each; None where it is none."""
    values = table.values[:, table.names.index(name)]
    there = np.isfinite(values)
    if not np.array_equal(values[there], np.rint(values[there])):
        return None
    kinds = np.unique(values[there])
    if not 2 <= len(kinds) <= min(most, 1_000) or len(kinds) * each > there.sum():
        return None
    codes = np.where(there, np.searchsorted(kinds, values), -1).astype(np.int64)
    return TextColumn(name, codes, tuple(f"{int(kind)}" for kind in kinds))


def _labels(chosen: TextColumn, rows: Counts) -> tuple[Counts, tuple[str, ...]]:
    """The labels of the rows that are used, and the names of the classes that are left."""
    kinds, labels = np.unique(chosen.codes[rows], return_inverse=True)
    return labels.reshape(-1).astype(np.int64), tuple(chosen.texts[kind] for kind in kinds)


def _row_numbers(table: Table) -> str | None:
    """The column that numbers the rows from 0 or 1, where a first row names none or such a one; None where none does.

    pandas and R write one without a name, other programs call it Id: coordinates of it would be no measurement.
    """
    for name in table.names if table.has_header else ():
        at = table.order.index(name)
        if name.lower() not in _ROW_NUMBERS and (name, at) != ("column 1", 0):
            continue
        values = table.values[:, table.names.index(name)]
        missed = table.uneven  # rows of another length have numbers too
        steps = np.isin(np.diff(values), np.arange(1, missed + 2)).all()
        if steps and len(values) and values[0] in range(missed + 2) and values[-1] <= len(values) + missed:
            return name
    return None


# --- the points ------------------------------------------------------------------------------------------------------


def _row_hashes(values: Doubles, rows: Counts, used: Sequence[int]) -> npt.NDArray[np.uint64]:
    """A number for each row, (N,): equal ones mean equal rows."""
    odd = np.random.default_rng(0).integers(1 << 62, 1 << 63, len(used), np.uint64) * np.uint64(2) + np.uint64(1)
    hashes = np.zeros(len(rows), np.uint64)
    for place, i in enumerate(used):
        bits = (values[rows, i] + 0.0).view(np.uint64)  # -0 is 0
        bits ^= bits >> np.uint64(32)
        bits *= odd[place]
        hashes ^= bits ^ (bits >> np.uint64(29))
    return hashes


def _columns(table: Table, used: Sequence[int], train: Counts, standardise: bool) -> Columns:
    """Mean and unit of each column over the training rows; a column that is the same everywhere becomes 0."""
    mean, unit = [0.0] * len(used), [1.0] * len(used)
    if standardise:
        for place, i in enumerate(used):
            values = table.values[train, i]
            mean[place] = float(values.mean())
            spread = float(values.std())
            unit[place] = _UNIT * spread if spread > 1e-12 * abs(mean[place]) else 1.0  # beyond rounding
    return Columns(tuple(table.names[i] for i in used), tuple(mean), tuple(unit))


def _points(values: Doubles, rows: Counts, used: Sequence[int], columns: Columns) -> Floats:
    """The points (N, D, 1, 1) of these rows."""
    points = np.empty((len(rows), len(used), 1, 1), np.float32)
    for place, i in enumerate(used):  # column by column: all at once would take the table a second time
        points[:, place, 0, 0] = (values[rows, i] - columns.mean[place]) / columns.unit[place]
    return points


# --- what is told ----------------------------------------------------------------------------------------------------


def account(data: Dataset) -> list[str]:
    """What was read of a table and how, a line each."""
    names = "" if data.columns is None else ", ".join(data.columns.names)
    lines = [f"{printable(data.origin['place'])}: {len(data.train):,} rows to train on, {len(data.test):,} of the test"]
    lines += [f"{data.shape[0]} columns: {names}", *data.origin["notes"]]
    if data.train.labels is not None and data.test.labels is not None:
        counts = [np.bincount(each, minlength=len(data.class_names)) for each in (data.train.labels, data.test.labels)]
        pairs = zip(data.class_names, *(each.tolist() for each in counts), strict=True)
        lines += [f"{len(data.class_names)} classes:", *(f"  {name}: {one:,} and {two:,}" for name, one, two in pairs)]
    return lines


def _notes(table: Table, chosen: TextColumn | None, kept: int, numbering: str | None) -> list[str]:
    """What was guessed and what was left out, a sentence each."""
    header = "names in the first row" if table.has_header else "no names in the first row"
    notes = [f"Cells are parted by {table.separator}, decimals by {table.decimal}; {header}."]
    notes.append(
        "No column is the class."
        if chosen is None
        else f"Column '{chosen.name}' is the class, of {len(chosen.texts)} kinds."
    )
    if numbering is not None:
        notes.append(f"Column '{numbering}' numbers the rows and is left out.")
    gaps = len(table.values) - kept
    if gaps:
        are = "row is" if gaps == 1 else "rows are"
        notes.append(f"{gaps:,} {are} left out for a gap or a text among numbers, of {len(table.values):,}.")
    if table.uneven:
        lines = ", ".join(map(str, table.uneven_lines)) + (" …" if table.uneven > len(table.uneven_lines) else "")
        have = (
            "row has another number of cells and is"
            if table.uneven == 1
            else "rows have another number of cells and are"
        )
        notes.append(f"{table.uneven:,} {have} left out: line {lines}.")
    unused = [(column.name, "is text") for column in table.texts if chosen is None or column.name != chosen.name]
    notes += [f"Column '{name}' {why} and is left out." for name, why in (*unused, *table.dropped)]
    return notes


def _worst(table: Table) -> str:
    """The column with the most gaps, which must be filled."""
    gaps = np.isnan(table.values).sum(0)
    name, count = table.names[int(gaps.argmax())], int(gaps.max())
    if not count:
        return "choose a longer table"
    return f"column '{name}' has {count:,} gap{'' if count == 1 else 's'}, fill {'it' if count == 1 else 'them'} in"
