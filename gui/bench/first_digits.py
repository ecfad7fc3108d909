"""``latent-playground bench window``: how long after a press of Space the GAN of three lanes draws every digit.

The window opens on MNIST as it does by itself. While it trains only weights are kept; they are measured afterwards.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gui.bench.window import drop, open_window, wait
from gui.shell.app import make_app

if TYPE_CHECKING:
    from core.evaluation.real_side import RealSide
    from core.training.snapshot import Snapshot

MOST_PROXY_FD = 75.0
"""Largest proxy-FD of samples that show the digits."""
CLASSES = 10
"""Classes of MNIST, all of which must be caught."""
WATCHED_S = 30.0
"""Time for which it trains, s."""
EVERY_S = 0.5
"""Time between two looks at the GAN's weights, s."""


def first_digits(log: Callable[[str], None]) -> dict[str, Any]:
    """Seconds and steps until proxy-FD is `MOST_PROXY_FD` or less with all classes caught, and what was measured.

    The seconds are infinite where that never came within `WATCHED_S`.
    """
    from core.evaluation.real_side import RealSide

    make_app()
    gc.disable()
    window, experiment = open_window(("ae", "vae", "gan"))
    real_side, gan = RealSide(experiment.dataset), experiment.runs[2]
    seen: dict[int, tuple[float, Snapshot]] = {}
    began = time.perf_counter()
    window.desk.toggle_training()
    while (spent := time.perf_counter() - began) < WATCHED_S:
        snapshot = gan.view.snapshot
        if snapshot is not None:
            seen.setdefault(snapshot.step, (spent, snapshot))
        wait(EVERY_S)
    drop(window)
    gc.enable()
    readings = []
    for step, (spent, snapshot) in seen.items():
        distance, classes = _measured(snapshot, real_side)
        readings.append({"seconds": round(spent, 1), "step": step, "proxy_fd": round(distance, 1), "classes": classes})
        if distance <= MOST_PROXY_FD and classes == CLASSES:
            log(f"three lanes: the GAN draws every digit {spent:.1f} s after Space, at step {step:,}")
            return {"seconds": round(spent, 1), "step": step, "readings": readings}
    log(f"three lanes: the GAN does not draw every digit within {WATCHED_S:.0f} s")
    return {"seconds": float("inf"), "step": None, "readings": readings}


def _measured(snapshot: Snapshot, real_side: RealSide) -> tuple[float, int]:
    """Proxy-FD of samples, and the number of classes among them."""
    from core.evaluation.model_side import ModelSide
    from core.foundation.slices import finish
    from core.metrics.base import METRICS, measured

    model_side = ModelSide(snapshot, real_side, "prior", len(real_side.dataset.test))
    distance, classes = (finish(measured(METRICS.get(name)(), model_side)) for name in ("proxy_fd", "classes_caught"))
    return distance.value, round(classes.value)
