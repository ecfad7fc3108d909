"""A look is one file in core/probes and the panel that draws it: here both come from a temporary folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import core.probes
import gui.lineup.rows
from gui.desk.lane_panel import ROWS

LOOK = '''
from __future__ import annotations

from dataclasses import dataclass

from core.foundation.slices import Work
from core.probes.look import Context, Look, whole


@dataclass(frozen=True, eq=False)
class BrightnessLook(Look[float]):
    """The mean of what is decoded at the origin."""

    fails: bool = False

    name = "brightness"

    def make(self, context: Context) -> Work[float]:
        """Decode the origin."""
        if self.fails:
            raise ValueError("too dark to see")
        shape = context.snapshot.shape
        import numpy as np

        return whole(float(context.snapshot.decode(np.zeros((1, shape.latent), np.float32)).mean()))
'''
ROW = '''
from __future__ import annotations

from core.probes.brightness import BrightnessLook
from gui.desk.lane_panel import LanePanel, register


@register("brightness")
class Brightness(LanePanel):
    """Remembers what it was asked to draw."""

    title, order, hz = "Brightness", 70, 20.0

    def __init__(self, desk, run):
        super().__init__(desk, run)
        self.newest, self.fails = None, False
        self.setMinimumHeight(20)

    def ask(self):
        self.lane.ask(BrightnessLook(self.fails))

    def parts(self, view):
        return (view.looks.of(BrightnessLook),)

    def refresh(self, view):
        answer = view.looks.of(BrightnessLook)
        self.newest = None if answer is None else (view.life, answer.step, answer.value)
'''


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Any]]:
    """The new class of looks; its row is in every lane of windows that open from now on."""
    for package, name, text in ((core.probes, "probes", LOOK), (gui.lineup.rows, "rows", ROW)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "brightness.py").write_text(text, "utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    ROWS.rescan()
    assert "brightness" in ROWS.names(), ROWS.broken
    yield sys.modules["core.probes.brightness"].BrightnessLook
    ROWS.forget("brightness")
    for name in ("core.probes.brightness", "gui.lineup.rows.brightness"):
        del sys.modules[name]


def test_a_look_and_its_row_are_all_there_is_to_write(look: type[Any], desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae",))
    panel = stage.panel("brightness", "vae")
    panel.show()
    stage.until(lambda: panel.newest is not None)
    life, step, first = panel.newest
    assert (life, step) == (0, 0)
    assert 0 < first < 1

    stage.desk.experiment.step(5)  # newer weights: it is made again
    stage.until(lambda: panel.newest is not None and panel.newest[1] == 5)
    assert panel.newest[2] != first

    stage.desk.restart()  # forgotten with everything else, then made of the new life's weights
    stage.until(lambda: panel.newest is not None and panel.newest[0] == 1)
    assert panel.newest == (1, 0, first)


def test_a_look_that_fails_is_one_event(look: type[Any], desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae",))
    run, panel = stage.run("vae"), stage.panel("brightness", "vae")
    panel.show()
    stage.until(lambda: panel.newest is not None)
    panel.fails = True

    def told() -> list[str]:
        return [event.text for event in run.view.events if "brightness" in event.text]

    stage.until(lambda: told() != [])
    count = len(stage.desk.experiment.errors)
    stage.until(lambda: len(stage.desk.experiment.errors) > count)  # it fails again, and is not told again
    assert told() == ["could not make its brightness: ValueError: too dark to see"]
    assert panel.newest is not None  # what was there stays
    panel.fails = False
    stage.desk.experiment.step()
    stage.until(lambda: panel.newest[1] == 1)  # what was in work has ended
    stage.desk.experiment.errors.clear()
