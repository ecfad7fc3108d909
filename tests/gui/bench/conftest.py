"""The window of a bench on few digits: no speed is tested here."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from core.datasets import base
from core.datasets.base import Dataset
from gui.bench import first_digits, information, reactions, window
from gui.bench.window import open_window
from tests.gui.conftest import SMALL


@pytest.fixture
def small_window(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Benches open a window on 600 digits, with small networks that stop training after 300 steps."""

    def load(*name_and_more: Any) -> Dataset:
        return digits

    monkeypatch.setattr(base, "load", load)
    small = functools.partial(open_window, **{"home": "threads", **SMALL, "steps": 300})
    for bench in (first_digits, information, reactions, window):
        monkeypatch.setattr(bench, "open_window", small)
