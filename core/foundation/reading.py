"""What everything that reads data says: its progress, that it was cancelled, and why data cannot be used."""

from __future__ import annotations

from collections.abc import Callable

from core.foundation.quoted import printable
from core.foundation.user_error import UserError

Report = Callable[[float], None]
"""A progress callback: called with the share done, 0 to 1. It may raise `Cancelled`."""


class DataError(UserError):
    """Data that cannot be used. ``str(error)`` is one printable sentence: the file, the reason, and the way out."""

    def __init__(self, words: str) -> None:
        super().__init__(printable(words))  # a path may hold line ends and what commands a terminal


class Cancelled(Exception):
    """The user cancelled the reading of a dataset."""


def no_report(_: float) -> None:
    """A `Report` that does nothing."""
