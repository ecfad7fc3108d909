"""The terms of held-out images: one function for every place that prints a distortion, a rate or −ELBO."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Doubles, Floats
from core.foundation.finite import finite_rows
from core.foundation.pixels import as_floats
from core.foundation.slices import Work

if TYPE_CHECKING:
    from core.training.snapshot import Snapshot

SLICE = 128
"""Images in one slice of work. Each slice has noise of its own, so that an image's value depends on it."""


def terms(snapshot: Snapshot, images: npt.NDArray[Any]) -> Work[dict[str, Floats]]:
    """The terms of images (N, C, H, W) in [0, 1] or as bytes, as `Model.measure` returns them.

    "distortion" (N,) and, where there is a rate, "rate" (N,), "rates" (N, D) and "negative_elbo" (N,), nats. The draws
    are the same every time, also where more images follow.
    """
    parts: dict[str, list[Floats]] = {}
    for number, at in enumerate(range(0, len(images), SLICE)):
        for name, values in snapshot.measure(as_floats(images[at : at + SLICE]), seed=number).items():
            parts.setdefault(name, []).append(values)
        yield
    found = {name: np.concatenate(values) for name, values in parts.items()}
    if "rate" in found:
        found["negative_elbo"] = found["distortion"] + found["rate"]
    return found


def mean(values: Floats) -> float:
    """The mean of those of the values (N,) that are finite; NaN where none is."""
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=np.float64)) if len(finite) else float("nan")


def mean_rates(rates: Floats) -> Doubles:
    """The mean rate (D,) of each dimension over the finite rows of (N, D); NaN where there is none."""
    finite = rates[finite_rows(rates)]
    if not len(finite):
        return np.full(rates.shape[1], np.nan)
    return np.asarray(finite.mean(0, dtype=np.float64))
