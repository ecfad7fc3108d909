"""Whole messages that say what cannot be: found before they are obeyed, and before anything of their size is built.

Each check raises ValueError with one sentence. What a knob may be is checked where a message is read (`records`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import Dataset, why_unusable
from core.engine.commands import Command, Hold, Limits, Step
from core.engine.run_checks import MOST_CLASSES, MOST_STEPS, check_rows, check_turns, seconds_of, shapes_of, step_of
from core.evaluation import samplers
from core.foundation.history import CAPACITY
from core.foundation.params import checked
from core.foundation.pixels import LARGEST_SIDE, is_points
from core.foundation.quoted import brief
from core.metrics.base import METRICS
from core.models.base import MODELS, TrainConfig
from core.nets.networks import Shape
from core.remote.changes import ViewChange, Weights
from core.remote.messages import AskMeasures, Employ, Lent
from core.training.saved import Saved
from core.training.setup import Setup
from core.training.training import columns_of

MOST_RUNS = 64
"""Most runs of one window at a time: those shown, those set aside, and those that are ending."""
MOST_THREADS = 256
"""Most CPU threads of a run, as of `Setup.threads`."""
LONGEST_LABEL = 200
"""Longest name of a run, characters."""
LONGEST_NAME = 10_000
"""Longest name of a class or a column, characters."""
LONGEST_HOLD_S = 60.0
"""Longest time for which everything may be told to rest, s."""
MOST_LATENT = 64
"""Most latent dimensions, as of `Setup.latent`."""
MOST_CENTRES = 10_000
"""Most centres of a known density."""
FARTHEST = 100.0
"""Largest coordinate of a centre of a known density, and its largest sigma: points lie within ±1."""


# --- what a window says ----------------------------------------------------------------------------------------------


def check_dataset(dataset: Dataset) -> None:
    """Whether it can be trained on, and what goes with its images fits them."""
    if trouble := why_unusable(dataset.name, dataset):
        raise ValueError(trouble)
    for images in (dataset.train, dataset.test):
        if images.labels is not None and images.labels.max() >= MOST_CLASSES:
            raise ValueError(f"labels go up to {images.labels.max():,}; there may be {MOST_CLASSES:,} classes")
        if images.factors is not None and not np.isfinite(images.factors).all():
            raise ValueError("factors are not finite")
    columns, density = dataset.columns, dataset.density
    names = (dataset.title, *dataset.class_names, *dataset.factor_names, *(() if columns is None else columns.names))
    if any(len(name) > LONGEST_NAME for name in names):
        raise ValueError(f"a name has more than {LONGEST_NAME:,} characters")
    if columns is not None:
        if {len(columns.names), len(columns.mean), len(columns.unit)} != {dataset.shape[0]}:
            raise ValueError("there are more or fewer columns than coordinates")
        if not np.isfinite([*columns.mean, *columns.unit]).all():
            raise ValueError("columns hold numbers that are not finite")
    if density is not None and not (
        len(density.centres) <= MOST_CENTRES
        and np.abs(density.centres).max() <= FARTHEST
        and 1 / FARTHEST**2 <= density.sigma <= FARTHEST
    ):
        raise ValueError("a density lies elsewhere than points do")


def check_employ(message: Employ, runs: int) -> None:
    """Whether one more run than ``runs`` can be employed."""
    if runs >= MOST_RUNS:
        raise ValueError(f"there are {runs} runs already")
    if not 1 <= message.threads <= MOST_THREADS:
        raise ValueError(f"a run cannot have {message.threads:,} threads")
    if len(message.label) > LONGEST_LABEL:
        raise ValueError(f"the name of a run has more than {LONGEST_LABEL} characters")
    if not 0 <= message.life <= MOST_STEPS:
        raise ValueError(f"a run cannot begin its life {message.life}")
    check_config(message.config, message.model)
    if message.saved is not None:
        check_saved(message.saved, message.model)


def check_config(config: TrainConfig | None, model: str) -> None:
    """Whether these are the knobs of the model; None are those it has."""
    if model not in MODELS.names():
        raise ValueError(f"there is no model '{brief(model)}'")
    if config is not None and type(config) is not MODELS.get(model).Config:
        raise ValueError(f"{type(config).__name__} are not the knobs of {model}")


def check_command(command: Command) -> None:
    """Whether the numbers of a command are such as a window says."""
    match command:
        case Step(count=count) if not 1 <= count <= MOST_STEPS:
            raise ValueError(f"{count:,} steps cannot be taken")
        case Hold(seconds=seconds):
            check_hold(seconds)
        case Limits(steps, epochs, seconds):
            checked(Setup(steps=steps, epochs=epochs, seconds=seconds))


def check_hold(seconds: float) -> None:
    """Whether everything may rest for so long, s."""
    if not 0 <= seconds <= LONGEST_HOLD_S:
        raise ValueError(f"nothing rests for {seconds:g} s")


def check_saved(saved: Saved, model: str) -> None:
    """Whether a run of the model can go on from there. Its weights are compared with the model when that is built."""
    step_of(saved.step)
    seconds_of(saved.seconds)
    check_turns(saved.turns, MODELS.get(model).Config, saved.step)
    table, columns = saved.history, columns_of(model)
    if table is not None and table.names != columns:
        raise ValueError(f"a history of other terms than those of {model}")
    for rows in (None if table is None else table.rows, saved.pending):
        if rows is None:
            continue
        if rows.ndim != 2 or rows.shape[1] != len(columns) or len(rows) > CAPACITY:
            raise ValueError(f"a history {rows.shape} is none of {model}")
        check_rows(rows)


def check_measures(message: AskMeasures) -> None:
    """Whether measures and sampler exist."""
    _check_known(message.names, METRICS.names(), "measure")
    _check_known((message.sampler,), samplers.NAMES, "sampler")


def _check_known(names: Iterable[str], known: Iterable[str], noun: str) -> None:
    for name in names:
        if name not in tuple(known):
            raise ValueError(f"there is no {noun} '{brief(name)}'")


# --- what an engine says ---------------------------------------------------------------------------------------------


def check_change(change: ViewChange, model: str) -> None:
    """Whether the parts of a view are such as a run of the model has."""
    check_config(change.config, model)
    if change.history is not None and change.history.names != columns_of(model):
        raise ValueError(f"a history of other terms than those of {model}")
    if change.measures is not None:
        _check_known((*change.measures.values, *change.measures.waiting), METRICS.names(), "measure")
    if change.snapshot is not None:
        check_config(change.snapshot.config, model)


def check_weights(weights: Weights, model: str) -> None:
    """Whether weights are of the size that their model has: it is built next."""
    image, latent = (weights.channels, weights.height, weights.width), weights.latent
    is_image = weights.channels in (1, 3) and all(1 <= side <= LARGEST_SIDE for side in image[1:])
    if not (is_image or is_points(image)) or not 1 <= latent <= MOST_LATENT:
        raise ValueError(f"weights for {image} and {latent} latent dimensions are of no model")
    if weights.network not in ("auto", "mlp", "conv"):
        raise ValueError(f"there is no network '{brief(weights.network)}'")
    _check_size(weights.tensors, model, weights.config, Shape(*image, latent), weights.network)


def check_lent(lent: Lent, model: str, dataset: Dataset) -> None:
    """Whether a state is of the size that its model has: that is built next."""
    check_config(lent.config, model)
    shape = Shape(*dataset.shape, lent.setup.latent)
    _check_size(lent.saved.weights, model, lent.config, shape, lent.setup.network)


def _check_size(
    tensors: Mapping[str, npt.NDArray[Any]], model: str, config: TrainConfig, shape: Shape, network: str
) -> None:
    wanted = shapes_of(model, config, shape, network)
    numbers = sum(each.size for each in tensors.values())
    if sum(math.prod(sides) for _, sides in wanted.values()) > numbers:
        raise ValueError(f"weights of {numbers:,} numbers are fewer than those of {model}")
