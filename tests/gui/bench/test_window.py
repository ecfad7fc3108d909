"""The bench of the window reports every figure of both homes, and leaves no process. Speed is not tested."""

from __future__ import annotations

import functools
import math
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from core.benchmarks.targets import WINDOW, figure, table
from core.datasets.base import Dataset
from core.foundation.memory import resident_mb
from core.foundation.user_error import UserError
from core.remote import homes
from gui.bench import first_digits
from gui.bench import window as bench
from gui.bench.window import drop, measure_drag, open_window
from gui.shell.window import MainWindow
from tests.gui.conftest import SMALL


@pytest.fixture
def short(small_window: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SETTLE_S", 0.1), ("DRAG_S", 3.0), ("WALK_S", 0.1), ("STAY_S", 0.02), ("ROUNDS", 2)):
        monkeypatch.setattr(bench, name, value)


def test_the_report_has_every_figure_of_a_home(
    short: None, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, hush: None
) -> None:
    opened = bench.open_window(("ae", "vae", "gan"))  # one window for all: each takes a second
    monkeypatch.setattr(bench, "open_window", lambda models, home: opened)
    monkeypatch.setattr(bench, "drop", lambda window: window.clock.start())
    shown: list[str] = []
    monkeypatch.setattr(bench, "HOMES", ("threads",))
    show_tab = MainWindow.show_tab
    monkeypatch.setattr(MainWindow, "show_tab", lambda window, tab: (shown.append(tab), show_tab(window, tab)))
    lines: list[str] = []
    report: dict[str, Any] = {"window": bench.window(0.1, lines.append)}
    drop(opened[0])
    assert len(lines) == 6
    assert 0.0 <= report["window"]["rest_share"]["window"] < 1.0
    assert abs(report["window"]["rest_share"]["plots"]) < 1.0
    assert shown == list(bench.TABS)
    threads = report["window"]["threads"]
    assert threads["walk"]["rounds"] == 1
    assert [path for path, *_ in WINDOW if figure(report, f"window.threads.{path}") is None] == []
    assert table(report).count("| `window.threads.") == len(WINDOW)


def test_memory_is_that_of_both_processes(
    short: None, digits: Dataset, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, hush: None
) -> None:
    if math.isnan(resident_mb()):
        pytest.skip("the system does not report it")
    started: list[Any] = []

    class Noted(homes.Coming):
        def engine(self) -> Any:
            started.append(super().engine())
            return started[-1]

    monkeypatch.setattr(bench, "Coming", Noted)
    monkeypatch.setattr(bench, "open_window", functools.partial(open_window, **SMALL))
    report = measure_drag("process", 0.2)
    (engine,) = started
    assert engine.process.poll() is not None  # it has ended with its window
    assert report["memory_mb"] > 100


def broken(*_: Any) -> None:
    raise OSError("no more processes")


def test_a_home_that_cannot_be_is_said(monkeypatch: pytest.MonkeyPatch, qapp: QApplication, hush: None) -> None:
    monkeypatch.setattr(homes, "Spawned", broken)
    with pytest.raises(UserError, match="No process"):
        bench.training_ratio("process", ("ae",), 0.1)


@pytest.mark.parametrize("is_good", [True, False])
def test_the_first_weights_that_draw_every_digit_count(
    short: None, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, hush: None, is_good: bool
) -> None:
    monkeypatch.setattr(first_digits, "WATCHED_S", 0.3)
    monkeypatch.setattr(first_digits, "EVERY_S", 0.05)
    measured: list[int] = []

    def measure(snapshot: Any, real_side: Any) -> tuple[float, int]:
        measured.append(snapshot.step)
        return 74.0, 10 if is_good else 9

    monkeypatch.setattr(first_digits, "_measured", measure)
    report = {"first_digits": first_digits.first_digits(lambda line: None)}
    found = report["first_digits"]
    assert measured == sorted(set(measured))
    assert [each["step"] for each in found["readings"]] == measured
    assert found["step"] == (measured[0] if is_good else None)
    assert table(report).endswith("| met |" if is_good else "| inf s | ≤ 12 s | missed |")
