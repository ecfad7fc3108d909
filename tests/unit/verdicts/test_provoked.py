"""Verdicts that soon stand: each is provoked by real training, and absent from a healthy run. See `test_calibrated`.

Every run here gave the same verdicts with six seeds, so that another machine's rounding does not change them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.datasets.base import Dataset, Images
from core.engine.board import View
from core.engine.experiment import Experiment
from core.models.base import MODELS
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.probes.look import Look
from core.probes.samples import SamplesLook
from core.training.setup import Setup
from core.verdicts import FIRST_STEP, Verdict, judge

PATIENCE_S = 60.0
DRAWS = 30


def few(dataset: Dataset, count: int) -> Dataset:
    assert dataset.train.labels is not None
    train = Images(dataset.train.pixels[:count].copy(), dataset.train.labels[:count].copy())
    return dataclasses.replace(dataset, train=train)


# --- real runs -------------------------------------------------------------------------------------------------------


class Watched:
    """A run of a few hundred steps, judged by what the window would show of it."""

    def __init__(self, experiment: Experiment, model: str, config: dict[str, Any]) -> None:
        self.experiment = experiment
        self.run = experiment.add(model, MODELS.get(model).Config(**config))
        self.verdicts: tuple[Verdict, ...] = ()
        self.all_verdicts: list[Verdict] = []

    def go(self, steps: int) -> dict[str, Verdict]:
        """Train for so many more steps, make all looks at the last one, and return the verdicts by name."""
        run, board = self.run, self.run.board
        assert board.wait(lambda view: view.status.state != "building", PATIENCE_S)
        to = run.view.status.step + steps
        run.step(steps)
        assert board.wait(lambda v: v.status.state in ("paused", "failed") and v.status.step == to, PATIENCE_S)
        draws = 500 if run.dataset.points else DRAWS
        run.look()
        looks: list[Look[Any]] = [SamplesLook(draws, self.experiment.sample_seed)]
        if run.model.has_encoder:
            looks += [LatentCodesLook(), TrainingCodesLook(), HeldOutLook()]
        for look in looks:
            run.ask(look)

        def looked(view: View) -> bool:
            found = [view.looks.before(look) for look in looks]
            return all(answer is not None and answer.step == to for answer in found)

        assert board.wait(looked, PATIENCE_S)
        self.verdicts = judge(run.view, run.model, run.dataset, run.view.config, self.verdicts)
        confirmed = [verdict for verdict in self.verdicts if verdict.is_confirmed]
        self.all_verdicts += confirmed
        return {verdict.name: verdict for verdict in confirmed}


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watched]]:
    """Begins a run with dense networks and small batches: ``watch("vae", mnist, latent=10, beta=20)``."""
    experiments: list[Experiment] = []
    for look in (LatentCodesLook, TrainingCodesLook, HeldOutLook, SamplesLook):
        monkeypatch.setattr(look, "interval_s", 0.0)

    def begin(model: str, dataset: Dataset, *, latent: int = 2, batch: int = 32, **config: Any) -> Watched:
        setup = Setup(network="mlp", latent=latent, batch=batch, device="cpu", threads=1)
        experiments.append(Experiment(setup, dataset, ()))
        return Watched(experiments[-1], model, config)

    yield begin
    assert all([experiment.close() for experiment in experiments])
    assert [error for experiment in experiments for error in experiment.engine.errors] == []


@pytest.mark.parametrize("model", ["ae", "vae", "sparse_ae", "denoising_ae", "gan", "wgan_gp"])
def test_a_healthy_run_gets_good_verdicts_only(model: str, mnist: Dataset, watch: Callable[..., Watched]) -> None:
    lane = watch(model, mnist, batch=16 if model == "wgan_gp" else 32)
    for steps in (FIRST_STEP, 150):
        lane.go(steps)
    assert lane.run.view.status.step > FIRST_STEP
    assert [verdict for verdict in lane.all_verdicts if verdict.tone != "good"] == []


def test_a_huge_beta_collapses_the_posterior(mnist: Dataset, watch: Callable[..., Watched]) -> None:
    found = watch("vae", mnist, beta=100).go(500)["posterior_collapse"]
    assert found.tone == "error"
    assert "2 of 2 dimensions carry less than 0.01 nat" in found.sentence
    assert found.action is not None
    assert (found.action.kind, found.action.name, found.action.value) == ("knob", "beta", 1.0)


def test_beta_20_silences_most_dimensions_and_squeezes_the_rest(mnist: Dataset, watch: Callable[..., Watched]) -> None:
    lane = watch("vae", mnist, beta=20, latent=10)
    found = lane.go(500)
    assert found["posterior_collapse"].tone in ("warn", "error")
    assert "of 10 dimensions carry" in found["posterior_collapse"].sentence


def test_beta_8_is_over_regularised_not_collapsed_and_the_remedy_cures_it(
    mnist: Dataset, watch: Callable[..., Watched]
) -> None:
    lane = watch("vae", mnist, beta=8)
    found = lane.go(500)
    assert "10 classes" in found["over_regularised"].sentence
    assert "posterior_collapse" not in found
    action = found["over_regularised"].action
    assert action is not None
    lane.run.set(action.name, action.value)
    assert "over_regularised" not in lane.go(500)


def test_a_generator_50_times_too_fast_loses(mnist: Dataset, watch: Callable[..., Watched]) -> None:
    found = watch("gan", mnist, lr_g=50 * 2e-3).go(500)
    assert next(iter(found)) == "discriminator_won"
    action = found["discriminator_won"].action
    assert action is not None
    assert (action.name, action.value) == ("lr_g", 2e-3)


def test_a_generator_that_stands_still_loses(mnist: Dataset, watch: Callable[..., Watched]) -> None:
    found = watch("gan", mnist, lr_g=1e-6, r1=0.0).go(500)
    assert found["discriminator_won"].tone == "error"
    assert next(iter(found)) == "discriminator_won"
    action = found["discriminator_won"].action
    assert action is not None
    assert (action.name, action.value) == ("lr_g", 2e-3)


def test_a_discriminator_that_stands_still_is_fooled(mnist: Dataset, watch: Callable[..., Watched]) -> None:
    found = watch("gan", mnist, lr_d=1e-6).go(500)
    assert found["generator_won"].action is not None
    assert found["generator_won"].action.name == "lr_d"
    assert "discriminator_won" not in found


def test_300_digits_are_memorised(mnist: Dataset, watch: Callable[..., Watched]) -> None:
    lane = watch("ae", few(mnist, 300), latent=16)
    found = lane.go(500)
    assert found["memorisation"].tone == "warn"
    assert found["memorisation"].action is not None
    assert found["memorisation"].action.value == "64, 32"
    for _ in range(7):
        found = lane.go(100)
    assert found["getting_worse"].word == "Overfitting"
    assert "training images are still" in found["getting_worse"].sentence
