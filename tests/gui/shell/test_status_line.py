"""What the status line says, and for how long."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from core.verdicts import Verdict
from gui.desk import verdict_memory
from gui.side_panels.canvas import Canvas
from tests.gui import hands

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def says(stage: Stage, words: str) -> Callable[[], bool]:  # noqa: F821
    """Whether the status line shows these words."""
    return lambda: words in stage.window.status._text.text()


def refuse_a_knob(stage: Stage) -> None:  # noqa: F821
    stage.desk.set_knob(stage.run("vae"), "lr", -1.0)


def refuse_a_lane(stage: Stage) -> None:  # noqa: F821
    for _ in range(4):
        stage.desk.add_lane("ae")


def refuse_to_close(stage: Stage) -> None:  # noqa: F821
    for run in stage.desk.runs[1:]:
        stage.desk.close_lane(run)
    stage.key("Ctrl+W")


def encode_nothing(stage: Stage) -> None:  # noqa: F821
    stage.key("D")
    stage.key("E")


def draw(stage: Stage) -> None:  # noqa: F821
    hands.drag(stage.window.findChild(Canvas), QPoint(140, 60), QPoint(140, 140), QPoint(140, 220))


@pytest.mark.parametrize(
    ("cause", "words", "end"),
    [
        (refuse_a_knob, "Learning rate", lambda stage: stage.desk.set_knob(stage.run("vae"), "lr", 0.002)),
        (refuse_a_lane, "lanes", lambda stage: stage.desk.close_lane(stage.desk.runs[-1])),
        (refuse_to_close, "The last lane stays open.", lambda stage: stage.desk.add_lane("gan")),
        (encode_nothing, "Nothing drawn yet", draw),
        (lambda stage: stage.desk.told.emit("cannot be written", "error"), "Cannot be written.",
         lambda stage: stage.desk.set_setup("batch", 64)),
        (lambda stage: stage.key("E"), "at the code of this", lambda stage: stage.desk.point.zero()),
    ],
)  # fmt: skip
def test_a_message_goes_when_its_reason_is_gone(
    desk_window: Open,
    cause: Callable[[Stage], None],  # noqa: F821
    words: str,
    end: Callable[[Stage], object],  # noqa: F821
) -> None:
    stage = desk_window(("vae", "ae"))
    stage.desk.point.move(np.array([0.5, 0.5], np.float32))
    stage.until(lambda: stage.run("vae").snapshot is not None)
    cause(stage)
    stage.until(says(stage, words))
    beats: list[None] = []
    stage.window.clock.ticked.connect(lambda: beats.append(None))
    stage.until(lambda: len(beats) > 12)
    assert says(stage, words)()  # as long as nothing changes
    end(stage)
    stage.until(says(stage, "Ready. Press Space to train."))
    assert any(words in event.text for event in stage.window.status.events)  # the list keeps it


def test_a_failed_lane_is_reported_until_it_is_restarted(desk_window: Open) -> None:
    stage = desk_window(("vae", "ae"))
    vae = stage.run("vae")
    stage.key("Space")
    stage.until(stage.stepped(5))
    stage.desk.set_knob(vae, "lr", 1e6)
    stage.until(lambda: vae.view.status.state == "failed")
    stage.rest()
    stage.until(says(stage, "VAE: stopped at step"))
    stage.desk.told.emit("Picture saved.", "note")
    assert says(stage, "Picture saved.")()
    stage.desk.set_sampler("gaussian")  # the note goes, the lane is still broken
    stage.until(says(stage, "VAE: stopped at step"))
    stage.desk.set_knob(vae, "lr", 1e-3)
    stage.desk.restart_lane(vae)
    stage.until(lambda: vae.view.life == 1)
    stage.until(lambda: not says(stage, "VAE: stopped")())
    assert stage.window.status._text.text() in ("Paused. Space resumes.", "Training. Space pauses.")


def test_the_warning_of_a_verdict_goes_with_the_verdict(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("vae",))
    run = stage.run("vae")
    standing = [Verdict("worse", "warn", "Getting worse", "−ELBO rose by 3 nats.", "Above 2 nats.", "Do less.")]
    monkeypatch.setattr(verdict_memory, "judge", lambda *_: tuple(standing))
    run.step(5)
    stage.until(says(stage, "VAE: Getting worse. −ELBO rose by 3 nats."))
    standing.clear()
    run.step(5)
    stage.until(says(stage, "Paused. Space resumes."))
    assert any("Getting worse" in event.text for event in stage.window.status.events)  # the list keeps it
