"""What a widget can give away: its picture, and the data that it shows."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Act:
    """What can be done with a widget from its menu. ``is_on``: whether it has a check mark; None for none.

    ``why_not``: why it is grey where it is not enabled, for its tooltip.
    """

    words: str
    do: Callable[[], object]
    is_enabled: bool = True
    is_on: bool | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Offer:
    """What can be copied and saved of a widget, beside its picture, and done with it.

    ``title`` proposes a name for files. ``is_drawn``: by lines and words, so that SVG and PDF make sense. ``table``
    returns the data as CSV, None where they are no table; ``whole`` returns all of them where ``table`` holds what is
    in sight. ``array``: the data as an array, None where they are none. ``is_table``: people mean the data when they
    copy it. ``here``: what can be done with what lies under the mouse or the cursor of the keyboard.
    """

    title: str
    is_drawn: bool = True
    table: Callable[[], str] | None = None
    array: npt.NDArray[Any] | None = None
    is_table: bool = False
    whole: Callable[[], str] | None = None
    acts: tuple[Act, ...] = ()
    here: tuple[Act, ...] = ()


@runtime_checkable
class Gives(Protocol):
    """A widget that has something to give away."""

    def offer(self) -> Offer | None:
        """What it has now; None for nothing."""


@runtime_checkable
class Acts(Protocol):
    """A widget with which something can be done, as a plot."""

    def acts(self) -> tuple[Act, ...]:
        """What the menu does with it."""


@runtime_checkable
class ActsHere(Protocol):
    """A widget with parts, such as tiles or cells, with which something can be done."""

    def acts_here(self, at: QPoint | None) -> tuple[Act, ...]:
        """What the menu does with what lies at a place of the screen; None: with what the keyboard is at."""


def offer_at(widget: QWidget | None, at: QPoint | None = None) -> tuple[QWidget, Offer] | None:
    """The innermost of a widget and those around it that offers something, with the offer, and with what can be done
    with those within it. ``at``: the place of the screen that is meant, None for what the keyboard is at."""
    acts: tuple[Act, ...] = ()
    here: tuple[Act, ...] = ()
    while widget is not None:
        if isinstance(widget, ActsHere):
            here += widget.acts_here(at)
        if isinstance(widget, Acts):
            acts += widget.acts()
        if isinstance(widget, Gives) and (offer := widget.offer()) is not None:
            return widget, dataclasses.replace(offer, acts=acts + offer.acts, here=here + offer.here)
        widget = widget.parentWidget()
    return None


def csv_of(columns: Mapping[str, Sequence[object] | npt.NDArray[Any]], separator: str = ",") -> str:
    """Columns of one length as CSV with a head. Nine digits give each float32 back to the last bit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", delimiter=separator)
    writer.writerow(columns)
    writer.writerows(zip(*(map(_said, column) for column in columns.values()), strict=True))
    return text.getvalue()


def numbered(letter: str, values: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """The columns of an array (N, D) as "z1" to "zD"."""
    return {f"{letter}{i + 1}": values[:, i] for i in range(values.shape[1])}


def _said(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.9g}" if isinstance(value, (float, np.floating)) else str(value)
