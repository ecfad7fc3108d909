"""What the Lineup, the Compare view and the command line print of one snapshot are the same numbers."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from core.cli.train import held_out_means
from core.datasets.base import load
from core.evaluation import held_out
from core.evaluation.model_side import ModelSide
from core.evaluation.reference import Reference
from core.evaluation.samplers import Sampling
from core.evaluation.training_codes import KnownCodes
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured
from core.models.base import MODELS
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.probes.look import Context, Looks
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.snapshot import Snapshot
from core.training.training import Training

STEPS = 30


def context_of(snapshot: Snapshot, reference: Reference) -> Context:
    codes, sampling = KnownCodes(), Sampling()
    return Context(snapshot, (), Looks(), STEPS, 1.0, reference, codes, sampling, lambda look, value: None)


def trained(model: str, data: str) -> tuple[Snapshot, Reference]:
    """A snapshot after a few steps, and the data's side."""
    dataset = load(data)
    setup = Setup(latent=3, device="cpu")
    config = MODELS.get(model).Config(hidden="16")
    training = Training(model, config, setup, DeviceDataset(dataset, torch.device("cpu")))
    for _ in range(STEPS):
        training.advance()
    return training.snapshot(), Reference(dataset)


def measure(name: str, model_side: ModelSide) -> Measured:
    return finish(METRICS.get(name)().measure(model_side))


@pytest.mark.parametrize("data", ["mnist", "moons"])
@pytest.mark.parametrize("model", ["vae", "ae", "denoising_ae"])
def test_the_lineup_and_the_compare_view_say_the_same(model: str, data: str) -> None:
    """To the last bit: the same images, slices and draws of z."""
    snapshot, reference = trained(model, data)
    context = context_of(snapshot, reference)
    model_side = ModelSide(snapshot, reference.real_side)
    curves, codes = finish(HeldOutLook().make(context)), finish(TrainingCodesLook().make(context))
    assert curves.last("distortion") == measure("distortion", model_side).value
    holes = measure("hole_share", model_side)
    assert (100.0 * codes.hole_share, codes.reach) == (holes.value, dict(holes.parts)["reach, by code"])
    if model == "vae":
        assert curves.last("rate") == measure("rate", model_side).value
        assert curves.last("negative_elbo") == measure("negative_elbo", model_side).value
        on_map = finish(LatentCodesLook().make(context)).rate_per_dimension
        assert on_map is not None
        assert on_map.tolist() == [rate for _, rate in measure("rate_per_dimension", model_side).parts]


def test_the_paid_rate_counts_free_bits_as_the_loss_does() -> None:
    snapshot, reference = trained("vae", "moons")
    free = dataclasses.replace(snapshot.config, free_bits=0.5)
    generous = Snapshot(snapshot.model, snapshot.step, snapshot.life, free)
    rates = [rate for _, rate in measure("rate_per_dimension", ModelSide(snapshot, reference.real_side)).parts]
    for shown, paid in ((snapshot, sum(rates)), (generous, sum(max(0.5, rate) for rate in rates))):
        curves = finish(HeldOutLook().make(context_of(shown, reference)))
        assert curves.last("rate_paid") == pytest.approx(paid, rel=1e-12)
    assert min(rates) < 0.5


def test_training_and_evaluate_end_with_the_same_numbers() -> None:
    snapshot, reference = trained("vae", "moons")
    test = reference.dataset.test
    model_side = ModelSide(snapshot, reference.real_side, images=len(test))
    printed = held_out_means(snapshot, test)
    assert printed == {name: measure(name, model_side).value for name in ("distortion", "rate", "negative_elbo")}


def test_the_draws_of_an_image_are_the_same_however_many_follow() -> None:
    snapshot, reference = trained("vae", "moons")
    images = reference.dataset.test.pixels
    few, many = (finish(held_out.terms(snapshot, images[:count]))["distortion"] for count in (256, 640))
    assert (few == many[:256]).all()
    assert (few[:128] != finish(held_out.terms(snapshot, images[128:256]))["distortion"]).any()
