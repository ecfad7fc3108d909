"""What the window says of an engine that starts, is cut off, ends and computes again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication

from core.datasets.base import Dataset
from core.engine.board import View
from core.engine.engine import Health
from core.engine.experiment import Experiment
from core.engine.status import Failure
from core.engine.threads import ThreadEngine
from core.models.base import MODELS
from core.training.setup import Setup
from gui.lineup.lane_header import LaneHeader

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
RUNNING = Health("running", "process 12 on far", round_trip_s=0.0244, bytes_per_s=1.25e6, host="far")
CUT = Health("cut", "process 12 on far", "The link to far is cut", host="far")
ENDED = Health("ended", "process 12 on far", "The engine ended (SIGKILL: killed, perhaps for memory)", host="far")
STARTING = Health("starting", "elsewhere", host="far")
SMALL = Setup(network="mlp", batch=32, device="cpu", threads=1)


class FarEngine(ThreadEngine):
    """An engine that says of itself what a test wants. ``asked`` counts how often it was to start again."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.asked = RUNNING, 0

    def health(self) -> Health:
        return self.now

    def start_again(self) -> None:
        self.asked += 1


@pytest.fixture
def far(bare_window: Open, digits: Dataset) -> Iterator[tuple[Stage, FarEngine]]:  # noqa: F821
    """A window with two lanes, which have trained, on an engine of another machine."""
    engine = FarEngine()
    experiment = Experiment(SMALL, digits, (), engine)
    for name in ("ae", "vae"):
        experiment.add(name, MODELS.get(name).Config(hidden="64"))
    stage = bare_window()
    stage.window.open(experiment)
    experiment.step(3)
    stage.until(lambda: stage.stepped(3)() and stage.all_are("paused")())
    yield stage, engine
    assert experiment.close()


def said(stage: Stage) -> str:  # noqa: F821
    text: str = stage.window.status._text.text()
    return text


def fail_all(stage: Stage, health: Health) -> None:  # noqa: F821
    """As an engine leaves its runs that ends."""
    for run in stage.desk.runs:
        failure = Failure(health.trouble, "Start it again", "", 3)
        run.board.change(
            lambda view, failure=failure: dataclasses.replace(
                view, status=dataclasses.replace(view.status, state="failed", failure=failure)
            )
        )


def test_an_engine_that_ended_is_told_once_and_starts_by_one_button(
    far: tuple[Stage, FarEngine],  # noqa: F821
) -> None:
    stage, engine = far
    again = stage.window.status._again
    assert not again.isVisible()
    engine.now = ENDED
    fail_all(stage, ENDED)
    sentence = "The engine ended (SIGKILL: killed, perhaps for memory); AE stood at step 3, VAE at 3."
    stage.until(lambda: sentence in said(stage))
    assert again.isVisible()
    assert again.text() == "Start the engine again"
    z = stage.desk.point.z[None]
    shown = {run.model_name: run.show(z)[0].tobytes() for run in stage.desk.runs}
    stage.until(lambda: stage.pictures() == shown)
    for header in stage.window.findChildren(LaneHeader):  # nothing there could act
        assert not header._restart.isVisible()
        assert not header._pause.isEnabled()
    stage.key("Space")
    assert stage.all_are("failed")()
    assert [event.text for event in stage.window.status.events[-2:]] == [sentence, sentence]  # the key says why

    again.setFocus()
    stage.key("Return")
    assert engine.asked == 1
    engine.now = STARTING
    stage.until(lambda: "Starting the engine on far …" in said(stage))
    assert not again.isVisible()
    engine.now = RUNNING
    stage.until(lambda: any(event.text == "The engine computes again." for event in stage.window.status.events))
    assert "ended" not in said(stage)


def test_a_link_that_is_cut_can_be_tried_at_once(far: tuple[Stage, FarEngine]) -> None:  # noqa: F821
    stage, engine = far
    engine.now = CUT
    stage.until(lambda: "The link to far is cut; AE was last seen at step 3, VAE at 3." in said(stage))
    assert stage.window.status._again.text() == "Try now"
    command = stage.window.commands["start_engine"]
    assert command.enabled()
    stage.window.commands.action("start_engine").trigger()
    assert engine.asked == 1
    engine.now = RUNNING
    stage.until(lambda: not command.enabled())


def test_where_and_how_fast_another_machine_computes(far: tuple[Stage, FarEngine]) -> None:  # noqa: F821
    stage, _ = far
    chip, status = stage.window.top._device, stage.window.status
    stage.until(lambda: chip.text() == "CPU on far")
    stage.until(lambda: "round trip 24 ms · 1.2 MB/s" in status._saved.text())
    assert chip.toolTip() == "Where the networks train: process 12 on far · round trip 24 ms · 1.2 MB/s"
    stage.window.resize(1100, 700)
    QApplication.processEvents()
    stage.desk.engine_watch.measured.emit()
    assert "round trip" not in status._saved.text()


def test_events_that_come_anew_are_told_once(far: tuple[Stage, FarEngine]) -> None:  # noqa: F821
    stage, _ = far
    run, status = stage.run("vae"), stage.window.status

    def decoded_again(view: View) -> View:  # as of another process: other objects that say the same
        return dataclasses.replace(view, events=tuple(dataclasses.replace(event) for event in view.events))

    for words in ("first", "second"):
        run.board.change(decoded_again)
        run.board.tell(words)
        stage.until(lambda words=words: status.events[-1].text == words)
    assert [event.text for event in status.events if event.lane] == ["first", "second"]
