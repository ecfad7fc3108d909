"""Samplers of runs and reconstructions of shared test images, asked for as the window does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.datasets.base import SOURCES, load
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.evaluation import samplers
from core.evaluation.subsets import SHOWN
from core.foundation.slices import finish
from core.probes.codes import TrainingCodesLook
from core.probes.data_plane import DRAW_SEED, DRAWS, PlaneLook, Wanted, share_heat
from core.probes.pictures import InterpolationLook, ReconstructionsLook
from core.probes.samples import SamplesLook, sample_z
from core.theory import gaussian_mixture
from core.theory.latent_space import axis_plane, prior
from core.training.setup import Setup

Bench = Callable[..., Experiment]
Until = Callable[..., View]


def sampled(run: Run, experiment: Experiment, sampler: str, count: int = 40) -> View:
    """The view once there are samples by this sampler."""
    before = run.view.looks.of(SamplesLook)
    look = SamplesLook(count, experiment.sample_seed, run.sampler_in_force(sampler))
    run.ask(look)
    assert run.board.wait(
        lambda view: (now := view.looks.of(SamplesLook)) not in (before, None) and now.key == look.key, 30
    )
    return run.view


def trained(experiment: Experiment, until: Until, steps: int = 30) -> Run:
    run = experiment.runs[0]
    run.step(steps)
    until(run, "paused", step=steps)
    return run


@pytest.mark.parametrize("name", samplers.NAMES)
def test_an_autoencoder_draws_from_each(name: str, bench: Bench, until: Until) -> None:
    experiment = bench("ae")
    run = trained(experiment, until)
    pictures = sampled(run, experiment, name).looks.value(SamplesLook)
    assert pictures is not None
    assert pictures.images.shape == (40, 28, 28)
    assert np.array_equal(run.show(pictures.z), pictures.images)  # a click on a sample finds its z
    noise = prior(40, experiment.setup.latent, experiment.sample_seed)
    if name == "prior":
        assert np.array_equal(pictures.z, noise)
    elif name == "raw":
        assert run.snapshot is not None
        scale = run.snapshot.model.scale
        assert scale is not None
        assert pictures.z == pytest.approx((noise - scale.mean.numpy()) / scale.std.numpy(), abs=1e-4)
        assert pictures.fitted == -1
    else:
        known = run.view.looks.of(TrainingCodesLook)
        assert known is not None
        assert pictures.fitted == known.step == 30
        found = known.value
        if name == "codes":
            distance = np.abs(found.codes[None] - pictures.z[:, None]).sum(-1).min(1)
            assert distance.max() == 0
        else:
            spread = found.codes.std(0)
            assert np.all(np.abs(pictures.z.mean(0) - found.codes.mean(0)) < spread)
            assert not np.array_equal(pictures.z, noise)


def test_a_gan_keeps_to_the_prior(bench: Bench, until: Until) -> None:
    experiment = bench("gan")
    run = trained(experiment, until, 3)
    assert {run.sampler_in_force(name) for name in samplers.NAMES} == {"prior"}
    run.ask(SamplesLook(9, experiment.sample_seed, "gmm"))  # it has no codes to fit one to
    found = sampled(run, experiment, "gmm", 9).looks.of(SamplesLook)
    assert found is not None
    assert found.key == SamplesLook(9, experiment.sample_seed, "prior").key
    assert np.array_equal(found.value.z, prior(9, experiment.setup.latent, experiment.sample_seed))


@pytest.mark.parametrize("name", samplers.NAMES)
def test_the_plane_is_that_of_the_samples_drawn_on_it(name: str, bench: Bench, until: Until) -> None:
    """q of p/(p + q) is estimated from draws of the same sampler as the dots, not of the prior."""
    moons = load("moons", SOURCES.get("moons").Config(train_images=1_000))
    experiment = bench("ae")
    experiment.set_dataset(moons)
    run = trained(experiment, until)
    look = PlaneLook(Wanted("share"), axis_plane(0, 1, 2), np.zeros(2, np.float32), 50, 1, name)
    run.ask(look)
    assert run.board.wait(lambda view: view.looks.of(PlaneLook) is not None, 30)
    made, known = run.view.looks.of(PlaneLook), run.view.looks.of(TrainingCodesLook)
    assert made is not None
    assert made.key == look.key
    snapshot = run.snapshot
    assert snapshot is not None
    codes = None if known is None else known.value.codes
    z = finish(sample_z(snapshot, samplers.Sampling(), name, prior(DRAWS, 2, DRAW_SEED), DRAW_SEED, codes))
    assert moons.density is not None
    expected = share_heat(moons.density, snapshot.decode(z)[:, :, 0, 0])
    assert made.value.heat is not None
    np.testing.assert_array_equal(made.value.heat.values, expected.values)


def test_other_codes_draw_again_at_the_same_step(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    for look in (TrainingCodesLook, SamplesLook):
        monkeypatch.setattr(look, "interval_s", 0.0)
    experiment = bench("vae")
    run = trained(experiment, until)
    run.ask(TrainingCodesLook())
    assert run.board.wait(lambda view: view.looks.of(TrainingCodesLook) is not None, 30)
    run.step(10)
    until(run, "paused", step=40)
    samples = sampled(run, experiment, "gmm").looks.of(SamplesLook)
    assert samples is not None
    assert (samples.value.fitted, samples.step) == (30, 40)  # old codes are better than none
    run.ask(TrainingCodesLook())
    assert run.board.wait(lambda view: view.looks.of(TrainingCodesLook).step == 40, 30)
    again = sampled(run, experiment, "gmm").looks.of(SamplesLook)
    assert again is not None
    assert (again.value.fitted, again.step) == (40, 40)


def test_a_mixture_is_fitted_once_for_the_same_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.random.default_rng(0).standard_normal((400, 2)).astype(np.float32)
    fits = []
    fit = gaussian_mixture.fit
    monkeypatch.setattr(gaussian_mixture, "fit", lambda *given: fits.append(given) or fit(*given))
    sampling = samplers.Sampling()
    first, second = (finish(sampling.draw("gmm", 50, 2, seed, codes)) for seed in (1, 2))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, finish(sampling.draw("gmm", 50, 2, 1, codes)))
    assert len(fits) == 1
    finish(sampling.draw("gmm", 50, 2, 1, codes.copy()))
    assert len(fits) == 2


def test_the_same_images_come_back(bench: Bench, until: Until) -> None:
    experiment = bench("vae", "gan")
    for run in experiment.runs:
        until(run, "ready")
        run.ask(ReconstructionsLook())
    run, without = experiment.runs
    assert run.board.wait(lambda view: view.looks.of(ReconstructionsLook) is not None, 30)
    found = run.view.looks.value(ReconstructionsLook)
    assert found is not None
    codes = run.encode(run.reference.subsets.shown)
    assert codes is not None
    assert np.array_equal(found.images, run.show(codes.mu))
    assert found.originals is not None
    assert np.array_equal(found.originals, run.dataset.test.pixels[run.reference.subsets.shown_index][:, 0])
    assert without.view.looks.of(ReconstructionsLook) is None


def test_the_way_between_the_same_pair(bench: Bench, until: Until) -> None:
    experiment = bench("ae", "gan")
    path = np.linspace([-1, 0], [1, 1], 7).astype(np.float32)
    for run in experiment.runs:
        until(run, "ready")
        run.ask(InterpolationLook(experiment.pair, 7, False, None if run.model.has_encoder else path))
        assert run.board.wait(lambda view: view.looks.of(InterpolationLook) is not None, 30)
    ae, gan = experiment.runs
    codes = ae.encode(ae.reference.subsets.shown[list(experiment.pair)])
    assert codes is not None
    first, without = ae.view.looks.of(InterpolationLook), gan.view.looks.of(InterpolationLook)
    assert first is not None
    assert without is not None
    assert first.value.z[[0, -1]] == pytest.approx(codes.mu)
    assert first.value.z[3] == pytest.approx(codes.mu.mean(0), abs=1e-5)
    assert len(first.value.images) == 7
    assert np.array_equal(without.value.z, path)  # no codes: from pin to pin
    experiment.next_pair()
    ae.ask(InterpolationLook(experiment.pair, 7, True))
    assert ae.board.wait(lambda view: view.looks.of(InterpolationLook) is not first, 30)
    assert InterpolationLook(experiment.pair, 7, True, path).key == without.key  # between pins the pair means nothing


def test_every_pair_is_of_two(bench: Bench) -> None:
    experiment = bench("ae")
    seen = set()
    for _ in range(90):
        first, second = experiment.pair
        assert first != second
        assert 0 <= first < SHOWN
        assert 0 <= second < SHOWN
        seen.add((first, second))
        experiment.next_pair()
    assert len(seen) == 90


def test_points_come_back_as_points() -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(train_images=1000))
    experiment = Experiment(Setup(network="mlp", batch=16, device="cpu", threads=1), ring, ("ae",))
    try:
        run = experiment.runs[0]
        assert run.board.wait(lambda view: view.status.state == "ready", 30)
        run.ask(ReconstructionsLook())
        assert run.board.wait(lambda view: view.looks.of(ReconstructionsLook) is not None, 30)
        found = run.view.looks.value(ReconstructionsLook)
        assert found is not None
        assert found.points is not None
        assert found.original_points is not None
        assert found.points.shape == found.original_points.shape
        assert len(found.points) > 100
        assert np.array_equal(found.original_points, ring.test.pixels[run.reference.subsets.shown_index][:, :, 0, 0])
    finally:
        assert experiment.close()
    assert experiment.engine.errors == []


def test_a_mixture_of_narrow_and_single_precision_codes_can_be_drawn_from() -> None:
    random = np.random.default_rng(1)
    line = random.standard_normal((600, 1)).astype(np.float32)
    codes = np.concatenate([line, line + 1e-4 * random.standard_normal((600, 1)).astype(np.float32)], 1) * 30
    drawn = samplers.draw("gmm", 2000, 2, 3, codes)
    assert drawn.mean(0) == pytest.approx(codes.mean(0), abs=3)
    assert drawn.std(0) == pytest.approx(codes.std(0), rel=0.1)
    assert np.abs(drawn[:, 0] - drawn[:, 1]).max() < 0.2
    same = np.zeros((100, 3), np.float32)
    assert np.abs(samplers.draw("gmm", 20, 3, 3, same)).max() < 0.1
