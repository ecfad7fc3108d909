"""An append-only table of numbers per training step, with bounded memory.

When the table is full, neighbouring rows are merged pairwise into their mean, and every later row stands for twice as
many steps. Readers get read-only slices; a merge makes new arrays, so what a reader holds never changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.foundation.arrays import Doubles

CAPACITY = 16_384
"""Largest number of rows that a run keeps."""
MOST_STRIDE = 1 << 40
"""A row never stands for so many steps."""


@dataclass(frozen=True)
class Table:
    """A history at one instant: ``names`` of the columns, ``rows`` (N, K) read-only, ``stride`` steps per row.

    ValueError for rows of another shape.
    """

    names: tuple[str, ...]
    rows: Doubles
    stride: int

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or self.rows.shape[1] != len(self.names) or self.stride < 1:
            raise ValueError(f"a table of {len(self.names)} columns has no rows of shape {self.rows.shape}")

    def __len__(self) -> int:
        return int(self.rows.shape[0])

    def column(self, name: str) -> Doubles:
        """One column (N,), read-only. KeyError if there is no column of that name."""
        if name not in self.names:
            raise KeyError(name)
        return self.rows[:, self.names.index(name)]

    def last(self, name: str) -> float | None:
        """The newest value, or None before the first row."""
        return float(self.column(name)[-1]) if len(self) else None


class History:
    """The growing table: one writer, many readers. Holds ``capacity`` rows at most; the first column is the step."""

    def __init__(self, names: tuple[str, ...], capacity: int = CAPACITY) -> None:
        if capacity % 2:
            raise ValueError("capacity must be even")
        self.names = names
        self._capacity = capacity
        self._rows = np.empty((min(1024, capacity), len(names)))
        self._count = 0
        self._stride = 1
        self._pending = np.empty((0, len(names)))  # rows that do not fill a stride yet

    @property
    def pending(self) -> Doubles:
        """The newest rows (P, K), which do not fill a row of the table yet; read-only."""
        return self._pending

    def resume(self, table: Table, pending: Doubles | None) -> None:
        """Go on from a table and the rows after it, (P, K). ValueError where they are not those of such a history."""
        pending = np.empty((0, len(self.names))) if pending is None else pending
        if table.names != self.names or table.rows.shape[1:] != (len(self.names),):
            raise ValueError("the history has other columns")
        if len(table) > self._capacity or not 0 < table.stride < MOST_STRIDE:
            raise ValueError(f"the history has {len(table):,} rows of {table.stride} steps")
        if pending.shape[1:] != (len(self.names),):
            raise ValueError(f"the history has other columns than {pending.shape[1:]}")
        steps = np.concatenate([table.rows[:, 0], pending[:, 0]])
        if not np.isfinite(steps).all() or (np.diff(steps) <= 0).any():
            raise ValueError("the history is not in the order of its steps")
        self._count, self._stride = 0, table.stride
        self._write(table.rows)
        self.append(pending)

    def append(self, rows: Doubles) -> None:
        """Add rows (N, K), oldest first."""
        rows = np.concatenate([self._pending, rows]) if len(self._pending) else rows
        while True:
            groups = len(rows) // self._stride
            merged = self._merge(rows[: groups * self._stride], self._stride)
            fitting = merged[: self._capacity - self._count]
            self._write(fitting)
            rows = rows[len(fitting) * self._stride :]
            if len(fitting) == len(merged):
                break
            self._halve()
        self._pending = rows.copy()

    def _write(self, rows: Doubles) -> None:
        needed = self._count + len(rows)
        if needed > len(self._rows):
            grown = np.empty((min(self._capacity, max(needed, 2 * len(self._rows))), len(self.names)))
            grown[: self._count] = self._rows[: self._count]
            self._rows = grown
        self._rows[self._count : needed] = rows
        self._count = needed

    def _halve(self) -> None:
        half = self._capacity // 2
        merged = np.empty_like(self._rows)
        merged[:half] = self._merge(self._rows[: self._count], 2)
        self._rows, self._count, self._stride = merged, half, self._stride * 2

    @staticmethod
    def _merge(rows: Doubles, group: int) -> Doubles:
        if group == 1 or not len(rows):
            return rows
        merged: Doubles = rows.reshape(-1, group, rows.shape[1]).mean(1)
        merged[:, 0] = rows[group - 1 :: group, 0]  # a merged row carries the last of its steps
        return merged

    def drop_after(self, step: float) -> None:
        """Forget the rows after ``step``, for a run that goes back to the weights of that step."""
        kept = int(np.searchsorted(self._rows[: self._count, 0], step, side="right"))
        if kept < self._count or len(self._pending):
            self._rows = self._rows.copy()  # readers hold the old one
            self._count = kept
            self._pending = self._pending[self._pending[:, 0] <= step]

    def table(self) -> Table:
        """The rows so far as a read-only view, without a copy."""
        view = self._rows[: self._count]
        view.flags.writeable = False
        return Table(self.names, view, self._stride)

    @property
    def bytes(self) -> int:
        """Memory held, in bytes."""
        return int(self._rows.nbytes + self._pending.nbytes)
