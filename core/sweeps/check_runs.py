"""Whether the runs of a plan can be at all: their data are there, and their networks can be built."""

from __future__ import annotations

from collections.abc import Callable

from core.datasets.base import Dataset, load
from core.foundation.user_error import UserError
from core.models.base import build
from core.nets.networks import Shape
from core.sweeps.plan import Plan, SweepError
from core.training import devices

MOST_BUILT = 64
"""Networks that are built to see whether they can be."""


def check_runs(plan: Plan, tell: Callable[[str], None]) -> list[int]:
    """The number of training images of each run. Raises `UserError` for a run that cannot be, in one sentence."""
    data: dict[object, Dataset] = {}
    built: set[object] = set()
    counts = []
    for run in plan.runs:
        key = run.dataset, run.source
        if key not in data:
            data[key] = load(run.dataset, run.source)
        dataset = data[key]
        counts.append(len(dataset.train))
        devices.choose(run.setup.device)
        network = run.model, run.config, run.setup.network, run.setup.latent, key
        if network not in built and len(built) < MOST_BUILT:
            built.add(network)
            try:
                build(run.model, run.config, Shape(*dataset.shape, run.setup.latent), run.setup.network)
            except UserError as error:
                raise SweepError(f"run {run.name} cannot be: {error}") from None
    return counts
