"""The bench of the Information tab moves every control it names; how fast is never a test."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from core.bench import TARGETS, figure
from gui import bench_information
from gui.bench_information import CONTROLS, information


def test_every_control_moves(monkeypatch: pytest.MonkeyPatch, qapp: QApplication, hush: None) -> None:
    monkeypatch.setattr(bench_information, "SETTLE_S", 0.2)
    moved: list[str] = []
    plain = bench_information._painted

    def watched(target: QWidget, event: QEvent) -> float:
        before = target.grab().toImage()
        spent = plain(target, event)
        if target.grab().toImage() != before:
            moved.append(f"{target.objectName()} {event.type().name}")
        return spent

    monkeypatch.setattr(bench_information, "_painted", watched)
    told: list[str] = []
    report: dict[str, Any] = {"information": information(0.05, told.append)}
    assert len(told) == len(CONTROLS)
    for control in CONTROLS.values():
        assert moved.count(f"{control.name} MouseMove") > 5, control.name
        assert control.keys is None or moved.count(f"{control.name} KeyPress") > 5, control.name
    paths = [target.path for target in TARGETS if target.path.startswith("information.")]
    assert len(paths) == 2 * sum(1 if control.keys is None else 2 for control in CONTROLS.values())
    assert [path for path in paths if figure(report, path) is None] == []
