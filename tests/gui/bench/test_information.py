"""The bench of the Information tab moves every control it names. Speed is not tested."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from core.benchmarks.targets import TARGETS, figure
from gui.bench import information as bench_information
from gui.bench.information import CONTROLS, Control, information
from gui.shell.window import MainWindow


def test_every_control_moves(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication, hush: None, small_window: None
) -> None:
    monkeypatch.setattr(bench_information, "SETTLE_S", 0.2)
    moved: list[tuple[str, str]] = []
    originals = {how: getattr(bench_information, how) for how in ("_by_hand", "_by_keys")}

    def recorded(how: str, window: MainWindow, widget: QWidget, control: Control, events: int) -> list[float]:
        images: list[QImage] = [widget.grab().toImage()]

        def painted(move: Callable[[], object]) -> float:
            move()
            images.append(widget.grab().toImage())
            return 1.0

        monkeypatch.setattr(bench_information, "_painted", painted)
        spent: list[float] = originals[how](window, widget, control, events)
        moved.extend([(control.name, how)] * sum(a != b for a, b in itertools.pairwise(images)))
        return spent

    for how in originals:
        monkeypatch.setattr(bench_information, how, functools.partial(recorded, how))
    lines: list[str] = []
    report: dict[str, Any] = {"information": information(0.05, lines.append)}
    assert len(lines) == len(CONTROLS)
    for control in CONTROLS.values():
        for how in originals:
            assert moved.count((control.name, how)) > 10, (control.name, how)
    paths = [target.path for target in TARGETS if target.path.startswith("information.")]
    assert len(paths) == 4 * len(CONTROLS)
    assert [path for path in paths if figure(report, path) is None] == []
