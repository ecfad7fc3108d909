"""Sweeps that nobody trained, in a window that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.sweeps.plan import Plan
from gui.sweeps.background import SweepProcess
from gui.sweeps.dialog import SweepDialog
from tests.sweeps_made import convex_values, made_plan, made_sweep, samples_png

BETAS = (0.1, 1.0, 10.0)
Open = Callable[..., SweepDialog]
PATIENCE_MS = 20_000


@pytest.fixture
def plan() -> Plan:
    """Three β times two latent sizes times two seeds, on MNIST: twelve runs."""
    return made_plan({"beta": BETAS, "latent": (2, 10)}, seeds=(1, 2), dataset="mnist")


@pytest.fixture
def sweep(tmp_path: Path, plan: Plan) -> Path:
    """That sweep, all runs done."""
    made_sweep(tmp_path / "sweep", plan, convex_values, samples=samples_png)
    return tmp_path / "sweep"


@pytest.fixture
def opened(qtbot: QtBot, dark: None) -> Iterator[Open]:
    """Opens the window of a sweep: ``opened(folder, process)``; it has been read once."""
    made: list[tuple[QWidget, SweepDialog]] = []

    def make(folder: Path, process: SweepProcess | None = None, *, waits: bool = True) -> SweepDialog:
        parent = QWidget()
        parent.resize(1200, 800)
        qtbot.addWidget(parent)
        parent.show()
        dialog = SweepDialog(parent, folder, process)
        made.append((parent, dialog))
        with qtbot.waitActive(dialog):
            dialog.show()
            dialog.activateWindow()
        if waits:
            qtbot.waitUntil(lambda: dialog.sweep is not None, timeout=PATIENCE_MS)
        return dialog

    yield make
    for _, dialog in made:
        if shiboken6.isValid(dialog):
            dialog.done(0)
    made.clear()
