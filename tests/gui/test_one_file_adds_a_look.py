"""A look is one file and the panel that draws it: nothing else in the program has to know of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import core.probes
import gui.lineup.rows
from gui.desk.lane_panel import ROWS

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

LOOK = '''
"""How bright the pictures of a run are."""

from dataclasses import dataclass

import numpy as np

from core.probes.look import Look, whole
from core.theory.latent_space import prior

trouble = ""


@dataclass(frozen=True, eq=False)
class BrightnessLook(Look[float]):
    """The mean of ``count`` decoded draws of the prior."""

    count: int

    name = "brightness"

    def make(self, context):
        if trouble:
            raise ValueError(trouble)
        snapshot = context.snapshot
        return whole(float(np.mean(snapshot.decode(prior(self.count, snapshot.shape.latent, 1)))))
'''

PANEL = '''
"""How bright a lane is, in words."""

from core.probes.brightness import BrightnessLook
from gui.desk.lane_panel import LanePanel, register


@register("brightness")
class Brightness(LanePanel):
    """One number."""

    title = "Brightness"
    order = 60
    hz = 20.0

    def ask(self):
        self.lane.ask(BrightnessLook(9))

    def parts(self, view):
        return (view.looks.of(BrightnessLook),)

    def refresh(self, view):
        found = view.looks.of(BrightnessLook)
        self.setAccessibleDescription("nothing" if found is None else f"{found.value:.4f} at step {found.step}")
'''


@pytest.fixture
def brightness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module of a new look, in a folder that ``core.probes`` looks into as well, and a new row of every lane."""
    for package, source in ((core.probes, LOOK), (gui.lineup.rows, PANEL)):
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / "brightness.py").write_text(source, "utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    ROWS.rescan()
    assert not ROWS.broken
    yield sys.modules["core.probes.brightness"]
    ROWS.forget("brightness")
    for package in (core.probes, gui.lineup.rows):
        sys.modules.pop(f"{package.__name__}.brightness", None)
        vars(package).pop("brightness", None)


@pytest.mark.usefixtures("engine_here")
def test_a_file_in_the_folder_and_a_panel_are_a_look(brightness: Any, desk_window: Open) -> None:
    stage = desk_window(("vae", "gan"))
    run, experiment = stage.run("vae"), stage.desk.experiment
    panels = [stage.panel("brightness", name) for name in ("vae", "gan")]

    def shown(step: int) -> bool:
        return all(panel.accessibleDescription().endswith(f"at step {step}") for panel in panels)

    stage.until(lambda: shown(0))
    first = panels[0].accessibleDescription()
    experiment.step(5)
    stage.until(lambda: shown(5))  # newer weights
    assert panels[0].accessibleDescription()[:6] != first[:6]
    experiment.restart()
    stage.wait(run, lambda view: view.life == 1)
    assert run.view.looks.of(brightness.BrightnessLook) is None
    stage.until(lambda: shown(0))
    assert panels[0].accessibleDescription() == first

    brightness.trouble = "no light"
    for count in (1, 2):
        experiment.step(1)
        stage.until(lambda count=count: len(experiment.engine.errors) >= 2 * count)
    for lane in stage.desk.runs:
        told = [event.text for event in lane.view.events if event.tone == "error"]
        assert told == ["could not make its brightness: ValueError: no light"]
    assert shown(0)  # what was there stays
    experiment.engine.errors = []
