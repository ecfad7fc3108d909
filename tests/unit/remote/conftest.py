"""One of everything that may be said, real where it is made by a run: a few steps on small data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.base import Dataset, load
from core.engine import commands
from core.engine.board import Measures
from core.engine.status import Event, Failure, Status
from core.evaluation.likeness import Likeness
from core.evaluation.model_side import ModelSide
from core.evaluation.reference import Reference
from core.evaluation.samplers import Sampling
from core.evaluation.training_codes import KnownCodes
from core.foundation.slices import finish
from core.metrics.base import METRICS, measured
from core.models.base import MODELS, TrainConfig
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.data_plane import PlaneLook, Wanted
from core.probes.elbo_anatomy import AnatomyLook, DistortionCurveLook
from core.probes.held_out import HeldOutLook
from core.probes.hole_maps import KINDS, HoleMapLook, WalkLook
from core.probes.look import Answer, Context, Look, Looks
from core.probes.nearest import NearestLook, NeighboursLook
from core.probes.new_pictures import NewPicturesLook
from core.probes.pictures import FilmLook, InterpolationLook, ReconstructionsLook, TilesLook
from core.probes.samples import SamplesLook
from core.probes.units import MovesLook
from core.theory.latent_space import axis_plane
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training

PLANE = axis_plane(0, 1, 2)
Z = np.array([0.5, -0.25], np.float32)
CORNERS = np.array([[-1, 1], [1, 1], [-1, -1], [1, -1]], np.float32)


def context_of(model: str, dataset: Dataset) -> Context:
    """A model after three steps."""
    config = MODELS.get(model).Config(hidden="16")
    training = Training(model, config, Setup(device="cpu", batch=16), DeviceDataset(dataset, torch.device("cpu")))
    for _ in range(3):
        training.advance()
    snapshot, reference = training.snapshot(), Reference(dataset)
    return Context(
        snapshot, (snapshot,), Looks(), 3, 1.0, reference, KnownCodes(), Sampling(), lambda look, value: None
    )


def looks_at_images(image: np.ndarray) -> list[Look[Any]]:
    """Every look that a VAE answers, of images or of points; of those with options more than one."""
    return [
        *(HoleMapLook(kind, PLANE, Z) for kind in KINDS),
        WalkLook((0, 1)),
        SamplesLook(4, 7),
        SamplesLook(4, 7, "gmm"),
        TilesLook(PLANE, Z, CORNERS, 2),
        ReconstructionsLook(),
        InterpolationLook((0, 1), 5, arc=True),
        InterpolationLook((0, 1), 2, False, np.stack([Z, -Z])),
        FilmLook(Z),
        MovesLook(),
        HeldOutLook(),
        AnatomyLook(image),
        DistortionCurveLook(image, np.linspace(-1, 1, 5, dtype=np.float32)),
        LatentCodesLook(),
        TrainingCodesLook(),
        NewPicturesLook("prior", 3, 5),
        NearestLook(Z),
        NeighboursLook(Z, 3),
    ]


Made = list[tuple[Context, Answer[Any]]]


@pytest.fixture(scope="session")
def answers(tiny: Callable[..., Dataset]) -> Made:
    """An answer to every look, with what it was made from."""
    asked: list[tuple[Context, Look[Any]]] = []
    for context in (context_of("vae", tiny()), context_of("vae", load("moons"))):  # bytes of pixels, and coordinates
        finish(context.reference.image_reach())
        shown = context.reference.subsets.shown[0]
        asked += [(context, look) for look in looks_at_images(shown) if look.fits(context)]
    for model in ("gan", "vae"):
        for heat in ("judge", "share"):
            asked.append((context_of(model, load("moons")), PlaneLook(Wanted(heat, True, True), PLANE, Z, 8, 7)))
    return [(context, Answer(look, 3, finish(look.make(context)))) for context, look in asked]


@pytest.fixture(scope="session")
def messages(answers: Made) -> list[Any]:
    """Messages in which every class that may cross occurs."""
    context, first = answers[0]
    side = ModelSide(context.snapshot, context.reference.real_side)
    values = {name: finish(measured(METRICS.get(name)(), side)) for name in ("distortion", "rate")}
    trail = finish(HeldOutLook().make(context))
    nearest = next(answer for _, answer in answers if isinstance(answer.look, NearestLook))
    known = dataclasses.replace(nearest.value, likeness=Likeness(0.5, True, False))
    failure = Failure("The loss is NaN.", "Lower the learning rate.", "at step 7", 7)
    configs = [TrainConfig(), *(MODELS.get(name).Config(hidden="400, 200") for name in MODELS.names())]
    return [
        *(answer for _, answer in answers),
        Answer(nearest.look, 3, known),
        Measures(values, trail, "prior", ("rate",), frozenset({"rate", "distortion"})),
        Status("failed", 7, 0.5, math.nan, math.inf, "cpu", 2, failure),
        Event(1.5, "VAE · β 4", "a name that is no UTF-8: \udc80", "warn"),
        *configs,
        *(commands.Set("beta", value) for value in (0.5, 3, True, "cyclic")),
        commands.Restart(configs[1], Setup(latent=8), go=None),
        *(commands.Start(), commands.Pause(), commands.Step(5, True), commands.Limits(10, 0.5, 60.0)),
        *(commands.RollBack(), commands.GiveWay(True), commands.Hold(0.1), commands.Stop()),
        PLANE,
        first.look,
    ]
