"""The numbers a lesson can ask for: measures of a lane, ends of its training curves, facts of the data.

All are computed when asked for, on what stands before the person; none is written in a lesson.
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
from core.foundation.slices import Work
from core.lessons.script import DATA, TRAIN, Measure, Recipe, keys, things_of
from core.metrics.base import METRICS, NO_ENCODER, measured
from core.nets.objectives import distortion_per_image
from core.theory import information
from core.theory.latent_space import prior

if TYPE_CHECKING:
    from core.engine.run import Run
    from core.models.base import Model
    from core.training.snapshot import Snapshot


LAST = 100
"""Steps whose mean is the end of a training curve: one batch says little."""
DRAWS, PICTURES = 256, 16
"""Draws of ε per image, and images, behind a gradient's spread."""
MASKED, ACTIVE = 0.5, 0.1
STRETCHED, HALF_STEP = 300, 0.05
"""Draws of z behind a mean stretch, and half the length of a difference, σ."""


def class_entropy(subsets: Subsets) -> float:
    """H of the classes' shares among the training images, nats."""
    labels = subsets.dataset.train.labels
    if labels is None:
        return math.nan
    _, counts = np.unique(labels, return_counts=True)
    return information.entropy(counts / counts.sum())


def pixels(subsets: Subsets) -> float:
    """How many numbers one image has."""
    return float(np.prod(subsets.dataset.shape))


def grey_entropy(subsets: Subsets) -> float:
    """What is left if the picture is perfect: mean over test images of the entropy of every grey pixel as a coin, nats.

    A Bernoulli distortion -x log x̂ - (1-x) log(1-x̂) is least at x̂ = x, where it is this.
    """
    x = subsets.measured
    return float(information.bernoulli_entropy(x).reshape(len(x), -1).sum(1).mean())


def mean_image_cost(subsets: Subsets) -> float:
    """Nats per test image if every pixel is predicted by its mean over the training images: a code without a code."""
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
    """Spread over single draws of ∂E[D]/∂μ, nats per unit of z: by the score function, by the same less a baseline,
    and by reparameterization.

    Score: D(z) ε/σ (Williams 1992); with a baseline (D(z) − E D) ε/σ; reparameterization: ∂D(μ + σ ε)/∂μ (Kingma &
    Welling 2014). All have the same mean; root mean square of the standard deviations over dimensions, mean over
    images.
    """
    model, config = snapshot.model, snapshot.config
    noise = torch.Generator().manual_seed(0)
    spreads = []
    for image in as_floats(dataset.test.pixels[:PICTURES]):
        x = torch.from_numpy(image)[None]  # (1, C, H, W)
        with torch.no_grad():
            posterior = model.encode(x)
        if posterior is None or posterior.sigma is None:
            return math.nan, math.nan, math.nan
        epsilon = torch.randn((DRAWS, posterior.mu.shape[1]), generator=noise)
        z = (posterior.mu + posterior.sigma * epsilon).requires_grad_(True)  # (K, D)
        with torch.enable_grad():
            bent = distortion_per_image(model.logits(z), x.expand(DRAWS, *x.shape[1:]), *config.pixel_model)
            (straight,) = torch.autograd.grad(bent.sum(), z)
        score = epsilon / posterior.sigma
        worth = bent.detach()[:, None]
        each = (worth * score, (worth - worth.mean()) * score, straight)
        spreads.append([float(found.var(0).mean().sqrt()) for found in each])
    plain_spread, less, straight_spread = np.mean(spreads, 0)
    return float(plain_spread), float(less), float(straight_spread)


SPREADS = ("score_spread", "baseline_spread", "reparameterized_spread")


def spoilt_distortion(snapshot: Snapshot, subsets: Subsets) -> float:
    """Distortion against the clean test images where the encoder saw them with half of their pixels erased, nats."""
    model, config = snapshot.model, snapshot.config
    clean = torch.from_numpy(subsets.measured)  # (N, C, H, W)
    noise = torch.Generator().manual_seed(0)
    kept = torch.rand((len(clean), 1, *clean.shape[2:]), generator=noise) >= MASKED
    with torch.no_grad():
        posterior = model.encode(clean * kept)
        if posterior is None:
            return math.nan
        bent = distortion_per_image(model.logits(posterior.mu), clean, *config.pixel_model)
    return float(bent.mean())


def active_numbers(snapshot: Snapshot, subsets: Subsets) -> float:
    """How many numbers of a test image's code matter, in the mean: those above a tenth of its largest one in size.

    The sum of sizes alone can fall because all of the code gets smaller; this does not.
    """
    x = torch.from_numpy(subsets.measured)
    with torch.no_grad():
        posterior = snapshot.model.encode(x)
    if posterior is None:
        return math.nan
    size = posterior.mu.abs()  # (N, D)
    return float((size > ACTIVE * size.amax(1, keepdim=True)).sum(1).float().mean())


def stretch(snapshot: Snapshot, subsets: Subsets) -> float:
    """How much the picture changes per σ that z moves, the fastest way: the largest singular value of the decoder's
    Jacobian, in pixel values (Euclidean, over the picture) per σ, in the mean over draws of N(0, 1)."""
    dims = snapshot.shape.latent
    z = prior(STRETCHED, dims, seed=5)  # (N, D)
    steps = HALF_STEP * np.concatenate([np.eye(dims), -np.eye(dims)]).astype(np.float32)  # (2 D, D)
    around = snapshot.decode((z[:, None] + steps).reshape(-1, dims)).reshape(STRETCHED, 2, dims, -1)
    jacobian = (around[:, 0] - around[:, 1]) / (2 * HALF_STEP)  # (N, D, P)
    return float(np.linalg.norm(jacobian, 2, axis=(1, 2)).mean())


LOOKS: Mapping[str, Callable[[Snapshot, Subsets], float]] = {
    "spoilt_distortion": spoilt_distortion,
    "active_numbers": active_numbers,
    "stretch": stretch,
}
"""What is measured of weights here, and is no measure of the Compare tab."""
NEED_CODES = ("spoilt_distortion", "active_numbers")


BOUNDS = ("loose_bound", "tight_bound")
BOUND_DRAWS, BOUND_IMAGES = 500, 100


def bounds(snapshot: Snapshot, dataset: Dataset) -> tuple[float, float]:
    """-ELBO, and the importance-weighted bound of -log p(x) (Burda et al. 2016), nats: same images, same draws of z.

    `core.metrics.log_px` is the careful measure; this is a tenth of its cost, so that a lesson need not wait.
    """
    noise = np.random.default_rng(0)
    found = []
    for image in as_floats(dataset.test.pixels[:BOUND_IMAGES]):
        epsilon = noise.standard_normal((BOUND_DRAWS, snapshot.shape.latent)).astype(np.float32)
        weights = snapshot.log_weights(image, epsilon)  # (K,)
        top = float(weights.max())
        found.append([-float(weights.mean()), -top - math.log(float(np.exp(weights - top).mean()))])
    loose, tight = np.mean(found, 0)
    return float(loose), float(tight)


def why_not(model: type[Model] | None, thing: str, recipe: Recipe) -> str:
    """Why a thing cannot be measured of a model (of the data: None), in one sentence; "" where it can."""
    if model is None:
        return "" if thing in FACTS else f"there is no fact '{thing}' of the data; there are {', '.join(FACTS)}"
    if thing.startswith(f"{TRAIN}."):
        column = thing.removeprefix(f"{TRAIN}.")
        there = ", ".join(model.columns)
        return "" if column in model.columns else f"{model.short} has no training curve '{column}'; it has {there}"
    if thing in LOOKS:
        reason = NO_ENCODER if thing in NEED_CODES and not model.has_encoder else ""
    elif thing in (*SPREADS, *BOUNDS):
        reason = model.no_rate
    elif thing in METRICS.names():
        reason = METRICS.get(thing).why_not(model, _known(SOURCES.get(recipe.dataset).points))
    else:
        return f"there is no measure '{thing}'; there are {', '.join((*METRICS.names(), *SPREADS, *BOUNDS, *LOOKS))}"
    if not reason:
        return ""
    reason = reason[0].lower() + reason[1:].rstrip(".")
    return f"'{thing}' of {model.short} does not exist: {reason}; measure something else, or another lane"


def _known(points: bool) -> Dataset:
    """Data of which all is known. What does not exist for them exists for no such data: nothing need be read."""
    pixels = np.zeros((2, 2, 1, 1), np.float32) if points else np.zeros((2, 1, 28, 28), np.uint8)
    half = Images(pixels, np.arange(2), np.zeros((2, 1), np.float32))
    density = Density(np.zeros((1, 2)), 1.0, np.ones(1), modes=True) if points else None
    return Dataset("known", "Known", half, half, density=density)


def take(experiment: Experiment, runs: Mapping[str, Run], step: Measure, recipe: Recipe) -> Work[dict[str, float]]:
    """Measure everything of a step, in slices; by the names of `core.lessons.script.keys`."""
    subjects: dict[str, ModelSide] = {}
    found: dict[tuple[str, str], float] = {}
    for owner, thing in dict.fromkeys(things_of(step, recipe)):
        if owner == DATA:
            found[owner, thing] = FACTS[thing](experiment.reference.subsets)
        elif thing.startswith(f"{TRAIN}."):
            column = runs[owner].view.history.column(thing.removeprefix(f"{TRAIN}."))
            found[owner, thing] = float(column[-LAST:].mean()) if len(column) else math.nan
        else:
            snapshot = runs[owner].snapshot
            if snapshot is None:
                raise ValueError(f"{runs[owner].model.short} has no weights yet")
            if owner not in subjects:
                sampler = runs[owner].sampler_in_force(step.sampler)
                subjects[owner] = ModelSide(snapshot, experiment.reference.real_side, sampler)
            if thing in SPREADS:
                spreads = gradient_spreads(snapshot, experiment.dataset)
                found[owner, thing] = spreads[SPREADS.index(thing)]
            elif thing in BOUNDS:
                found[owner, thing] = bounds(snapshot, experiment.dataset)[BOUNDS.index(thing)]
            elif thing in LOOKS:
                found[owner, thing] = LOOKS[thing](snapshot, experiment.reference.subsets)
            else:
                metric = METRICS.get(thing)
                if reason := metric.why_not(runs[owner].model, experiment.dataset):
                    raise ValueError(f"{metric.title}: {reason}")
                answer = yield from measured(metric(), subjects[owner])
                found[owner, thing] = answer.value
        yield
    return named(found, step, recipe)


def named(found: Mapping[tuple[str, str], float], step: Measure, recipe: Recipe) -> dict[str, float]:
    """The numbers under every name that a lesson may use for them."""
    every: dict[str, float] = {}
    for (owner, thing), value in found.items():
        short = thing.removeprefix(f"{TRAIN}.")
        every[f"{step.name}.{owner}.{short}"] = value
        every[f"{step.name}.{short}"] = value
    return {key: every[key] for key in keys(step, recipe)}
