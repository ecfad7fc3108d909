"""The numbers a lesson can ask for: measures of a lane, ends of its training curves, facts of the data.

All are computed on request, from the runs and data on screen; none is written in a lesson.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.datasets.base import SOURCES, Dataset, Images
from core.datasets.density import Density
from core.engine.experiment import Experiment
from core.evaluation.model_side import ModelSide
from core.evaluation.subsets import Subsets
from core.foundation.pixels import as_floats
from core.foundation.quoted import brief
from core.foundation.slices import Work
from core.lessons.script import DATA, TRAIN, Measure, Recipe, keys, things_of
from core.metrics.base import METRICS, NO_ENCODER, mean_of, measured
from core.nets.objectives import distortion_per_image
from core.theory import information
from core.theory.latent_space import prior

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.models.base import Model
    from core.training.snapshot import Snapshot

LAST_STEPS = 100
"""Number of steps whose mean is the end of a training curve: a single batch is too noisy."""
SPREAD_DRAWS = 256
"""Number of draws of ε per image for a gradient's spread."""
SPREAD_IMAGES = 16
"""Number of images for a gradient's spread."""
MASKED_SHARE = 0.5
"""Share of the pixels erased in a corrupted image."""
ACTIVE_SHARE = 0.1
"""A number of a code is active above this share of the code's largest one in size."""
STRETCH_DRAWS = 300
"""Number of draws of z for a mean stretch."""
KNOWN = 100
"""Number of images of stand-in data."""
HALF_STEP = 0.05
"""Half the length of a central difference, σ."""


def class_entropy(subsets: Subsets) -> float:
    """Entropy of the class shares among the training images, nats; NaN without labels."""
    labels = subsets.dataset.train.labels
    if labels is None:
        return math.nan
    _, counts = np.unique(labels, return_counts=True)
    return information.entropy(counts / counts.sum())


def pixels(subsets: Subsets) -> float:
    """Number of values of one image."""
    return float(np.prod(subsets.dataset.shape))


def grey_entropy(subsets: Subsets) -> float:
    """The least possible Bernoulli distortion: the entropy of all grey pixels, mean over test images, nats.

    A distortion -x log x̂ - (1-x) log(1-x̂) has its minimum at x̂ = x, the entropy of a coin with bias x.
    """
    x = subsets.measured
    return float(information.bernoulli_entropy(x).reshape(len(x), -1).sum(1).mean())


def mean_image_cost(subsets: Subsets) -> float:
    """Distortion of a decoder without a code, nats per test image: every pixel is its mean over training images."""
    train = subsets.dataset.train.pixels
    mean = as_floats(train[:: max(1, len(train) // 10_000)]).mean(0, dtype=np.float64)
    mean = mean.clip(1e-4, 1 - 1e-4)
    x = subsets.measured.astype(np.float64)
    return float(-(x * np.log(mean) + (1 - x) * np.log(1 - mean)).reshape(len(x), -1).sum(1).mean())


FACTS: Mapping[str, Callable[[Subsets], float]] = {
    "class_entropy": class_entropy,
    "pixels": pixels,
    "grey_entropy": grey_entropy,
    "mean_image_cost": mean_image_cost,
}


def gradient_spreads(snapshot: Snapshot, dataset: Dataset) -> tuple[float, float, float]:
    """Spread of single-draw estimates of ∂E[D]/∂μ, nats per unit of z: score function, with baseline, reparameterized.

    Score: D(z) ε/σ (Williams 1992); with a baseline (D(z) − E D) ε/σ; reparameterized: ∂D(μ + σ ε)/∂μ (Kingma & Welling
    2014). All have the same mean. Root mean square of the standard deviations over dimensions, mean over images.
    """
    model, config = snapshot.model, snapshot.config
    noise = torch.Generator().manual_seed(0)
    spreads = []
    for image in as_floats(dataset.test.pixels[:SPREAD_IMAGES]):
        x = torch.from_numpy(image)[None]  # (1, C, H, W)
        with torch.no_grad():
            posterior = model.encode(x)
        if posterior is None or posterior.sigma is None:
            return math.nan, math.nan, math.nan
        epsilon = torch.randn((SPREAD_DRAWS, posterior.mu.shape[1]), generator=noise)
        z = (posterior.mu + posterior.sigma * epsilon).requires_grad_(True)  # (K, D)
        with torch.enable_grad():
            distortion = distortion_per_image(
                model.logits(z), x.expand(SPREAD_DRAWS, *x.shape[1:]), *config.pixel_model
            )
            (reparameterized,) = torch.autograd.grad(distortion.sum(), z)
        score = epsilon / posterior.sigma
        reward = distortion.detach()[:, None]
        estimates = (reward * score, (reward - reward.mean()) * score, reparameterized)
        spreads.append([float(estimate.var(0).mean().sqrt()) for estimate in estimates])
    score_spread, baseline_spread, reparameterized_spread = np.mean(spreads, 0)
    return float(score_spread), float(baseline_spread), float(reparameterized_spread)


SPREADS = ("score_spread", "baseline_spread", "reparameterized_spread")


def corrupted_distortion(snapshot: Snapshot, subsets: Subsets) -> float:
    """Distortion of the clean test images where the encoder sees them with half of the pixels erased, nats."""
    model, config = snapshot.model, snapshot.config
    clean = torch.from_numpy(subsets.measured)  # (N, C, H, W)
    noise = torch.Generator().manual_seed(0)
    kept = torch.rand((len(clean), 1, *clean.shape[2:]), generator=noise) >= MASKED_SHARE
    with torch.no_grad():
        posterior = model.encode(clean * kept)
        if posterior is None:
            return math.nan
        distortion = distortion_per_image(model.logits(posterior.mu), clean, *config.pixel_model)
    return float(distortion.mean())


def active_numbers(snapshot: Snapshot, subsets: Subsets) -> float:
    """Mean number of active dimensions of a test image's code: those above a tenth of its largest one in size.

    Unlike the sum of sizes, it does not fall when the whole code shrinks.
    """
    x = torch.from_numpy(subsets.measured)
    with torch.no_grad():
        posterior = snapshot.model.encode(x)
    if posterior is None:
        return math.nan
    size = posterior.mu.abs()  # (N, D)
    return float((size > ACTIVE_SHARE * size.amax(1, keepdim=True)).sum(1).float().mean())


def picture_spread(snapshot: Snapshot, subsets: Subsets) -> float:
    """How much reconstructions of test images differ from each other, % of how much the images do.

    Root of the summed variances of the pixels. 0: one picture for every image.
    """
    codes = snapshot.encode(subsets.measured)
    if codes is None:
        return math.nan
    pictures = snapshot.decode(codes.mu)
    spread, possible = (math.sqrt(float(each.var(0, dtype=np.float64).sum())) for each in (pictures, subsets.measured))
    return 100 * spread / max(possible, 1e-9)


def stretch(snapshot: Snapshot, subsets: Subsets) -> float:
    """The largest singular value of the decoder's Jacobian, mean over draws of N(0, I).

    Pixel values (Euclidean norm over the picture) per σ.
    """
    dims = snapshot.shape.latent
    z = prior(STRETCH_DRAWS, dims, seed=5)  # (N, D)
    steps = HALF_STEP * np.concatenate([np.eye(dims), -np.eye(dims)]).astype(np.float32)  # (2 D, D)
    around = snapshot.decode((z[:, None] + steps).reshape(-1, dims)).reshape(STRETCH_DRAWS, 2, dims, -1)
    jacobian = (around[:, 0] - around[:, 1]) / (2 * HALF_STEP)  # (N, D, P)
    return float(np.linalg.norm(jacobian, 2, axis=(1, 2)).mean())


SNAPSHOT_QUANTITIES: Mapping[str, Callable[[Snapshot, Subsets], float]] = {
    "corrupted_distortion": corrupted_distortion,
    "active_numbers": active_numbers,
    "picture_spread": picture_spread,
    "stretch": stretch,
}
"""Quantities of a snapshot that are not measures of the Compare tab."""
NEED_ENCODER = ("corrupted_distortion", "active_numbers", "picture_spread")

BOUNDS = ("loose_bound", "tight_bound", "gap_error")
BOUND_DRAWS = 500
"""Number of draws of z per image for the bounds."""
BOUND_IMAGES = 100
"""Number of test images for the bounds."""


def bounds(snapshot: Snapshot, dataset: Dataset) -> tuple[float, float, float]:
    """-ELBO, and the importance-weighted bound of -log p(x) (Burda et al. 2016), nats: same images, same draws of z.

    With them half of the 95 % interval of their difference, which is paired.

    `core.metrics.log_px` is the precise measure; this costs a tenth of it, so that a lesson need not wait.
    """
    noise = np.random.default_rng(0)
    bounds_of_images = []
    for image in as_floats(dataset.test.pixels[:BOUND_IMAGES]):
        epsilon = noise.standard_normal((BOUND_DRAWS, snapshot.shape.latent)).astype(np.float32)
        weights = snapshot.log_weights(image, epsilon)  # (K,)
        top = float(weights.max())
        bounds_of_images.append([-float(weights.mean()), -top - math.log(float(np.exp(weights - top).mean()))])
    loose, tight = np.array(bounds_of_images).T  # (N,)
    gap = mean_of(loose - tight)
    return float(loose.mean()), float(tight.mean()), (gap.high - gap.low) / 2


def why_not(model: type[Model] | None, thing: str, recipe: Recipe) -> str:
    """Why a quantity of a model (None: of the data) cannot be measured, one sentence; "" where it can."""
    if model is None:
        return "" if thing in FACTS else f"there is no fact '{brief(thing)}' of the data; there are {', '.join(FACTS)}"
    if thing.startswith(f"{TRAIN}."):
        column = thing.removeprefix(f"{TRAIN}.")
        curves = ", ".join(model.columns)
        return (
            "" if column in model.columns else f"{model.short} has no training curve '{brief(column)}'; it has {curves}"
        )
    if thing in SNAPSHOT_QUANTITIES:
        reason = NO_ENCODER if thing in NEED_ENCODER and not model.has_encoder else ""
    elif thing in (*SPREADS, *BOUNDS):
        reason = model.no_rate
    elif thing in METRICS.names():
        reason = METRICS.get(thing).why_not(model, _known(SOURCES.get(recipe.dataset).points))
    else:
        known = ", ".join((*METRICS.names(), *SPREADS, *BOUNDS, *SNAPSHOT_QUANTITIES))
        return f"there is no measure '{brief(thing)}'; there are {known}"
    if not reason:
        return ""
    reason = reason[0].lower() + reason[1:].rstrip(".")
    return f"'{brief(thing)}' of {model.short} does not exist: {reason}; measure something else, or another lane"


def _known(points: bool) -> Dataset:
    """Stand-in data, enough for every measure, with labels, factors and density: no data need be read for a check."""
    shape, kind = ((KNOWN, 2, 1, 1), np.float32) if points else ((KNOWN, 1, 28, 28), np.uint8)
    half = Images(np.zeros(shape, kind), np.arange(KNOWN), np.zeros((KNOWN, 1), np.float32))
    density = Density(np.zeros((1, 2)), 1.0, np.ones(1), modes=True) if points else None
    return Dataset("known", "Known", half, half, density=density)


def take(experiment: Experiment, runs: Mapping[str, Run], step: Measure, recipe: Recipe) -> Work[dict[str, float]]:
    """Measure all quantities of a step, in slices; values by the names of `core.lessons.script.keys`."""
    model_sides: dict[str, ModelSide] = {}
    values: dict[tuple[str, str], float] = {}
    for owner, thing in dict.fromkeys(things_of(step, recipe)):
        if owner == DATA:
            values[owner, thing] = FACTS[thing](experiment.reference.subsets)
        elif thing.startswith(f"{TRAIN}."):
            column = runs[owner].view.history.column(thing.removeprefix(f"{TRAIN}."))
            values[owner, thing] = float(column[-LAST_STEPS:].mean()) if len(column) else math.nan
        else:
            snapshot = runs[owner].snapshot
            if snapshot is None:
                raise ValueError(f"lane “{owner}” has no weights yet")
            if owner not in model_sides:
                sampler = runs[owner].sampler_in_force(step.sampler)
                model_sides[owner] = ModelSide(snapshot, experiment.reference.real_side, sampler)
            if thing in SPREADS:
                spreads = gradient_spreads(snapshot, experiment.dataset)
                values[owner, thing] = spreads[SPREADS.index(thing)]
            elif thing in BOUNDS:
                values[owner, thing] = bounds(snapshot, experiment.dataset)[BOUNDS.index(thing)]
            elif thing in SNAPSHOT_QUANTITIES:
                values[owner, thing] = SNAPSHOT_QUANTITIES[thing](snapshot, experiment.reference.subsets)
            else:
                metric = METRICS.get(thing)
                if reason := metric.why_not(runs[owner].model, experiment.dataset):
                    raise ValueError(f"{metric.title}: {reason}")
                answer = yield from measured(metric(), model_sides[owner])
                values[owner, thing] = answer.value
        yield
    return named(values, step, recipe)


def named(values: Mapping[tuple[str, str], float], step: Measure, recipe: Recipe) -> dict[str, float]:
    """Values of (owner, quantity) under every name that a lesson may use for them."""
    every: dict[str, float] = {}
    for (owner, thing), value in values.items():
        short = thing.removeprefix(f"{TRAIN}.")
        every[f"{step.name}.{owner}.{short}"] = value
        every[f"{step.name}.{short}"] = value
    return {key: every[key] for key in keys(step, recipe)}
