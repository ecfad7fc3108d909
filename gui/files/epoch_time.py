"""How long an epoch on other data will take, from the steps that the present lanes have taken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.foundation.pixels import is_points
from gui.desk.desk import Desk

if TYPE_CHECKING:
    from core.engine.run import Run

NUMBERS_PER_S = 4e6
"""Pixels times channels that a lane learns from in a second where none has been measured: a convolutional VAE of MNIST
on one core of 2024."""
MEASURED_STEPS = 20
"""Steps from which a lane's speed is known."""


def seconds_per_step(run: Run) -> float | None:
    """Time of a step of a lane, pauses not counted; None before it has taken `MEASURED_STEPS`."""
    status = run.live_view.status
    if status.step < MEASURED_STEPS or status.seconds <= 0:
        return None
    return 1.0 / status.steps_per_s if status.steps_per_s > 0 else status.seconds / status.step


def epoch_words(desk: Desk, shape: tuple[int, int, int], images: int) -> str:
    """How long the lanes will take for so many images of a shape (C, H, W), in one sentence.

    A step's time is taken to grow with the numbers in an image; between points and images nothing can be said of it.
    """
    if not desk.is_open:
        return ""
    data, batch = desk.experiment.dataset, int(desk.experiment.setup.batch)
    steps = math.ceil(images / batch)
    numbers = math.prod(shape)
    alike = data.points == is_points(shape)
    times = [] if not alike else [each for each in map(seconds_per_step, desk.runs) if each is not None]
    if times:
        scale = 1.0 if data.points else numbers / math.prod(data.shape)
        low, high = (steps * scale * each for each in (min(times), max(times)))
        said = duration(high) if duration(low) == duration(high) else f"{duration(low)} to {duration(high)}"
        return f"An epoch of {steps:,} steps will take about {said} a lane, by the speed of the present lanes."
    if is_points(shape):
        return f"An epoch has {steps:,} steps."
    return (
        f"An epoch of {steps:,} steps will take about {duration(images * numbers / NUMBERS_PER_S)} a lane; train for a "
        "moment to have it measured."
    )


def duration(seconds: float) -> str:
    """A time in the unit that fits: "8 s", "3 min", "2.5 h"."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
